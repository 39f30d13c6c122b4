// A map of words on a canvas: what there is, and where. The page asks nothing of the network, and
// every word reaches it as text, never as markup.

const data = JSON.parse(document.getElementById("data").textContent);
const { words, x, y, kinds, kind, near, cosine } = data;
const counts = data.count ?? null;
// Neighbours that are not on the map: an entry of near beyond the words means one of these.
const absent = data.others ?? [];
const perWord = words.length ? near.length / words.length : 0;

const $ = (id) => document.getElementById(id);
const canvas = $("map");
const pen = canvas.getContext("2d", { alpha: false });
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const night = matchMedia("(prefers-color-scheme: dark)");

const REACH = 14; // how near the pointer must be to a point, in pixels
const NARROW = 640; // windows up to this width have the card below the map
const WIDE = 1000; // wider ones have room for the categories beside what is chosen
const OTHER = kinds.length; // the place of words of no category among the styles
const NONE = -1;

const hidden = new Set(); // categories that the reader has switched off
let only = null; // the rows that are shown alone, as a Set
let chosen = []; // no row, one, or the two that are compared
let hovered = NONE;
let width = 0;
let height = 0;
// The middle of the window in the words' own coordinates, and pixels for each of their units.
const view = { x: 0, y: 0, scale: 1 };
let whole = { x: 0, y: 0, scale: 1 };

// --- words and their neighbours

const drawn = (entry) => entry < words.length;
const nameOf = (entry) => words[entry] ?? absent[entry - words.length];
const neighbours = (row) => near.slice(row * perWord, (row + 1) * perWord);
const friends = (row) => neighbours(row).filter((entry) => drawn(entry) && shown[entry]);

// The cosine of a word and one of its neighbours, in hundredths.
function cosineTo(row, entry) {
  const at = neighbours(row).indexOf(entry);
  return at < 0 ? undefined : cosine[row * perWord + at];
}

function shared([one, two]) {
  const ofTwo = new Set(neighbours(two));
  return neighbours(one).filter((entry) => ofTwo.has(entry));
}

// --- where they are

function extent(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}
const [left, right] = extent(x);
const [bottom, top] = extent(y);
const span = Math.max(right - left, top - bottom) || 1;

const screenX = (row) => (x[row] - view.x) * view.scale + width / 2;
const screenY = (row) => height / 2 - (y[row] - view.y) * view.scale;

// Which rows are shown, asked for every word of every picture.
const shown = new Uint8Array(words.length);
function sift() {
  for (let row = 0; row < words.length; row++) {
    shown[row] = !hidden.has(kind[row]) && (!only || only.has(row));
  }
}

// Points by square of a grid, so that a pointer's neighbours are found without asking them all.
const squares = Math.max(1, Math.ceil(Math.sqrt(words.length)));
const square = (value, low) =>
  Math.min(squares - 1, Math.max(0, Math.floor(((value - low) / span) * squares)));
const grid = new Map();
words.forEach((_, row) => {
  const key = square(x[row], left) * squares + square(y[row], bottom);
  if (!grid.has(key)) grid.set(key, []);
  grid.get(key).push(row);
});

// The point under a place of the window, or NONE.
function pointAt(px, py) {
  const atX = (px - width / 2) / view.scale + view.x;
  const atY = (height / 2 - py) / view.scale + view.y;
  const reach = REACH / view.scale;
  let best = NONE;
  let least = REACH ** 2;
  for (let i = square(atX - reach, left); i <= square(atX + reach, left); i++) {
    for (let j = square(atY - reach, bottom); j <= square(atY + reach, bottom); j++) {
      for (const row of grid.get(i * squares + j) ?? []) {
        const distance = (screenX(row) - px) ** 2 + (screenY(row) - py) ** 2;
        if (distance < least && shown[row]) [best, least] = [row, distance];
      }
    }
  }
  return best;
}

// The shown row nearest to a place of the window among those that lie as is asked, or NONE.
function nearest(px, py, asked) {
  let best = NONE;
  let least = Infinity;
  for (let row = 0; row < words.length; row++) {
    if (!shown[row]) continue;
    const dx = screenX(row) - px;
    const dy = screenY(row) - py;
    const distance = dx * dx + dy * dy;
    if (distance < least && asked(dx, dy)) [best, least] = [row, distance];
  }
  return best;
}

// The nearest word in the quarter of the map on one side of a word.
function beside(row, [ahead, down]) {
  const there = (dx, dy) => {
    const along = dx * ahead + dy * down;
    return along > 0 && Math.abs(dx * down - dy * ahead) <= along;
  };
  return nearest(screenX(row), screenY(row), there);
}

// The shown rows inside a shape of the window, by how often a line to the right crosses its edge.
function inside(corners) {
  const within = (px, py) => {
    let odd = false;
    corners.forEach(([ax, ay], i) => {
      const [bx, by] = corners[(i || corners.length) - 1];
      if (ay > py !== by > py && px < ((bx - ax) * (py - ay)) / (by - ay) + ax) odd = !odd;
    });
    return odd;
  };
  return [...words.keys()].filter((row) => shown[row] && within(screenX(row), screenY(row)));
}

// --- what is in sight

// The part of the window that the panels leave free; a narrow window has the card below.
function clearing() {
  const legend = $("legend");
  const aside = width > WIDE && legend.open && !legend.hidden ? 264 : 0;
  if (width > NARROW) return { left: 300, top: 0, right: width - aside, bottom: height };
  const below = [0, 0.34 * height + 60, 0.42 * height + 60][chosen.length]; // as the style has it
  return { left: 0, top: 90, right: width, bottom: height - below };
}

function inSight(rows) {
  const free = clearing();
  return rows.every((row) => {
    const [px, py] = [screenX(row), screenY(row)];
    return px > free.left && px < free.right && py > free.top && py < free.bottom;
  });
}

const bounded = (scale) => Math.min(whole.scale * 500, Math.max(whole.scale * 0.4, scale));

// A view with a place in the middle of what is free, near enough to hold all of these rows.
function around(atX, atY, rows, most) {
  const free = clearing();
  let scale = most;
  for (const row of rows) {
    scale = Math.min(
      scale,
      Math.max(40, (free.right - free.left) / 2 - 60) / Math.abs(x[row] - atX),
      Math.max(40, (free.bottom - free.top) / 2 - 40) / Math.abs(y[row] - atY),
    );
  }
  scale = bounded(scale);
  return {
    x: atX - (free.left + free.right - width) / 2 / scale,
    y: atY + (free.top + free.bottom - height) / 2 / scale,
    scale,
  };
}

const middle = (values) => extent(values).reduce((low, high) => (low + high) / 2);
const centre = (rows) => [middle(rows.map((row) => x[row])), middle(rows.map((row) => y[row]))];
