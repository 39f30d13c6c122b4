// What floats over the map: a card on one word, the categories, the search.

// --- what is known of a word

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

function swatch(id) {
  const drawn = element("canvas", { className: "swatch" });
  drawn.width = drawn.height = 14 * devicePixelRatio;
  const context = drawn.getContext("2d");
  context.scale(devicePixelRatio, devicePixelRatio);
  dot(context, id, 7, 7, 4.6);
  return drawn;
}

function neighbour(row, percent) {
  const bar = element("i");
  bar.style.width = `calc((100% - 12px) * ${Math.max(0, percent) / 100})`;
  const button = element(
    "button",
    { type: "button", onclick: () => select(row, true) },
    element("bdi", { textContent: words[row] }),
    element("span", { textContent: (percent / 100).toFixed(2).replace("-", "−") }),
    bar,
  );
  return element("li", {}, button);
}

function showCard() {
  const row = hovered !== NONE ? hovered : selected;
  const card = $("card");
  card.hidden = row === NONE;
  if (row === NONE) return card.replaceChildren();
  const parts = [element("h2", {}, element("bdi", { textContent: words[row] }))];
  if (kind[row] !== OTHER) {
    const name = element("bdi", { textContent: kinds[kind[row]] });
    parts.push(element("p", { className: "kind" }, swatch(kind[row]), name));
  }
  const measure = `nearest of these words, by cosine (${data.dim} dimensions)`;
  parts.push(element("p", { textContent: measure }));
  const list = neighbours(row).map((each, i) => neighbour(each, cosine[row * perWord + i]));
  card.replaceChildren(...parts, element("ol", {}, ...list));
}

function hover(row) {
  if (row === hovered) return;
  hovered = row;
  canvas.classList.toggle("pointing", row !== NONE);
  showCard();
  redraw();
}

function select(row, travel) {
  selected = row;
  hovered = NONE;
  if (row !== NONE && hidden.delete(kind[row])) showLegend();
  // The address names the word: a link into the map.
  const hash = row === NONE ? "" : `#${encodeURIComponent(words[row])}`;
  history.replaceState(null, "", location.pathname + location.search + hash);
  showCard();
  if (travel && row !== NONE) {
    fly({ x: x[row], y: y[row], scale: Math.max(view.scale, 3 * whole.scale) });
  }
  redraw();
}

function fromAddress() {
  try {
    const row = rowOf.get(decodeURIComponent(location.hash.slice(1)));
    if (row !== undefined && row !== selected) select(row, true);
  } catch {
    // Not an address that this page made: nothing is selected.
  }
}

// --- categories

function showLegend() {
  if (!kinds.length) return;
  const ids = [...kinds.keys(), ...(kind.includes(OTHER) ? [OTHER] : [])];
  const buttons = ids.map((id) => {
    const name = element("bdi", { textContent: kinds[id] ?? "other words" });
    const button = element("button", { type: "button" }, swatch(id), name);
    button.setAttribute("aria-pressed", String(!hidden.has(id)));
    button.onclick = () => {
      if (!hidden.delete(id)) hidden.add(id);
      button.setAttribute("aria-pressed", String(!hidden.has(id)));
      redraw();
    };
    return button;
  });
  $("legend").hidden = false;
  $("legend").replaceChildren(...buttons);
}

// --- search

const query = $("query");
const matches = $("matches");
let found = [];
let active = 0;

// The word itself first, then words that begin like it, then words that hold it.
function search(text) {
  const sought = text.toLowerCase();
  const ranks = [[], [], []];
  lower.forEach((word, row) => {
    const at = word.indexOf(sought);
    if (at < 0) return;
    ranks[word === sought ? 0 : at ? 2 : 1].push(row);
  });
  return ranks.flat().slice(0, 8);
}

function showMatches() {
  const text = query.value.trim();
  found = text ? search(text) : [];
  active = 0;
  const items = found.map((row, i) => {
    const item = element("li", { id: `match-${i}` }, element("bdi", { textContent: words[row] }));
    item.setAttribute("role", "option");
    // Before the field loses the focus, which would close the list.
    item.onpointerdown = (event) => {
      event.preventDefault();
      choose(i);
    };
    return item;
  });
  if (text && !found.length) items.push(element("li", { textContent: "not among these words" }));
  matches.replaceChildren(...items);
  matches.hidden = !items.length;
  query.setAttribute("aria-expanded", String(!matches.hidden));
  mark();
}

function mark() {
  [...matches.children].forEach((item, i) => {
    if (found.length) item.setAttribute("aria-selected", String(i === active));
  });
  if (found.length) query.setAttribute("aria-activedescendant", `match-${active}`);
  else query.removeAttribute("aria-activedescendant");
}

function closeMatches() {
  matches.hidden = true;
  query.setAttribute("aria-expanded", "false");
  query.removeAttribute("aria-activedescendant");
}

function choose(i) {
  if (found[i] === undefined) return;
  query.value = words[found[i]];
  closeMatches();
  select(found[i], true);
}

query.addEventListener("input", showMatches);
query.addEventListener("focus", showMatches);
query.addEventListener("blur", closeMatches);
query.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && found.length) {
    active = (active + step + found.length) % found.length;
    mark();
  } else if (event.key === "Enter") {
    choose(active);
  } else if (event.key === "Escape") {
    query.value = "";
    showMatches();
    select(NONE);
    canvas.focus();
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
});
