// The labels, as many as there is room for, and the whole picture.

const FONT = '13px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
const CELL = 6; // of the board that remembers where labels are, in pixels

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
  if (!shown[row]) return;
  const px = screenX(row);
  const py = screenY(row);
  if (px < 0 || py < 0 || px > width || py > height) return;
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

// What the reader points at, or else what has been chosen.
const inFocus = () => (hovered !== NONE ? [hovered] : chosen).filter((row) => shown[row]);

function drawLabels(focus, r) {
  pen.font = FONT;
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  const taken = new Board();
  const first = new Set([...focus, ...chosen]);
  const next = new Set(focus.flatMap(friends).filter((row) => !first.has(row)));
  for (const row of first) place(row, taken, ownRadius(row, r) + 2.5, 2);
  for (const row of next) place(row, taken, ownRadius(row, r) + 0.8, 1);
  pen.globalAlpha = chosen.length ? 0.35 : 1;
  for (let row = 0; row < words.length; row++) place(row, taken, ownRadius(row, r));
  pen.globalAlpha = 1;
}

function drawLasso() {
  if (lasso.length < 2) return;
  pen.strokeStyle = theme.ink;
  pen.lineWidth = 1.5;
  pen.setLineDash([6, 4]);
  pen.beginPath();
  lasso.forEach((corner) => pen.lineTo(...corner));
  pen.closePath();
  pen.stroke();
}

function draw() {
  pen.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  const r = radius();
  const focus = inFocus();
  drawPoints(r, chosen.length > 0);
  drawLinks(focus, r);
  pen.setLineDash([]);
  drawLabels(focus, r);
  drawLasso();
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
