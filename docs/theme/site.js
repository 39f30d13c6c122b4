// What scrolls can be reached by keys, and the steps of derivations fold and unfold together.
function reach() {
  for (const box of document.querySelectorAll(".formula, .long, .md-typeset__scrollwrap, .md-typeset__table, pre > code"))
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
}
addEventListener("load", reach);
addEventListener("resize", reach);
document.addEventListener("toggle", reach, true);

const steps = document.querySelectorAll("details.step");
if (steps.length) {
  const button = document.createElement("button");
  button.className = "md-button folds";
  button.textContent = "Fold all steps";
  button.addEventListener("click", () => {
    const open = button.textContent.startsWith("Unfold");
    for (const step of steps) step.open = open;
    button.textContent = open ? "Fold all steps" : "Unfold all steps";
  });
  document.querySelector(".md-content h1").after(button);
}

// A link to something within a folded part unfolds it.
function unfold() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let part = target; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
}
addEventListener("hashchange", unfold);
unfold();

// Every landmark has a name of its own, also those of folded menus and of blocks of code.
function name() {
  document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
  document.querySelectorAll("nav.md-nav nav, .md-code__nav").forEach((part, i) => {
    if (part.dataset.named) return;
    part.dataset.named = "yes";
    const label = document.getElementById(part.getAttribute("aria-labelledby"))?.textContent;
    part.removeAttribute("aria-labelledby");
    part.setAttribute("aria-label", `${(label ?? part.getAttribute("aria-label") ?? "Part").trim()} ${i + 1}`);
  });
}
new MutationObserver(name).observe(document.body, { childList: true, subtree: true });
name();
