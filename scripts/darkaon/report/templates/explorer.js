"use strict";
(() => {
const COLOURS = { black: "#000000", blue: "#4a47fc", green: "#04a681", grey: "#434443", orange: "#db7100",
  purple: "#6c0879", red: "#a43500", sky: "#948bbc" };
const DARK = { black: "#ffffff", blue: "#9b99ff", green: "#2fd6ae", grey: "#b9bab9", orange: "#ffa64d",
  purple: "#d57be2", red: "#ff8a5c", sky: "#c3bde0" };
const DASHES = { published: "", observed: "", unreal: "6 2", expected: "7 4", band1: "3 3", band2: "1 4", theory: "9 3 2 3",
  projection: "14 6", other: "", beyond: "2 2" };
const OWN = ["observed", "unreal"];
const FIRST = ["published", "expected"];
const SVG = "http://www.w3.org/2000/svg";
const data = JSON.parse(document.getElementById("data").textContent);
function unpacked(steps) {
  let sum = 0;
  return steps.map((step) => Math.exp((sum += step) * data.log_step));
}
const values = data.values.map(unpacked);
for (const region of data.planes.flatMap((plane) => plane.regions)) {
  for (const key of ["m", "px"]) if (key in region) region[key] = data.masses[region[key]];
  for (const key of ["lo", "hi", "py", "v"]) if (key in region) region[key] = values[region[key]];
}
const KINDS = new Map(data.kinds);
const planes = new Map(data.planes.map((plane) => [plane.id, plane]));
const get = (id) => document.getElementById(id);
const dark = matchMedia("(prefers-color-scheme: dark)");
let view, frame, start, shown = null;

const fresh = (id) => ({ plane: id, tau: "", kinds: new Set(FIRST), off: new Set(), logx: false, logy: true,
  x: null, y: null, at: null });
const plane = () => planes.get(view.plane);
const make = (name, attributes = {}, text = "") => {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text) node.textContent = text;
  return node;
};
const element = (name, properties = {}, ...children) => {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
};

function raised(number) {
  return String(number).replace(/[-0-9]/g, (c) => c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]);
}
function written(value, digits = 4) {
  if (value === 0) return "0";
  const power = Math.floor(Math.log10(Math.abs(value)) + 1e-12);
  if (power >= -3 && power < 4) return String(Number(value.toPrecision(digits)));
  return (value / 10 ** power).toFixed(digits - 2) + "×10" + raised(power);
}

// What is between two masses: log-linear, nothing outside.
function at(masses, values, mass) {
  if (!masses.length || mass < masses[0] || mass > masses[masses.length - 1]) return null;
  let low = 0, high = masses.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (masses[middle] <= mass) low = middle; else high = middle;
  }
  if (masses[high] === mass) low = high;
  if (masses[low] === mass || low === high) return values[low];
  const part = (mass - masses[low]) / (masses[high] - masses[low]);
  return Math.exp(Math.log(values[low]) + part * (Math.log(values[high]) - Math.log(values[low])));
}
function intervals(region, mass) {
  if (region.v) return [];
  if (region.m) {
    const low = at(region.m, region.lo, mass);
    return low === null ? [] : [[low, at(region.m, region.hi, mass)]];
  }
  const cut = [];
  for (let i = 1; i < region.px.length; i += 1) {
    const [a, b, c, d] = [region.px[i - 1], region.px[i], region.py[i - 1], region.py[i]];
    if ((a <= mass) === (b <= mass)) continue;
    cut.push(Math.exp(Math.log(c) + (mass - a) / (b - a) * (Math.log(d) - Math.log(c))));
  }
  cut.sort((one, two) => one - two);
  return cut.slice(1).map((high, i) => [cut[i], high]).filter((_, i) => i % 2 === 0);
}
function lifetime(mass, coupling) {
  const own = plane().lifetime;
  if (!own.m) return null;
  const reference = at(own.m, own.ns, mass);
  return reference === null ? null : reference * (own.g / coupling) ** plane().power;
}

