// Fields that find words, whatever their case, their accents and a slip of the hand.

const MOST_FOUND = 8;
const STROKES = { ł: "l", ø: "o", đ: "d", ı: "i", æ: "ae", œ: "oe", ς: "σ" };

const fold = (text) =>
  text
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toUpperCase() // ß becomes SS
    .toLowerCase()
    .replace(/[łøđıæœς]/g, (letter) => STROKES[letter]);

let folded = null; // all words, once somebody searches

// How many letters must be changed, added, left out or swapped with the next, up to a limit. Asked
// of every word at every key, so it makes no arrays, and looks only near the diagonal.
let [older, old, now] = [[], [], []];
function slips(one, two, limit) {
  if (Math.abs(one.length - two.length) > limit) return limit + 1;
  for (let j = 0; j <= limit; j++) old[j] = j;
  old[limit + 1] = limit + 1;
  for (let i = 1; i <= one.length; i++) {
    const first = Math.max(1, i - limit);
    const last = Math.min(two.length, i + limit);
    now[first - 1] = first > 1 ? limit + 1 : i;
    let least = now[first - 1];
    for (let j = first; j <= last; j++) {
      const equal = one[i - 1] === two[j - 1];
      now[j] = Math.min(old[j - 1] + (equal ? 0 : 1), old[j] + 1, now[j - 1] + 1);
      const swapped = i > 1 && j > 1 && one[i - 1] === two[j - 2] && one[i - 2] === two[j - 1];
      if (swapped) now[j] = Math.min(now[j], older[j - 2] + 1);
      least = Math.min(least, now[j]);
    }
    if (least > limit) return limit + 1;
    now[last + 1] = limit + 1;
    [older, old, now] = [old, now, older];
  }
  return old[two.length];
}

// Whether a word begins with the first letter and has the others in this order.
function holds(word, letters) {
  if (word[0] !== letters[0]) return false;
  let at = 0;
  for (const letter of letters) {
    at = word.indexOf(letter, at) + 1;
    if (!at) return false;
  }
  return true;
}

// What is only like the text: few slips apart, or longer by letters that were not typed.
function similar(sought) {
  const limit = Math.min(2, Math.floor(sought.length / 3));
  const ranked = [];
  if (!limit) return ranked;
  folded.forEach((word, row) => {
    const apart = slips(sought, word, limit);
    if (apart <= limit) ranked.push([apart, row]);
    else if (holds(word, sought)) ranked.push([limit + word.length - sought.length, row]);
  });
  return ranked.sort(([a, i], [b, j]) => a - b || i - j).map(([, row]) => row);
}

// The word itself first, then words that begin like it, then words that hold it, then similar ones.
function search(text) {
  folded ??= words.map(fold);
  const sought = fold(text);
  const ranks = [[], [], [], []];
  folded.forEach((word, row) => {
    const at = word.indexOf(sought);
    if (words[row] === text) ranks[0].push(row);
    else if (at >= 0) ranks[at ? 3 : word.length === sought.length ? 1 : 2].push(row);
  });
  const exact = ranks.flat();
  if (exact.length >= MOST_FOUND) return exact.slice(0, MOST_FOUND);
  const known = new Set(exact);
  return [...exact, ...similar(sought).filter((row) => !known.has(row))].slice(0, MOST_FOUND);
}

// A field with a list of words found below it. What is picked goes to `pick`, with the event.
function finder(field, list, pick, leave) {
  let found = [];
  let active = 0;

  const mark = () => {
    [...list.children].forEach((item, i) => {
      const marked = found.length > 0 && i === active;
      item.setAttribute("aria-selected", String(marked));
      if (marked) item.scrollIntoView({ block: "nearest" });
    });
    if (found.length) field.setAttribute("aria-activedescendant", `${list.id}-${active}`);
    else field.removeAttribute("aria-activedescendant");
  };
  const open = (shows) => {
    list.hidden = !shows;
    field.setAttribute("aria-expanded", String(shows));
    if (shows) mark();
    else field.removeAttribute("aria-activedescendant");
  };
  const take = (i, event) => {
    if (found[i] === undefined) return;
    field.value = words[found[i]];
    open(false);
    pick(found[i], event);
  };
  const option = (text, properties = {}) => {
    const item = element("li", properties, element("bdi", { textContent: text }));
    item.setAttribute("role", "option");
    return item;
  };
  const show = () => {
    const text = field.value.trim();
    found = text ? search(text) : [];
    active = 0;
    const items = found.map((row, i) => {
      const item = option(words[row], { id: `${list.id}-${i}` });
      // Before the field loses the focus, which would close the list.
      item.onpointerdown = (event) => {
        event.preventDefault();
        take(i, event);
      };
      return item;
    });
    if (text && !found.length) {
      items.push(option("not among these words"));
      items[0].setAttribute("aria-disabled", "true");
    }
    list.replaceChildren(...items);
    open(items.length > 0);
  };

  field.addEventListener("input", show);
  field.addEventListener("focus", show);
  field.addEventListener("blur", () => open(false));
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // the key is of a word that is still being written
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length) {
      active = (active + step + found.length) % found.length;
      mark();
    } else if (event.key === "Enter") {
      take(active, event);
    } else if (event.key === "Escape") {
      field.value = "";
      show();
      leave();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
}
