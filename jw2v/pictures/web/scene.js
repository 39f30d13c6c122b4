// A map of words on a canvas: what is where, and how it is drawn. The page asks nothing of the
// network, and every word reaches it as text, never as markup.

const data = JSON.parse(document.getElementById("data").textContent);
const { words, x, y, kinds, kind, near, cosine } = data;
const perWord = words.length ? near.length / words.length : 0;
const lower = words.map((word) => word.toLowerCase());
const rowOf = new Map(words.map((word, row) => [word, row]));

const $ = (id) => document.getElementById(id);
const canvas = $("map");
const pen = canvas.getContext("2d");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const night = matchMedia("(prefers-color-scheme: dark)");

const FONT = '13px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
const REACH = 14; // how near the pointer must be to a point, in pixels
const MARGIN = 24; // of the picture of the points around the window, in pixels
const CELL = 6; // of the board that remembers where labels are, in pixels
const OTHER = kinds.length; // the place of words of no category among the styles
const NONE = -1;

const hidden = new Set(); // categories that the reader has switched off
let hovered = NONE;
let selected = NONE;
let width = 0;
let height = 0;
let theme = {};
let picture; // the pixels of the points, made when the window gets its size
let paperPixel = 0;
let stamps = [];
// The middle of the window in the words' own coordinates, and pixels for each of their units.
const view = { x: 0, y: 0, scale: 1 };
let whole = { x: 0, y: 0, scale: 1 };

// --- where things are

const extent = (values) => values.reduce(
  ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
  [Infinity, -Infinity],
);
const [left, right] = extent(x);
const [bottom, top] = extent(y);
const span = Math.max(right - left, top - bottom) || 1;

const shown = (row) => !hidden.has(kind[row]);
const screenX = (row) => (x[row] - view.x) * view.scale + width / 2;
const screenY = (row) => height / 2 - (y[row] - view.y) * view.scale;

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
        if (distance < least && shown(row)) [best, least] = [row, distance];
      }
    }
  }
  return best;
}

const neighbours = (row) => near.slice(row * perWord, (row + 1) * perWord);

// --- drawing

function readTheme() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  theme = { paper: colour("paper"), ink: colour("ink"), faint: colour("faint"), kinds: [] };
  for (let i = 0; colour(`kind-${i}`); i++) theme.kinds.push(colour(`kind-${i}`));
  stamps = [];
  const rgb = [1, 3, 5].map((i) => parseInt(theme.paper.slice(i, i + 2), 16));
  [paperPixel] = new Uint32Array(new Uint8Array([...rgb, 255]).buffer);
}

const look = (id) => data.styles[id] ?? [0, 0];
const colourOf = (id) =>
  id === OTHER && kinds.length ? theme.faint : theme.kinds[look(id)[0]];

function trace(context, shape, cx, cy, r) {
  const corners = {
    square: [45, 135, 225, 315],
    triangle: [-90, 30, 150],
    diamond: [0, 90, 180, 270],
    star: [...Array(10).keys()].map((i) => 36 * i - 90),
  }[shape];
  context.beginPath();
  if (!corners) context.arc(cx, cy, r, 0, 2 * Math.PI);
  corners?.forEach((degrees, i) => {
    const out = shape === "star" && i % 2 ? 0.5 * r : 1.2 * r;
    const angle = (degrees * Math.PI) / 180;
    context.lineTo(cx + out * Math.cos(angle), cy + out * Math.sin(angle));
  });
  context.closePath();
}

function dot(context, id, cx, cy, r) {
  trace(context, data.shapes[look(id)[1]], cx, cy, r);
  context.fillStyle = colourOf(id);
  context.fill();
  context.strokeStyle = theme.paper;
  context.lineWidth = 0.8;
  context.stroke();
}

// A look as the pixels of its dot: for each, how far it lies from the dot's middle in the bytes of
// the picture, its colour, and how much it covers.
function stamp(id, r) {
  if (stamps[id]?.r === r) return stamps[id];
  const side = 2 * Math.ceil((1.3 * r + 1) * devicePixelRatio);
  const context = Object.assign(document.createElement("canvas"), { width: side, height: side })
    .getContext("2d", { willReadFrequently: true });
  context.scale(devicePixelRatio, devicePixelRatio);
  dot(context, id, side / 2 / devicePixelRatio, side / 2 / devicePixelRatio, r);
  const drawn = context.getImageData(0, 0, side, side).data;
  const pixels = [...Array(side * side).keys()].filter((i) => drawn[4 * i + 3]);
  stamps[id] = {
    r,
    offsets: pixels.map((i) => {
      const [column, line] = [i % side, Math.floor(i / side)];
      return 4 * ((line - side / 2) * picture.width + column - side / 2);
    }),
    colours: pixels.map((i) => drawn.slice(4 * i, 4 * i + 3)),
    cover: pixels.map((i) => drawn[4 * i + 3] / 255),
  };
  return stamps[id];
}

// Points grow as the reader comes nearer, and are smaller the more of them there are.
function radius() {
  const base = words.length > 5000 ? 1.8 : words.length > 500 ? 2.6 : 3.8;
  return Math.min(6, Math.round(2 * (base + 0.7 * Math.log2(Math.max(1, zoom())))) / 2);
}

const zoom = () => view.scale / whole.scale;

// The order of drawing: words of a category above the others, and the first words above the last.
const painted = [...words.keys()].reverse();
painted.sort((a, b) => (kind[a] === OTHER ? 0 : 1) - (kind[b] === OTHER ? 0 : 1));