const nanoseconds = (time) => time === "stable" ? Infinity : parseFloat(time);
const taus = () => [...new Set(plane().regions.map((region) => region.t).filter(Boolean))]
  .sort((one, two) => nanoseconds(one) - nanoseconds(two));
// The lifetime shown at first: one of those with most searches, stable X if it is among them, else the shortest.
function firstTau() {
  const count = (time) => new Set(plane().regions.filter((region) => region.t === time).map((region) => region.s)).size;
  const most = Math.max(...taus().map(count)), best = taus().filter((time) => count(time) === most);
  return best.includes("stable") ? "stable" : best[0] || "";
}
const visible = () => plane().regions.filter((region) => view.kinds.has(region.k) && !view.off.has(region.s)
  && (!region.t || region.t === view.tau));
const notOwn = (region) => ["published", "other", "beyond"].includes(region.k) || region.l === "published";
const points = (region) => region.v ? region.m.map((m, i) => [m, region.v[i]])
  : region.px ? region.px.map((m, i) => [m, region.py[i]])
  : [...region.m.map((m, i) => [m, region.lo[i]]), ...region.m.map((m, i) => [m, region.hi[i]]).reverse()];

function ranges() {
  const all = plane().regions.filter((region) => !region.t || region.t === view.tau);
  const xs = all.flatMap((region) => region.m || region.px);
  const ys = all.flatMap((region) => region.v || region.py || region.lo.concat(region.hi)).filter((y) => y > 0);
  const least = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);
  const x = plane().x.length ? plane().x : xs.length ? [least(xs), most(xs) * 1.02 + 1] : [0, 400];
  const y = plane().y.length ? plane().y
    : ys.length ? [10 ** Math.floor(Math.log10(least(ys))), 10 ** Math.ceil(Math.log10(most(ys)))] : [1e-12, 1];
  return { x: view.logx ? [Math.max(x[0], 1), x[1]] : x, y: view.logy ? y : [0, y[1]] };
}
function scale(range, log, from, to) {
  const f = log ? Math.log : (value) => value;
  const back = log ? Math.exp : (value) => value;
  const [a, b] = range.map(f);
  return { to: (value) => from + (f(Math.max(value, log ? 1e-300 : -1e300)) - a) / (b - a) * (to - from),
    from: (pixel) => back(a + (pixel - from) / (to - from) * (b - a)) };
}
function ticks(range, log, most) {
  const [low, high] = range;
  if (log) {
    const first = Math.ceil(Math.log10(low) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9);
    const step = Math.max(1, Math.ceil((last - first) / most));
    const powers = [];
    for (let power = first; power <= last; power += step) powers.push(10 ** power);
    if (powers.length > 1) return powers.map((value) => [value, "10" + raised(Math.round(Math.log10(value)))]);
    return [1, 2, 5].flatMap((n) => [first - 1, first].map((power) => n * 10 ** power))
      .filter((value) => value >= low && value <= high).sort((a, b) => a - b).map((value) => [value, written(value)]);
  }
  const rough = (high - low) / most, unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * unit).find((value) => value >= rough);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high * (1 + 1e-12); i += 1) found.push([i * step, written(i * step, 6)]);
  return found;
}

