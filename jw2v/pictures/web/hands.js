// How the map is moved: by a mouse, by fingers, by keys. Then everything begins.

// --- moving

function resize() {
  const fitted = Math.abs(zoom() - 1) < 1e-6;
  width = canvas.clientWidth;
  height = canvas.clientHeight;
  canvas.width = width * devicePixelRatio;
  canvas.height = height * devicePixelRatio;
  // Wide windows leave room for the search on the left and the categories on the right, narrow
  // ones above.
  const aside = width > NARROW ? 300 : 0;
  const beyond = width > WIDE && kinds.length ? 264 : 0;
  const above = width > NARROW ? 0 : 90;
  const roomX = Math.max(80, width - aside - beyond - (aside ? 140 : 60));
  const roomY = Math.max(80, height - above - 110);
  const scale = Math.min(roomX / (right - left || span), roomY / (top - bottom || span));
  whole = {
    scale,
    x: (left + right) / 2 - ((aside - beyond) / 2 - 10) / scale,
    y: (bottom + top) / 2 + (above / 2) / scale,
  };
  if (fitted) Object.assign(view, whole);
  const margins = 2 * Math.round(MARGIN * devicePixelRatio);
  picture = new ImageData(canvas.width + margins, canvas.height + margins);
  stamps = [];
  // At once: setting the size has wiped the canvas, and waiting would show it empty.
  draw();
}

function zoomAt(px, py, factor) {
  const scale = bounded(view.scale * factor);
  // What is under the pointer stays under it.
  view.x += (px - width / 2) * (1 / view.scale - 1 / scale);
  view.y -= (py - height / 2) * (1 / view.scale - 1 / scale);
  view.scale = scale;
  redraw();
}

function pan(dx, dy) {
  view.x -= dx / view.scale;
  view.y += dy / view.scale;
  redraw();
}

let flight = 0;
function fly(to) {
  const from = { ...view };
  const began = performance.now();
  const mine = ++flight;
  const step = (now) => {
    if (mine !== flight) return;
    const t = calm.matches ? 1 : Math.min(1, Math.max(0, (now - began) / 350));
    const eased = t * t * (3 - 2 * t);
    view.x = from.x + (to.x - from.x) * eased;
    view.y = from.y + (to.y - from.y) * eased;
    view.scale = from.scale * (to.scale / from.scale) ** eased;
    redraw();
    if (t < 1) requestAnimationFrame(step);
  };
  step(began);
}

// --- a mouse and fingers

const pointers = new Map();
let moved = 0;
let lasso = []; // its corners while it is drawn

const lassoing = () => $("lasso").getAttribute("aria-pressed") === "true";
function readyLasso(ready) {
  $("lasso").setAttribute("aria-pressed", String(ready));
  canvas.classList.toggle("lassoing", ready);
}

canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  if (!pointers.size) moved = 0;
  pointers.set(event.pointerId, [event.clientX, event.clientY]);
  const alone = pointers.size === 1 && (event.altKey || lassoing());
  lasso = alone ? [[event.clientX, event.clientY]] : [];
  flight++;
});

canvas.addEventListener("pointermove", (event) => {
  const now = [event.clientX, event.clientY];
  const before = pointers.get(event.pointerId);
  if (!before) {
    if (event.pointerType !== "touch") hover(pointAt(...now));
    return;
  }
  const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
  const apart = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
  moved += apart(now, before);
  if (moved < 5) return;
  pointers.set(event.pointerId, now);
  hover(NONE);
  if (lasso.length) {
    lasso.push(now);
    return redraw();
  }
  canvas.classList.add("dragging");
  // Of two fingers, each event moves one: the middle moves half of its way.
  const share = other ? 0.5 : 1;
  pan(share * (now[0] - before[0]), share * (now[1] - before[1]));
  if (other) {
    const middle = [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2];
    zoomAt(...middle, apart(now, other) / Math.max(1, apart(before, other)));
  }
});

function closeLasso() {
  const rows = inside(lasso);
  lasso = [];
  readyLasso(false);
  if (rows.length) isolate(rows);
  else redraw();
}

function click(event) {
  const row = pointAt(event.clientX, event.clientY);
  if (!event.shiftKey) choose(row === NONE ? [] : [row]);
  else if (row !== NONE) compare(row);
}

function lift(event) {
  if (!pointers.delete(event.pointerId) || pointers.size) return;
  canvas.classList.remove("dragging");
  if (event.type !== "pointerup") lasso = [];
  else if (lasso.length > 2) closeLasso();
  else if (moved < 5) click(event);
}
canvas.addEventListener("pointerup", lift);
canvas.addEventListener("pointercancel", lift);
canvas.addEventListener("pointerleave", () => hover(NONE));

canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  flight++;
  const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
  // A pinch on a touchpad arrives as a wheel with ctrl held, in much smaller steps.
  const pace = event.ctrlKey ? 0.01 : 0.0015;
  zoomAt(event.clientX, event.clientY, Math.exp(-pace * lines * event.deltaY));
}, { passive: false });
canvas.addEventListener("dblclick", (event) => zoomAt(event.clientX, event.clientY, 2));

// --- keys and buttons

const closer = (factor) => fly({ ...view, scale: bounded(view.scale * factor) });
// Right and down, as the window counts.
const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// One thing after another: a lasso, what is pointed at, what is chosen, what is shown alone.
function letGo() {
  if (lasso.length || lassoing()) {
    lasso = [];
    readyLasso(false);
    redraw();
  } else if (hovered !== NONE && !chosen.includes(hovered)) {
    hover(NONE);
  } else if (chosen.length) {
    choose([]);
  } else if (only) {
    isolate(null);
  }
}

const keys = {
  "+": () => zoomAt(width / 2, height / 2, 1.4),
  "=": () => zoomAt(width / 2, height / 2, 1.4),
  "-": () => zoomAt(width / 2, height / 2, 1 / 1.4),
  0: () => fly(whole),
  Enter: (event) => {
    if (hovered === NONE) return;
    if (event.shiftKey) compare(hovered);
    else choose([hovered]);
  },
  Escape: letGo,
};
for (const [name, direction] of Object.entries(DIRECTIONS)) {
  keys[name] = (event) => {
    if (event.shiftKey) pan(...direction.map((part) => -60 * part));
    else step(direction);
  };
}
canvas.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key](event);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.matches("input")) return;
  event.preventDefault();
  query.focus();
  query.select();
});
canvas.addEventListener("blur", () => hover(NONE));

$("in").onclick = () => closer(1.6);
$("out").onclick = () => closer(1 / 1.6);
$("fit").onclick = () => fly(whole);
$("lasso").onclick = () => readyLasso(!lassoing());
$("isolate").onclick = () => isolate([...new Set([...chosen, ...chosen.flatMap(friends)])]);
$("all").onclick = () => {
  isolate(null);
  canvas.focus();
};

const query = $("query");
const second = $("other");
const pick = (row, event) => (event.shiftKey ? compare(row) : choose([row], true));
finder(query, $("matches"), pick, () => {
  choose([]);
  canvas.focus();
});
finder(second, $("others"), compare, () => canvas.focus());

// --- the beginning

function dress() {
  readTheme();
  showLegend();
  showCard();
  redraw();
}
night.addEventListener("change", dress);
addEventListener("popstate", (event) => recall(event.state));
sift();
readTheme();
resize();
$("legend").open = width > WIDE;
dress();
recall(history.state);
// It calls once at the start, with nothing new.
new ResizeObserver(() => {
  if (canvas.clientWidth !== width || canvas.clientHeight !== height) resize();
}).observe(canvas);
