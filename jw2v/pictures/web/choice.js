// What the reader chooses: a word, two, or a part of the map; Back and a link bring it back.

// A page inside another leaves that one's history alone.
const outermost = window.parent === window;

// --- links

const spelled = (word) => word.replace(/\p{Cs}/gu, "\ufffd"); // half a character has no address
const rowOf = new Map();
words.forEach((word, row) => {
  if (!rowOf.has(spelled(word))) rowOf.set(spelled(word), row);
});

// A link names the chosen words: #king or #king&queen.
const address = (rows) =>
  rows.length ? `#${rows.map((row) => encodeURIComponent(spelled(words[row]))).join("&")}` : "";

function named(hash) {
  if (hash.length < 2) return [];
  try {
    const rows = hash.slice(1).split("&").map((part) => rowOf.get(decodeURIComponent(part)));
    return [...new Set(rows)].filter((row) => row !== undefined).slice(0, 2);
  } catch {
    return []; // not an address that this page made
  }
}

// --- history

// Which words are where, as a number: what was noted holds for no other file of this name.
const letters = [...words.join("\n")].map((letter) => letter.codePointAt(0));
const spots = [...x, ...y].map((each) => Math.round(1e5 * each));
const edition = [...letters, ...spots].reduce((sum, each) => (Math.imul(sum, 31) + each) | 0, 0);

const entry = (rows, rest) => ({ rows, only: rest && [...rest], of: edition });
const same = (rows) => rows.length === chosen.length && rows.every((row, i) => row === chosen[i]);

// Before something else is chosen: Back will return to what there is now, as it is seen now.
function remember(rows, rest) {
  if (!outermost || (same(rows) && rest === only)) return;
  history.replaceState({ ...entry(chosen, only), view: { ...view } }, "");
  history.pushState(entry(rows, rest), "", location.pathname + location.search + address(rows));
}

function recall(noted) {
  const state = noted?.of === edition ? noted : null;
  become(state?.rows ?? named(location.hash), state?.only ? new Set(state.only) : null);
  if (state?.view) fly(state.view);
  else if (chosen.length) bring(chosen, true);
  else if (only) frame([...only]);
}

// --- choosing

function become(rows, rest) {
  chosen = rows;
  only = rest;
  hovered = NONE;
  rows.forEach((row) => hidden.delete(kind[row]));
  sift();
  markLegend();
  showAlone();
  showCard();
  redraw();
}

function choose(rows, travel = false) {
  const rest = only && rows.every((row) => only.has(row)) ? only : null;
  remember(rows, rest);
  become(rows, rest);
  bring(rows, travel);
  announce();
}

function compare(row) {
  if (!chosen.length) choose([row]);
  else if (row !== chosen[0]) choose([chosen[0], row]);
}

// Brings words and their neighbours into sight: always after a search, else where any is out of it.
function bring(rows, travel) {
  const all = [...rows, ...rows.flatMap(friends)];
  if (!rows.length || (!travel && inSight(all))) return;
  const most = travel ? Math.max(view.scale, 3 * whole.scale) : view.scale;
  fly(around(...centre(rows), all, most));
}

const frame = (rows) => fly(around(...centre(rows), rows, 20 * whole.scale));

// Show only these rows, or all again.
function isolate(rows) {
  const rest = rows && new Set(rows);
  const kept = chosen.filter((row) => !rest || rest.has(row));
  remember(kept, rest);
  become(kept, rest);
  if (rest) frame(rows);
  else fly(whole);
}

// --- pointing

function hover(row) {
  // While somebody types what to compare with, the card with that field stays.
  if (row === hovered || document.activeElement === second) return;
  hovered = row;
  canvas.classList.toggle("pointing", row !== NONE);
  showCard();
  redraw();
}

// With the arrow keys, from the word in focus or the one nearest to the middle of what is free.
function step(direction) {
  const from = inFocus().find((row) => inSight([row]));
  const free = clearing();
  const [atX, atY] = [(free.left + free.right) / 2, (free.top + free.bottom) / 2];
  const row = from === undefined ? nearest(atX, atY, () => true) : beside(from, direction);
  if (row === NONE) return;
  hover(row);
  if (!inSight([row])) fly(around(x[row], y[row], [row], view.scale));
  announce();
}