function picture(width, palette) {
  const height = Math.round(width < 600 ? width * 0.92 : width * 0.54);
  const text = palette === DARK ? "#ececec" : "#1a1a1a", page = palette === DARK ? "#16181b" : "#ffffff";
  const full = ranges(), x = view.x || full.x, y = view.y || full.y;
  const box = { left: 66, right: width - 14, top: 26, bottom: height - 46 };
  const sx = scale(x, view.logx, box.left, box.right), sy = scale(y, view.logy, box.bottom, box.top);
  const svg = make("svg", { xmlns: SVG, viewBox: `0 0 ${width} ${height}`, width, height, "font-family": "sans-serif",
    "font-size": 13, fill: text, "aria-hidden": "true" });
  svg.append(make("rect", { width, height, fill: page }));
  const clip = make("clipPath", { id: "inside" });
  clip.append(make("rect", { x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top }));
  svg.append(clip);
  for (const [value, label] of ticks(x, view.logx, width < 600 ? 4 : 8)) {
    const place = sx.to(value);
    svg.append(make("path", { d: `M${place} ${box.top}V${box.bottom}`, stroke: text, "stroke-opacity": 0.13 }));
    svg.append(make("text", { x: place, y: box.bottom + 18, "text-anchor": "middle" }, label));
  }
  for (const [value, label] of ticks(y, view.logy, 7)) {
    const place = sy.to(value);
    svg.append(make("path", { d: `M${box.left} ${place}H${box.right}`, stroke: text, "stroke-opacity": 0.13 }));
    svg.append(make("text", { x: box.left - 6, y: place + 4, "text-anchor": "end" }, label));
  }
  const inside = make("g", { "clip-path": "url(#inside)" });
  svg.append(inside);
  const lowest = new Map();
  const order = visible().sort((one, two) => (two.k === "other") - (one.k === "other"));
  for (const region of order) {
    const colour = palette[data.searches[region.s].colour] || palette.grey;
    const path = points(region).map(([m, g]) => [sx.to(m), sy.to(g)]);
    const filled = !region.v && (region.k === "published" || region.k === "other");
    const d = "M" + path.map((p) => `${p[0].toFixed(1)} ${p[1].toFixed(1)}`).join("L") + (region.v ? "" : "Z");
    inside.append(make("path", { d, fill: filled ? colour : "none", "fill-opacity": region.k === "other" ? 0.06 : 0.16,
      stroke: colour, "stroke-width": region.k === "published" ? 2 : region.k === "other" ? 1 : 1.3,
      "stroke-dasharray": DASHES[region.k], class: "region" }));
    for (const [px, py] of path) {
      if (px < box.left || px > box.right || py < box.top || py > box.bottom) continue;
      const known = lowest.get(region.s);
      if (!known || py > known[1]) lowest.set(region.s, [px, py]);
    }
  }
  names(svg, lowest, box, palette, text, page);
  svg.append(make("rect", { x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top,
    fill: "none", stroke: text }));
  svg.append(make("text", { x: box.left - 58, y: 15 }, plane().axis));
  svg.append(make("text", { x: box.right, y: height - 8, "text-anchor": "end" }, "mass [MeV]"));
  if (!visible().every(notOwn)) svg.append(make("text", { x: box.right - 6, y: box.bottom - 8, "text-anchor": "end", class: "own" },
    "own limits: " + plane().own));
  if (view.at) {
    const [px, py] = [sx.to(view.at[0]), sy.to(view.at[1])];
    svg.append(make("path", { d: `M${px} ${box.top}V${box.bottom}`, stroke: text, "stroke-dasharray": "2 3" }));
    svg.append(make("circle", { cx: px, cy: py, r: 5, fill: "none", stroke: text, "stroke-width": 2 }));
  }
  return { svg, sx, sy, box, x, y };
}
function names(svg, lowest, box, palette, text, page) {
  const taken = [];
  for (const [search, [px, py]] of [...lowest].sort((one, two) => one[1][0] - two[1][0])) {
    const name = data.searches[search].name, width = 7.8 * name.length + 16;
    const near = Math.min(Math.max(px - width / 2, box.left + 2), box.right - width - 2);
    const free = (left, top) => taken.every((b) => left >= b[0] + b[2] || left + width <= b[0] || top >= b[1] + 16 || top + 16 <= b[1]);
    let found;
    for (const left of [near, box.left + 2, box.right - width - 2]) {  // the row below is for what the limits stand on
      for (let top = Math.min(py + 4, box.bottom - 52); !found && top <= box.bottom - 38; top += 16)
        if (free(left, top)) found = [left, top];
    }
    if (!found) continue;
    const [left, top] = found;
    taken.push([left, top, width]);
    svg.append(make("rect", { x: left, y: top + 2, width: 6, height: 13, fill: palette[data.searches[search].colour] || palette.grey }));
    svg.append(make("text", { x: left + 10, y: top + 13, stroke: page, "stroke-width": 3, "paint-order": "stroke" }, name));
  }
}

