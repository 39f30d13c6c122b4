// The points of the map and the lines between them, pixel by pixel.

const MARGIN = 24; // of the picture of the points around the window, in pixels
const SIZES = 5; // that a point can have, by its word's count

let theme = {};
let picture; // the pixels of the points, made when the window gets its size
let paperPixel = 0;
let stamps = [];

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

// A look as the pixels of its dot: for each, how far it lies from the dot's middle in the picture,
// how much of the picture it leaves (of 256), and what it adds to it: to red and blue, and to green.
function stamp(id, r, alpha) {
  const side = 2 * Math.ceil((1.3 * r + 1) * devicePixelRatio);
  const context = Object.assign(document.createElement("canvas"), { width: side, height: side })
    .getContext("2d", { willReadFrequently: true });
  context.scale(devicePixelRatio, devicePixelRatio);
  dot(context, id, side / 2 / devicePixelRatio, side / 2 / devicePixelRatio, r);
  const bytes = context.getImageData(0, 0, side, side).data;
  const colours = new Uint32Array(bytes.buffer);
  const covered = [...colours.keys()].filter((i) => bytes[4 * i + 3]);
  const offset = (i) => (Math.floor(i / side) - side / 2) * picture.width + (i % side) - side / 2;
  const cover = (i) => Math.round((256 * alpha * bytes[4 * i + 3]) / 255);
  return {
    offsets: Int32Array.from(covered, offset),
    leaves: Int32Array.from(covered, (i) => 256 - cover(i)),
    redBlue: Int32Array.from(covered, (i) => Math.imul(colours[i] & 0xff00ff, cover(i))),
    green: Int32Array.from(covered, (i) => Math.imul(colours[i] & 0xff00, cover(i))),
  };
}

// The stamps of every look and size, made anew where the reader's distance changes the radius.
function stampsFor(r, faded) {
  if (stamps.r === r && stamps.faded === faded) return stamps;
  stamps = [...Array((OTHER + 1) * SIZES).keys()].map((i) => {
    const id = Math.floor(i / SIZES);
    const alpha = (faded ? 0.35 : 1) * (id === OTHER && kinds.length ? 0.6 : 1);
    return stamp(id, radiusOf(id, i % SIZES, r), alpha);
  });
  return Object.assign(stamps, { r, faded });
}

// Points grow as the reader comes nearer, and are smaller the more of them there are.
function radius() {
  const base = words.length > 5000 ? 1.8 : words.length > 500 ? 2.6 : 3.8;
  return Math.min(6, Math.round(2 * (base + 0.7 * Math.log2(Math.max(1, zoom())))) / 2);
}

const zoom = () => view.scale / whole.scale;

// A word's size among SIZES grows with the logarithm of its count: gently.
const sizes = new Uint8Array(words.length);
if (counts) {
  const logs = counts.map((count) => Math.log(Math.max(1, count)));
  const [least, most] = extent(logs);
  logs.forEach((log, row) => {
    sizes[row] = Math.round(((SIZES - 1) * (log - least)) / (most - least || 1));
  });
}

const radiusOf = (id, size, r) => (r + (id === OTHER ? 0 : 0.5)) * (1 + 0.15 * size);
const ownRadius = (row, r) => radiusOf(kind[row], sizes[row], r);

// The order of drawing: words of a category above the others, and the first words above the last.
const painted = [...words.keys()].reverse();
painted.sort((a, b) => (kind[a] === OTHER ? 0 : 1) - (kind[b] === OTHER ? 0 : 1));

// Points go into the pixels by hand: where no graphics card helps, that takes a tenth of the time
// of as many calls of drawImage. The picture is wider than the window on all sides, so that no dot
// that is seen has pixels outside it.
function drawPoints(r, faded) {
  const pixels = new Uint32Array(picture.data.buffer);
  const dots = devicePixelRatio;
  const margin = Math.round(MARGIN * dots);
  const marks = stampsFor(r, faded);
  pixels.fill(paperPixel);
  for (const row of painted) {
    if (!shown[row]) continue;
    const px = screenX(row);
    const py = screenY(row);
    if (px < -r || py < -r || px > width + r || py > height + r) continue;
    const { offsets, leaves, redBlue, green } = marks[kind[row] * SIZES + sizes[row]];
    const middle =
      (Math.round(py * dots) + margin) * picture.width + Math.round(px * dots) + margin;
    for (let i = 0; i < offsets.length; i++) {
      const at = middle + offsets[i];
      const pixel = pixels[at];
      pixels[at] =
        0xff000000 |
        (((Math.imul(pixel & 0xff00ff, leaves[i]) + redBlue[i]) >>> 8) & 0xff00ff) |
        (((Math.imul(pixel & 0xff00, leaves[i]) + green[i]) >>> 8) & 0xff00);
    }
  }
  pen.putImageData(picture, -margin, -margin);
}

function line(from, to, dashes) {
  pen.setLineDash(dashes);
  pen.beginPath();
  pen.moveTo(...from);
  pen.lineTo(...to);
  pen.stroke();
}

const spot = (row) => [screenX(row), screenY(row)];

// Lines from the words in focus to their neighbours, and between two words that are compared.
function drawLinks(rows, r) {
  pen.lineWidth = 1.2;
  pen.globalAlpha = 0.55;
  for (const row of rows) {
    pen.strokeStyle = colourOf(kind[row]);
    for (const friend of friends(row)) line(spot(row), spot(friend), []);
  }
  pen.globalAlpha = 1;
  if (rows.length === 2) {
    pen.strokeStyle = theme.ink;
    line(...rows.map(spot), [5, 4]);
  }
  for (const each of rows.flatMap(friends)) {
    dot(pen, kind[each], ...spot(each), ownRadius(each, r) + 0.8);
  }
  for (const row of [...chosen, ...rows]) {
    if (shown[row]) dot(pen, kind[row], ...spot(row), ownRadius(row, r) + 2.5);
  }
}
