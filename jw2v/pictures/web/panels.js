// What floats over the map: a card on what is chosen, and the categories.

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};
const isolated = (text) => element("bdi", { textContent: text }); // whichever way it is written
const number = (value) => value.toLocaleString("en");
const decimal = (percent) => (percent / 100).toFixed(2).replace("-", "−");

function swatch(id) {
  const made = element("canvas", { className: "swatch" });
  made.width = made.height = 14 * devicePixelRatio;
  const context = made.getContext("2d");
  context.scale(devicePixelRatio, devicePixelRatio);
  dot(context, id, 7, 7, 4.6);
  return made;
}

// --- the card

function heading(row) {
  const parts = [element("h2", {}, isolated(words[row]))];
  if (chosen.includes(row)) {
    const button = element("button", { type: "button", className: "off", textContent: "×" });
    button.setAttribute("aria-label", `Let go of ${words[row]}`);
    button.onclick = () => {
      choose(chosen.filter((each) => each !== row));
      canvas.focus();
    };
    parts.push(button);
  }
  return element("div", { className: "heading" }, ...parts);
}

function facts(row) {
  const parts = [];
  if (kind[row] !== OTHER) {
    const name = isolated(kinds[kind[row]]);
    parts.push(element("p", { className: "kind" }, swatch(kind[row]), name));
  }
  if (counts) {
    const times = counts[row] === 1 ? "once" : `${number(counts[row])} times`;
    parts.push(element("p", { className: "count", textContent: `occurs ${times}` }));
  }
  return parts;
}

// A neighbour with its cosines, whose length is that of a line; one that is drawn can be chosen.
function neighbour(entry, ...cosines) {
  const bar = element("i");
  bar.style.width = `calc((100% - 12px) * ${Math.max(0, cosines[0]) / 100})`;
  const parts = [
    isolated(nameOf(entry)),
    element("span", { textContent: cosines.map(decimal).join("  ") }),
    bar,
  ];
  if (!drawn(entry)) {
    parts[0].append(element("span", { className: "unseen", textContent: " (not drawn)" }));
    return element("li", {}, element("div", { className: "absent" }, ...parts));
  }
  const button = element("button", { type: "button" }, ...parts);
  button.onclick = (event) => {
    if (event.shiftKey) compare(entry);
    else choose([entry], true);
    canvas.focus();
  };
  return element("li", {}, button);
}

function list(title, entries, ...rows) {
  if (!entries.length) return [];
  const items = entries.map((each) => neighbour(each, ...rows.map((row) => cosineTo(row, each))));
  return [...(title ? [element("h3", {}, ...title)] : []), element("ol", {}, ...items)];
}

// The mark of words that are not drawn, explained where one is listed.
function legendOfAbsent(entries) {
  if (entries.every(drawn)) return [];
  return [element("p", { className: "absent", textContent: "not drawn on this map" })];
}

function aboutOne(row) {
  const among = data.others ? "all" : "these";
  const measure = `nearest of ${among} words, by cosine (${data.dim} dimensions)`;
  const entries = neighbours(row);
  return [
    heading(row),
    ...facts(row),
    element("p", { textContent: measure }),
    ...list(null, entries, row),
    ...legendOfAbsent(entries),
  ];
}

// The cosine of two words, as far as it is known: of words that are no neighbours, a bound is.
function likeness(one, two) {
  const known = cosineTo(one, two) ?? cosineTo(two, one);
  if (known !== undefined) return `cosine ${decimal(known)}`;
  const last = (row) => cosine[(row + 1) * perWord - 1];
  return `not among each other's nearest: cosine at most ${decimal(Math.min(last(one), last(two)))}`;
}

function aboutTwo([one, two]) {
  const both = shared([one, two]);
  const rest = (row) => neighbours(row).filter((each) => !both.includes(each));
  return [
    ...[one, two].flatMap((row) => [heading(row), ...facts(row)]),
    element("p", { className: "likeness", textContent: likeness(one, two) }),
    ...(both.length ? [] : [element("p", { textContent: "no nearest neighbour in common" })]),
    ...list(["near both, with the cosine to each"], both, one, two),
    ...[one, two].flatMap((row) => list(["near ", isolated(words[row])], rest(row), row)),
    ...legendOfAbsent([...neighbours(one), ...neighbours(two)]),
  ];
}

function showCard() {
  const rows = hovered !== NONE ? [hovered] : chosen;
  $("card").hidden = !rows.length;
  $("card").classList.toggle("pair", rows.length === 2);
  $("actions").hidden = hovered !== NONE && !chosen.includes(hovered);
  const parts = rows.length === 2 ? aboutTwo(rows) : rows.flatMap(aboutOne);
  $("about").replaceChildren(...parts);
}

// For those who listen: what came into focus.
function announce() {
  const rows = hovered !== NONE ? [hovered] : chosen;
  const nearest = (row) => neighbours(row).slice(0, 3).map(nameOf).join(", ");
  const said = {
    0: () => "",
    1: ([row]) => `${words[row]}, nearest: ${nearest(row)}`,
    2: ([one, two]) => `${words[one]} and ${words[two]}: ${likeness(one, two)}`,
  };
  $("said").textContent = said[rows.length](rows);
}

// --- what is shown

function showAlone() {
  $("alone").hidden = !only;
  if (!only) return;
  const text = `${number(only.size)} of ${number(words.length)} words`;
  $("alone").firstElementChild.textContent = text;
}

function showLegend() {
  if (!kinds.length) return;
  const ids = [...kinds.keys(), ...(kind.includes(OTHER) ? [OTHER] : [])];
  const items = ids.map((id) => {
    const name = kinds[id] ?? "other words";
    const toggle = element("button", { type: "button" }, swatch(id), isolated(name));
    toggle.onclick = () => {
      if (!hidden.delete(id)) hidden.add(id);
      sift();
      markLegend();
      redraw();
    };
    const lone = element("button", { type: "button", className: "lone", textContent: "only" });
    lone.setAttribute("aria-label", `Only ${name}`);
    lone.onclick = () => {
      hidden.delete(id);
      isolate([...words.keys()].filter((row) => kind[row] === id));
    };
    return element("li", {}, toggle, lone);
  });
  const legend = $("legend");
  legend.hidden = false;
  legend.querySelector("summary").textContent = data.clusters ? "Clusters" : "Categories";
  legend.querySelector("p").hidden = !data.clusters;
  legend.querySelector("ul").replaceChildren(...items);
  markLegend();
}

function markLegend() {
  [...$("legend").querySelectorAll("li")].forEach((item, i) => {
    // The last may be that of the words of no category, whose id follows those of the kinds.
    item.firstElementChild.setAttribute("aria-pressed", String(!hidden.has(i)));
  });
}