function draw() {
  for (const key of ["x", "y", "at"]) if (view[key]) view[key] = view[key].map((n) => Number(n.toPrecision(8)));
  const width = Math.max(300, Math.min(1100, Math.round(get("picture").clientWidth)));
  frame = picture(width, dark.matches ? DARK : COLOURS);
  get("picture").replaceChildren(frame.svg);
  get("title").textContent = plane().title;
  get("note").textContent = plane().note;
  controls();
  readout();
  const hash = address();
  if (location.hash !== hash) history.replaceState(null, "", hash);
}
function controls() {
  if (shown !== view.plane) {
    shown = view.plane;
    get("plane").value = view.plane;
    const times = taus();
    get("tau").hidden = get("tau-label").hidden = !times.length;
    get("tau").replaceChildren(...times.map((time) => element("option", { value: time, textContent: time })));
    const kinds = [...KINDS.keys()].filter((kind) => plane().regions.some((region) => region.k === kind));
    get("kinds").replaceChildren(...kinds.map((kind) => box("kind-" + kind, KINDS.get(kind), () => toggle(view.kinds, kind))));
    const searches = [...new Set(plane().regions.map((region) => region.s))];
    get("searches").replaceChildren(...searches.map((search) => {
      const label = box("search-" + search, data.searches[search].name, () => toggle(view.off, search));
      const bar = element("span", { className: "bar" });
      bar.style.background = (dark.matches ? DARK : COLOURS)[data.searches[search].colour];
      label.insertBefore(bar, label.lastChild);
      return label;
    }));
  }
  if (taus().length) get("tau").value = view.tau;
  for (const input of get("kinds").querySelectorAll("input")) input.checked = view.kinds.has(input.id.slice(5));
  for (const input of get("searches").querySelectorAll("input")) input.checked = !view.off.has(input.id.slice(7));
  get("logx").checked = view.logx;
  get("logy").checked = view.logy;
}
function box(id, text, changed) {
  const input = element("input", { type: "checkbox", id });
  input.addEventListener("change", () => { changed(); draw(); });
  return element("label", {}, input, element("span", { textContent: text }));
}
const toggle = (set, name) => set.has(name) ? set.delete(name) : set.add(name);

function readout() {
  get("table").replaceChildren();
  get("at").textContent = "";
  if (!view.at) { get("readout").textContent = "Tap, click or use the arrows to read out."; return; }
  const [mass, value] = view.at, rows = [], excluding = new Set();
  const implied = (search) => plane().regions.some((region) => region.k === "beyond" && region.s === search
    && intervals(region, mass).some(([low, high]) => low <= value && value <= high));
  for (const region of visible()) {
    for (const [low, high] of intervals(region, mass)) {
      rows.push([region, `${written(low)} to ${written(high)}`]);
      if (low <= value && value <= high && (region.k === "published" || OWN.includes(region.k) || region.k === "other")) {
        excluding.add(data.searches[region.s].name + (OWN.includes(region.k) ? ` (own, ${region.l})` : implied(region.s) ? " (implied, beyond what its authors exclude)" : ""));
      }
    }
    const limit = region.v ? at(region.m, region.v, mass) : null;
    if (limit !== null) rows.push([region, `B < ${written(limit)}`]);
  }
  const time = lifetime(mass, value);
  const [name, unit] = plane().group === "planes" ? plane().axis.split(" [") : ["B"];
  const where = `mass ${written(mass)} MeV, ${name} ${written(value)}${unit ? " " + unit.slice(0, -1) : ""}` + (time === null ? "" : `, lifetime ${written(time, 6)} ns`);
  get("readout").textContent = plane().group === "planes"
    ? `${where}: ${excluding.size ? "excluded by " + [...excluding].join(", ") : "not excluded by what is shown"}` : where;
  get("at").textContent = `At ${written(mass)} MeV`;
  if (!rows.length) return;
  const head = element("thead", {}, element("tr", {}, ...["search", "curve", "interval", "paper"].map((text) => {
    const cell = element("th", { textContent: text }); cell.scope = "col"; return cell; })));
  const body = element("tbody", {}, ...rows.map(([region, text]) => {
    const paper = element("td"), number = region.a || data.searches[region.s].arxiv;
    if (number) {
      paper.append(element("a", { href: "https://arxiv.org/abs/" + number, textContent: "arXiv:" + number }), " ",
        element("a", { href: "https://doi.org/10.48550/arXiv." + number, textContent: "DOI", ariaLabel: "DOI of arXiv:" + number }));
    }
    const curve = region.k === "published" || region.k === "other" ? KINDS.get(region.k) : `${KINDS.get(region.k)}, ${region.l}`;
    return element("tr", {}, ...[data.searches[region.s].name, curve, text].map((t) => element("td", { textContent: t })), paper);
  }));
  get("table").append(element("table", {}, head, body));
}