// Points go into the pixels by hand: where no graphics card helps, that takes a tenth of the time
// of as many calls of drawImage. The picture is wider than the window on all sides, so that no dot
// that is seen has pixels outside it.
function drawPoints(r, faded) {
  const bytes = picture.data;
  const dots = devicePixelRatio;
  const margin = Math.round(MARGIN * dots);
  new Uint32Array(bytes.buffer).fill(paperPixel);
  for (const row of painted) {
    const px = screenX(row);
    const py = screenY(row);
    if (px < -r || py < -r || px > width + r || py > height + r || !shown(row)) continue;
    const plain = kind[row] === OTHER;
    const { offsets, colours, cover } = stamp(kind[row], plain ? r : r + 0.5);
    const alpha = (faded ? 0.35 : 1) * (plain && kinds.length ? 0.6 : 1);
    const line = Math.round(py * dots) + margin;
    const column = Math.round(px * dots) + margin;
    const middle = 4 * (line * picture.width + column);
    for (let i = 0; i < offsets.length; i++) {
      const at = middle + offsets[i];
      const [colour, share] = [colours[i], cover[i] * alpha];
      bytes[at] += (colour[0] - bytes[at]) * share;
      bytes[at + 1] += (colour[1] - bytes[at + 1]) * share;
      bytes[at + 2] += (colour[2] - bytes[at + 2]) * share;
    }
  }
  pen.putImageData(picture, -margin, -margin);
}

function drawLinks(row, r) {
  const friends = neighbours(row).filter(shown);
  pen.strokeStyle = colourOf(kind[row]);
  for (const friend of friends) {
    pen.globalAlpha = 0.55;
    pen.lineWidth = 1.2;
    pen.beginPath();
    pen.moveTo(screenX(row), screenY(row));
    pen.lineTo(screenX(friend), screenY(friend));
    pen.stroke();
  }
  pen.globalAlpha = 1;
  for (const each of friends) dot(pen, kind[each], screenX(each), screenY(each), r + 0.8);
  dot(pen, kind[row], screenX(row), screenY(row), r + 2.5);
}

// Which squares of the window a label or a labelled point has taken. Asked some ten thousand times
// a picture, so it makes no objects.
class Board {
  constructor() {
    this.columns = Math.ceil(width / CELL) + 1;
    this.rows = Math.ceil(height / CELL) + 1;
    this.taken = new Uint8Array(this.columns * this.rows);
  }

  free(x0, y0, x1, y1) {
    const last = Math.min(this.columns - 1, Math.floor(x1 / CELL));
    const lowest = Math.min(this.rows - 1, Math.floor(y1 / CELL));
    for (let j = Math.max(0, Math.floor(y0 / CELL)); j <= lowest; j++) {
      for (let i = Math.max(0, Math.floor(x0 / CELL)); i <= last; i++) {
        if (this.taken[j * this.columns + i]) return false;
      }
    }
    return true;
  }

  take(x0, y0, x1, y1) {
    const [first, last] = [Math.max(0, Math.floor(x0 / CELL)), Math.floor(x1 / CELL) + 1];
    const lowest = Math.min(this.rows - 1, Math.floor(y1 / CELL));
    for (let j = Math.max(0, Math.floor(y0 / CELL)); j <= lowest; j++) {
      this.taken.fill(1, j * this.columns + first, j * this.columns + Math.min(last, this.columns));
    }
  }
}

const widths = new Map();
const shortened = (word) => (word.length > 40 ? `${word.slice(0, 39)}…` : word);
function widthOf(row) {
  if (!widths.has(row)) widths.set(row, pen.measureText(shortened(words[row])).width);
  return widths.get(row);
}

function write(row, px, py, rank) {
  const text = shortened(words[row]);
  pen.strokeStyle = theme.paper;
  pen.lineWidth = rank ? 4 : 3;
  pen.strokeText(text, px, py);
  pen.fillStyle = rank || !kinds.length || kind[row] !== OTHER ? theme.ink : theme.faint;
  pen.fillText(text, px, py);
}

// A label right of its point, or left, above, below: the first of these places that is free.
// The word in focus, of rank 2, gets a label in any case; its neighbours are of rank 1.
function place(row, taken, r, rank = 0) {
  const px = screenX(row);
  const py = screenY(row);
  if (px < 0 || py < 0 || px > width || py > height || !shown(row)) return;
  const gap = r + 4;
  // Most words of a crowd fail here, before anybody has measured their letters.
  if (!rank && !taken.free(px, py, px, py)) return;
  const long = widthOf(row);
  for (let i = 0; i < 4; i++) {
    const tx = [px + gap, px - gap - long, px - long / 2, px - long / 2][i];
    const ty = [py, py, py - gap - 7, py + gap + 7][i];
    const free = taken.free(tx - 2, ty - 7, tx + long + 2, ty + 7);
    if (!free && !(rank > 1 && i === 3)) continue;
    taken.take(tx - 2, ty - 7, tx + long + 2, ty + 7);
    taken.take(px - r, py - r, px + r, py + r);
    return write(row, tx, ty, rank);
  }
}

function draw() {
  pen.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  const r = radius();
  const focus = hovered !== NONE ? hovered : selected;
  const faded = selected !== NONE && focus !== NONE;
  drawPoints(r, faded);
  if (focus !== NONE) drawLinks(focus, r);
  pen.font = FONT;
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  const taken = new Board();
  if (focus !== NONE) {
    place(focus, taken, r + 2.5, 2);
    for (const row of neighbours(focus)) place(row, taken, r + 0.8, 1);
  }
  pen.globalAlpha = faded ? 0.35 : 1;
  for (let row = 0; row < words.length; row++) place(row, taken, r);
  pen.globalAlpha = 1;
  const level = zoom();
  $("level").textContent = `${level < 10 ? level.toFixed(1) : Math.round(level)}×`;
}

let asked = false;
function redraw() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    draw();
  });
}