function address() {
  const base = fresh(view.plane), parts = [["plane", view.plane]], list = (set) => [...set].sort().join(",");
  if (view.tau && view.tau !== firstTau()) parts.push(["tau", view.tau]);
  if (list(view.kinds) !== list(base.kinds)) parts.push(["kinds", list(view.kinds)]);
  if (view.off.size) parts.push(["off", list(view.off)]);
  if (view.logx || !view.logy) parts.push(["log", (view.logx ? "x" : "") + (view.logy ? "y" : "")]);
  for (const key of ["x", "y", "at"]) if (view[key]) parts.push([key, view[key].join(",")]);
  return "#" + parts.map(([key, value]) => key + "=" + encodeURIComponent(value)).join("&");
}
function restore() {
  const given = new URLSearchParams(location.hash.slice(1)), id = given.get("plane");
  view = fresh(planes.has(id) ? id : data.planes[0].id);
  shown = null;
  const names = (key, known) => (given.get(key) || "").split(",").filter(known);
  const times = taus();
  view.tau = times.includes(given.get("tau")) ? given.get("tau") : firstTau();
  if (given.has("kinds")) view.kinds = new Set(names("kinds", (kind) => KINDS.has(kind)));
  view.off = new Set(names("off", (search) => search in data.searches));
  if (given.has("log")) [view.logx, view.logy] = [given.get("log").includes("x"), given.get("log").includes("y")];
  for (const key of ["x", "y", "at"]) {
    const pair = (given.get(key) || "").split(",").map(Number);
    if (pair.length === 2 && pair.every(Number.isFinite) && (key === "at" || pair[0] < pair[1])) view[key] = pair;
  }
  draw();
}

function zoom(factor) {
  const log = { x: view.logx, y: view.logy }, middle = view.at || [frame.sx.from((frame.box.left + frame.box.right) / 2),
    frame.sy.from((frame.box.top + frame.box.bottom) / 2)];
  ["x", "y"].forEach((key, i) => {
    const f = log[key] ? Math.log : Number, back = log[key] ? Math.exp : Number;
    view[key] = frame[key].map((end) => back(f(middle[i]) + (f(end) - f(middle[i])) * factor));
  });
  draw();
}
function move(right, up) {
  const b = frame.box;
  const place = view.at ? [frame.sx.to(view.at[0]), frame.sy.to(view.at[1])] : [(b.left + b.right) / 2, (b.top + b.bottom) / 2];
  const limit = (value, low, high) => Math.min(Math.max(value, low), high);
  view.at = [frame.sx.from(limit(place[0] + right * (b.right - b.left) / 200, b.left, b.right)),
    frame.sy.from(limit(place[1] - up * (b.bottom - b.top) / 100, b.top, b.bottom))];
  draw();
}
function pixel(event) {
  const own = frame.svg.getBoundingClientRect(), factor = frame.svg.viewBox.baseVal.width / own.width, b = frame.box;
  return [Math.min(Math.max((event.clientX - own.left) * factor, b.left), b.right),
    Math.min(Math.max((event.clientY - own.top) * factor, b.top), b.bottom)];
}

const area = get("picture");
area.addEventListener("keydown", (event) => {
  const steps = event.shiftKey ? 10 : 1;
  const act = { ArrowLeft: () => move(-steps, 0), ArrowRight: () => move(steps, 0), ArrowUp: () => move(0, steps),
    ArrowDown: () => move(0, -steps), "+": () => zoom(0.7), "=": () => zoom(0.7), "-": () => zoom(1 / 0.7),
    "−": () => zoom(1 / 0.7), 0: () => { view.x = view.y = null; draw(); } }[event.key];
  if (act && !event.ctrlKey && !event.metaKey) { event.preventDefault(); act(); }
});
area.addEventListener("pointerdown", (event) => { start = pixel(event); area.setPointerCapture(event.pointerId); });
area.addEventListener("pointermove", (event) => {
  if (!start) return;
  const end = pixel(event);
  frame.svg.querySelector(".drag")?.remove();
  frame.svg.append(make("rect", { class: "drag", x: Math.min(start[0], end[0]), y: Math.min(start[1], end[1]),
    width: Math.abs(end[0] - start[0]), height: Math.abs(end[1] - start[1]), fill: "#4a47fc", "fill-opacity": 0.15, stroke: "#4a47fc" }));
});
area.addEventListener("pointercancel", () => { start = null; draw(); });
area.addEventListener("pointerup", (event) => {
  if (!start) return;
  const from = start, end = pixel(event);
  start = null;
  if (Math.abs(end[0] - from[0]) > 8 && Math.abs(end[1] - from[1]) > 8) {
    view.x = [from[0], end[0]].sort((a, b) => a - b).map(frame.sx.from);
    view.y = [from[1], end[1]].sort((a, b) => b - a).map(frame.sy.from);
  } else view.at = [frame.sx.from(end[0]), frame.sy.from(end[1])];
  draw();
});

function save(name, blob) {
  const link = element("a", { href: URL.createObjectURL(blob), download: `darkaon_${view.plane}.${name}` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
function drawn() { return new XMLSerializer().serializeToString(picture(1000, COLOURS).svg); }
get("csv").addEventListener("click", () => {
  const rows = [`# ${plane().title}; ${plane().note}; own limits: ${plane().own || "none"}`, "search,kind,label,lifetime,polygon,mass_MeV,value,arxiv"];
  visible().forEach((region, number) => points(region).forEach(([m, g]) => rows.push([region.s, region.k, region.l,
    region.t || "", number, m, g, region.a || data.searches[region.s].arxiv].map((cell) => /[",]/.test(cell) ? `"${cell}"` : cell).join(","))));
  save("csv", new Blob([rows.join("\n") + "\n"], { type: "text/csv" }));
});
get("svg").addEventListener("click", () => save("svg", new Blob([drawn()], { type: "image/svg+xml" })));
get("png").addEventListener("click", () => {
  const image = new Image();
  image.onload = () => {
    const canvas = element("canvas", { width: 2 * image.width, height: 2 * image.height });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => save("png", blob));
  };
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(drawn());
});
get("all").addEventListener("click", () => { view.off = new Set(); draw(); });
get("none").addEventListener("click", () => { view.off = new Set(plane().regions.map((region) => region.s)); draw(); });
get("logx").addEventListener("change", (event) => { view.logx = event.target.checked; view.x = null; draw(); });
get("logy").addEventListener("change", (event) => { view.logy = event.target.checked; view.y = null; draw(); });
get("tau").addEventListener("change", (event) => { view.tau = event.target.value; draw(); });
get("plane").addEventListener("change", (event) => {
  const kept = { kinds: view.kinds, logx: false, logy: true };
  view = Object.assign(fresh(event.target.value), kept);
  view.tau = firstTau();
  draw();
});
for (const [group, text] of [["planes", "Excluded couplings"], ["limits", "Limits on branching ratios"]]) {
  const own = data.planes.filter((each) => each.group === group);
  if (own.length) get("plane").append(element("optgroup", { label: text }, ...own.map((each) => element("option", { value: each.id, textContent: each.title }))));
}
addEventListener("hashchange", restore);
addEventListener("resize", () => draw());
dark.addEventListener("change", () => { shown = null; draw(); });
restore();
performance.mark("drawn");
})();
