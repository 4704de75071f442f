// @ts-check
// LeNet, live: a garment goes through the stored network; every map, every sum, down to the pixels.
// A kernel gets this with all others (kernel.js), a page only where it stands (lenet_live.js).
import fields from "./lenet.json";
import { button } from "../controls.js";
import { h, say } from "../dom.js";
import { CURRENT, RELATED, TAP } from "../grid.js";
import * as net from "../net.js";
import { decode, encode } from "../picture.js";
import { number, shown, signed, spoken } from "../scale.js";
import { named, path, pixelWords, sum } from "../unit.js";

/** @typedef {import("../stage.js").State} State @typedef {import("../stage.js").Stage} Stage @typedef {import("../stage.js").Grid} Grid @typedef {import("../net.js").Maps} Maps */
/** @typedef {{m: number, r: number, c: number}} Spot @typedef {(m: number, r: number, c: number) => number} Paint   m is -1 between two maps */
const OWN = "own drawing", CLASSES = fields.g.of.slice(0, 10), LAYERS = fields.layer.of, LOW = 0.2, GAP = 0.4;
/** @type {Record<string, number>} */
const INK = { white: 255, grey: 128, black: 0 };
/** @type {Record<number, number>} */
const ACROSS = { 6: 3, 16: 4, 10: 5 }, SIZES = { 28: 8, 5: 24, 1: 40 };
/** @type {Record<string, number>} */
const HOOKS = { "conv 1": 1, "conv 2": 4, "dense 1": 8, "dense 2": 10 };

/** @type {import("../stage.js").Spec} */
export const lenet = {
  fields, look, point, cell, choose,
  fixed: ["weights"],
  needs: { weights: "lenet-weights" },
  controls: ["g", "which", "layer", "c", "dy", "dx", "cut", "o", "t", "ink", "brush", "each"],
  hide: (q) => ["o", "brush", "each"].filter((name, i) => [q.cut === "nothing", q.ink === "off", LAYERS.indexOf(q.layer) > 4][i]),
  home: ({ map, cols }) => { const at = net.first(map); return [Math.floor(at / cols), at % cols]; },
  buttons: (stage) => [
    button("Empty pad", () => stage.put({ g: OWN, x: fields.x.init })),
    button("Ink everywhere", () => stage.put({ g: OWN, x: fields.x.init.replace("-00", "-ff") })),
    button("Switch the chosen map off", () => off(stage)),
  ],
  parts: (stage) => [answers(), trail(stage)],
  hint: "To draw, choose a colour: pressed pointer, or Enter at the cursor. Enter or a tap on a small map chooses it; on what a unit reads it goes one layer down. " +
    "Grey values are divided by 255 and nothing else, as in training: no picture is centred.",
};

/** The grey values of the picture before it is moved. @param {State} q */
const source = (q) => (q.g === OWN ? /** @type {import("../picture.js").Picture} */ (decode(q.x)).values : net.open(q.weights).samples[CLASSES.indexOf(q.g)]);
const clip = (/** @type {number} */ m, /** @type {number} */ count) => Math.min(m, count - 1);

/** Several maps beside each other, with lines between them; at() gives the place of a value, or null. @param {{maps: number, rows: number, cols: number}} act @param {Paint} paint @param {number} [single] */
function tiled({ maps, rows, cols }, paint, single = -1) {
  const gap = rows > 1 ? 1 : 0, alone = single >= 0, across = alone ? 1 : ACROSS[maps] ?? 12, high = rows + gap, wide = cols + gap;
  const count = alone ? 1 : maps, size = [Math.ceil(count / across) * high - gap, across * wide - gap];
  const place = (/** @type {number} */ m, /** @type {number} */ r, /** @type {number} */ c) => [Math.floor((alone ? 0 : m) / across) * high + r, ((alone ? 0 : m) % across) * wide + c];
  const at = (/** @type {number} */ R, /** @type {number} */ C) => (R % high < rows && C % wide < cols ? { m: alone ? single : Math.floor(R / high) * across + Math.floor(C / wide), r: R % high, c: C % wide } : null);
  const values = Array.from({ length: size[0] * size[1] }, (_, i) => {
    const spot = at(Math.floor(i / size[1]), i % size[1]);
    return spot ? paint(spot.m, spot.r, spot.c) : paint(-1, 0, 0);
  });
  return { place, at, rows: size[0], cols: size[1], values };
}

/** How the values of a layer become shades: one range for all maps, or one for each. @param {Maps} act @param {boolean} signed @param {boolean} each */
function shading(act, signed, each) {
  const { maps, rows, cols, values } = act, area = rows * cols, own = each && rows > 1;
  const most = values.reduce((a, v) => Math.max(a, Math.abs(v)), 0) || 1;
  const ranges = Array.from({ length: maps }, (_, m) => { const part = values.subarray(m * area, (m + 1) * area); return [Math.min(...part), Math.max(...part)]; });
  /** @type {Paint} */
  const paint = (m, r, c) => {
    if (m < 0) return signed ? 0 : GAP * (own ? 1 : most);
    const v = values[m * area + r * cols + c], [low, high] = own ? ranges[m] : [0, 1];
    return own ? (high > low ? (v - low) / (high - low) : 0) : v;
  };
  const range = own ? "each on its own range, black to white" : signed ? `strongest shade ±${shown(most)}` : `black 0, white ${shown(most)}`;
  return { paint, most: own ? 1 : most, scale: signed ? "signed" : "grey", range };
}

/** @type {{from: unknown[], made: {picture: Uint8Array, x: Maps, acts: Maps[]}} | null} */
let last = null;
/** The picture and all activations. Most moves only change what of them is looked at, and take the last ones. @param {State} q @param {import("../net.js").Layer[]} layers @param {{layer: number, map: number} | null} cut */
function passed(q, layers, cut) {
  const from = [layers, q.g, q.x, q.dy, q.dx, cut?.layer, cut?.map];
  if (!last?.from.every((part, at) => part === from[at])) {
    const picture = net.moved(source(q), q.dy, q.dx), x = net.input(picture);
    last = { from, made: { picture, x, acts: net.run(layers, x, cut) } };
  }
  return last.made;
}

/** Everything of one state. @param {State} q */
function look(q) {
  const { nets, own } = net.open(q.weights), layers = nets[q.which], i = LAYERS.indexOf(q.layer);
  const cutAt = LAYERS.indexOf(q.cut), cut = cutAt < 0 ? null : { layer: cutAt, map: clip(q.o, layers[cutAt].out) };
  const { picture, x, acts } = passed(q, layers, cut), act = acts[i], m = clip(q.c, act.maps), kind = act.rows > 1 ? "map" : "unit";
  const scores = acts[6].values, p = net.softmax(scores, Number(q.t)), order = [...p.keys()].sort((a, b) => scores[b] - scores[a]), ahead = p[order[0]] - p[order[1]];
  const shade = shading(act, i === 6, q.each), all = tiled(act, shade.paint), one = tiled(act, shade.paint, m), area = act.rows * act.cols;
  const size = (/** @type {number} */ cols, /** @type {number} */ most) => Math.min(most, Math.floor(258 / cols)), few = q.c > m ? `; there is no ${kind} ${q.c}` : "";
  /** @type {any} */
  const view = { layers, acts, act, i, m, x, picture, all, one, p, scores, order, kind, below: null, kernel: null, cols: act.cols, map: act.values.subarray(m * area, (m + 1) * area) };
  /** @type {Grid[]} */
  const grids = [
    { name: "input", role: "input", rows: net.SIDE, cols: net.SIDE, caption: `Picture, 28×28${q.dy || q.dx ? ", moved" : ""}`,
      pixels: { size: 8, values: picture, most: 255, scale: "grey" }, paint: q.ink === "off" ? undefined : paint },
    { name: "maps", role: "plain", rows: all.rows, cols: all.cols, caption: `${q.layer}, ${act.maps} ${kind}s; ${shade.range}`,
      pixels: { size: size(all.cols, 16), values: all.values, most: shade.most, scale: shade.scale } },
  ];
  if (i) grids.push(reads(q, view));
  if (layers[i].kind !== "pool") grids.push(weights(view));
  grids.push({ name: "output", role: "output", rows: act.rows, cols: act.cols, caption: `${q.layer}, ${kind} ${m}${act.rows > 1 ? `, ${act.rows}×${act.cols}` : i === 6 ? `, ${CLASSES[m]}` : ""}${few}`,
    pixels: { size: size(act.cols, SIZES[act.cols] ?? 14), values: one.values, most: shade.most, scale: shade.scale } });
  const sure = `${shown(ahead)} ahead of ${CLASSES[order[1]]}`, whose = own === q.which ? "your" : `the ${q.which}`;
  const move = q.dy || q.dx ? `, moved by ${number(q.dy)} rows and ${number(q.dx)} columns` : "";
  const without = cut ? ` without ${cutAt > 3 ? "unit" : "map"} ${cut.map} of ${q.cut}` : "";
  const counts = layers.filter((l) => l.kind !== "pool").map(({ name, w, b }) => ({ name, count: w.length + b.length }));
  return Object.assign(view, {
    words: `${q.g[0].toUpperCase()}${q.g.slice(1)}${move}, read by ${whose} network${without}: ${CLASSES[order[0]]}, probability ${shown(p[order[0]])}, ` +
      (ahead < LOW ? `only ${sure}: low confidence.` : `${sure}.`),
    grids,
    lines: [`Parameters: ${counts.map(({ name, count }) => `${name} ${count.toLocaleString("en")}`).join(", ")}; ${counts.reduce((a, { count }) => a + count, 0).toLocaleString("en")} in all.`],
    formula: [rule(layers[i], acts[i - 1])],
    ...code(q, cut, own),
  });
}

/** The rule of a layer in one line. @param {import("../net.js").Layer} layer @param {Maps | undefined} below */
function rule({ kind, how, in: n, k }, below) {
  if (kind === "pool") return `each value = ${how === "max" ? "the largest" : "the mean"} of ${k}×${k} values of the same map below`;
  const count = kind === "conv" ? n * k * k : n, sums = `bias + sum of ${count} products`;
  return `each value = ${how === "relu" ? `max(0, ${sums})` : how === "sigmoid" ? `1 / (1 + exp(−(${sums})))` : sums}` + (kind === "conv" && below ? `, ${k * k} for each of ${n} maps` : "");
}

/** The grid of what the chosen map reads. @param {State} q @param {any} view @returns {Grid} */
function reads(q, view) {
  const { acts, i, m, layers } = view, act = acts[i - 1], single = layers[i].kind === "pool";
  const shade = shading(act, false, q.each), tiles = view.below = tiled(act, shade.paint, single ? m : -1);
  const what = single ? `map ${m}` : `all ${act.maps} ${act.rows > 1 ? "map" : "unit"}s`;
  return {
    name: "below", role: "plain", rows: tiles.rows, cols: tiles.cols, caption: `It reads ${what} of ${LAYERS[i - 1]}; ${shade.range}`,
    pixels: { size: Math.min(16, Math.floor((single ? 150 : 258) / tiles.cols)), values: tiles.values, most: shade.most, scale: shade.scale },
  };
}

/** The grid of the chosen map's weights; those of the first layer are few enough to be written, in whole steps. @param {any} view @returns {Grid} */
function weights(view) {
  const { layers, acts, i, m, kind } = view, layer = layers[i], below = acts[i - 1], [rows, cols] = layer.kind === "conv" ? [layer.k, layer.k] : [below.rows, below.cols];
  const maps = below?.maps ?? 1, area = rows * cols, start = m * maps * area, most = Math.fround(127 * layer.scale);
  const tiles = view.kernel = tiled({ maps, rows, cols }, (map, r, c) => (map < 0 ? 0 : layer.w[start + map * area + r * cols + c]), i ? -1 : 0);
  const grid = { name: "kernel", role: /** @type {"kernel"} */ ("kernel"), rows: tiles.rows, cols: tiles.cols };
  if (!i) {
    const steps = Array.from(layer.steps.subarray(start, start + area), Number);
    return { ...grid, caption: `Kernel of map ${m}, in steps of ${shown(layer.scale)}`, text: steps.map(number), css: steps.map((step) => signed(step, 127)) };
  }
  const what = layer.kind === "conv" ? `Kernel of map ${m}, ${maps}×${rows}×${cols}` : `${maps * area} weights of ${kind} ${m}`;
  return { ...grid, caption: `${what}; strongest shade ±${shown(most)}`, pixels: { size: Math.min(16, Math.floor(258 / tiles.cols)), values: tiles.values, most, scale: "signed" } };
}

/** The call in PyTorch that gives the probabilities, and what stands before it. @param {State} q @param {{layer: number, map: number} | null} cut @param {string} own */
function code(q, cut, own) {
  const drawn = q.g === OWN, setup = [
    "from d2lmini.data import to_float", drawn ? "from d2lmini.explorers.pixels import decode" : "",
    `from d2lmini.weights import ${[own === q.which && "quantised", !drawn && "samples", own !== q.which && "stored"].filter(Boolean).join(", ")}`, "",
    own === q.which ? "net = quantised(net).module().double()  # net is your own" : `net = stored("${q.which}").module().double()`,
    drawn ? `X = to_float(decode("${q.x}").byte())` : `X = to_float(samples()[${CLASSES.indexOf(q.g)}])  # ${q.g}`,
    "X = X.double()[None, None]",
    q.dy || q.dx ? `X = F.pad(X, (${q.dx}, ${-q.dx}, ${q.dy}, ${-q.dy}))  # columns, rows` : "",
    cut ? `net[${HOOKS[q.cut]}].register_forward_hook(lambda layer, args, A: A.index_fill(1, torch.tensor(${cut.map}), 0))` : "",
  ].filter((line, at) => line || at === 3);
  return { setup, code: `Y = F.softmax(net(X)${q.t === "1" ? "" : ` / ${q.t}`}, dim=1)` };
}

/** What belongs to the chosen unit, and to the weight, the input or the pixel under the pointer. @param {State} q @param {any} view @param {import("../stage.js").Place} at @param {import("../stage.js").Place | null} over */
function point(q, view, { r, c }, over) {
  const { layers, acts, act, i, m, x, picture, all, below, kernel } = view, layer = layers[i], conv = layer.kind === "conv";
  const from = i ? acts[i - 1] : x, read = net.terms(layer, from, m, r, c), place = below ? below.place : (/** @type {number} */ _, /** @type {number} */ y, /** @type {number} */ z) => [y, z];
  /** @type {Record<string, number[][]>} */
  const marks = { output: [[r, c, CURRENT]], maps: [], input: [], kernel: [] };
  const rows = net.field(layers, i, r), cols = net.field(layers, i, c), target = marks[below ? "below" : "input"] ??= [];
  for (let y = 0; y < act.rows; y++) for (let z = 0; z < act.cols; z++) marks.maps.push([...all.place(m, y, z), y === r && z === c ? CURRENT : RELATED]);
  if (rows && cols) for (let y = rows[0]; y <= rows[1]; y++) for (let z = cols[0]; z <= cols[1]; z++) marks.input.push([y, z, TAP]);
  const weight = (/** @type {import("../net.js").Term} */ t, /** @type {number} */ at) => (conv ? kernel.place(t.m, Math.floor((at % layer.k ** 2) / layer.k), at % layer.k) : kernel?.place(t.m, t.y, t.x));
  const largest = layer.kind === "dense" ? net.first(read.map((t) => Math.abs(t.w * from.values[t.at]))) : -1;
  read.forEach((t, at) => {
    const spot = place(t.m, t.y, t.x), own = weight(t, at), here = (/** @type {string} */ grid, /** @type {number[]} */ [a, b]) => over?.grid === grid && over.r === a && over.c === b;
    if (t.at < 0) return;
    if (i && layer.kind !== "dense") target.push([...spot, TAP]);
    if (at === largest || (own && (here("kernel", own) || here(below ? "below" : "input", spot)))) {
      target.push([...spot, RELATED]);
      if (own) marks.kernel.push([...own, RELATED]);
    }
  });
  if (over?.grid === "input" && rows) for (let y = 0; y < act.rows; y++) for (let z = 0; z < act.cols; z++) if (sees(layers, i, y, over.r) && sees(layers, i, z, over.c)) marks.output.push([y, z, RELATED]);
  return { marks, sum: sum(layers, acts, x, { i, m, r, c }, picture) };
}
const sees = (/** @type {import("../net.js").Layer[]} */ layers, /** @type {number} */ i, /** @type {number} */ place, /** @type {number} */ pixel) => { const [low, high] = net.field(layers, i, place) ?? [0, 0]; return low <= pixel && pixel <= high; };

/** What a cell of a grid of maps stands for: its tiles, its layer, and the place there; null between two maps. @param {any} view @param {string} grid @param {number} r @param {number} c @returns {{level: number, tiles: any, at: Spot | null}} */
function spotOf({ all, one, below, kernel, i }, grid, r, c) {
  const tiles = /** @type {Record<string, any>} */ ({ maps: all, output: one, below, kernel })[grid];
  return { tiles, level: grid === "below" ? i - 1 : i, at: tiles.at(r, c) };
}

/** A small map is chosen; a unit below becomes the one to explain. @param {State} q @param {any} view @param {import("../stage.js").Place} place @returns {[State, import("../stage.js").Place] | null} */
function choose(q, view, { grid, r, c }) {
  if (grid !== "maps" && grid !== "below") return null;
  const { level, at } = spotOf(view, grid, r, c);
  return at && [{ layer: LAYERS[level], c: at.m }, { grid: "output", r: at.r, c: at.c }];
}

/** One cell in words, for a screen reader. @param {State} q @param {any} view @param {string} grid @param {number} r @param {number} c */
function cell(q, view, grid, r, c) {
  const { layers, acts, i, picture } = view;
  if (grid === "input") return `picture row ${r} column ${c}: grey ${picture[r * net.SIDE + c]}`;
  const { tiles, level, at } = spotOf(view, grid, r, c);
  if (!at) return "between two maps";
  if (grid === "kernel") {
    const from = i ? `${LAYERS[i - 1]} ${acts[i - 1].rows > 1 ? "map" : "unit"} ${at.m}` : "the picture";
    const steps = i ? "" : `${spoken(layers[0].steps[view.m * tiles.rows * tiles.cols + r * tiles.cols + c])} steps, `;
    return `weight for ${from}, row ${at.r} column ${at.c}: ${steps}${spoken(shown(tiles.values[r * tiles.cols + c]))}`;
  }
  const { rows: high, cols: wide, values } = acts[level], value = spoken(shown(values[(at.m * high + at.r) * wide + at.c]));
  const rows = grid === "output" && net.field(layers, i, r), cols = rows && net.field(layers, i, c);
  return `${named(layers[level], acts[level], { i: level, ...at })}: ${value}` + (rows && cols ? `, from picture rows ${rows.join(" to ")}, columns ${cols.join(" to ")}` : "");
}

/** Ink on the picture, from the last place to this one; a sample is copied first. @param {Stage} stage @param {number} r @param {number} c @param {{r: number, c: number} | null} from */
function paint(stage, r, c, from) {
  const q = stage.state(), values = Uint8Array.from(source(q)), b = Number(q.brush), steps = from ? Math.max(Math.abs(r - from.r), Math.abs(c - from.c), 1) : 1;
  for (let step = 1; step <= steps; step++) {
    const along = (/** @type {number} */ start, /** @type {number} */ end) => Math.round(start + ((end - start) * step) / steps), top = along(from?.r ?? r, r) - q.dy - (b >> 1), left = along(from?.c ?? c, c) - q.dx - (b >> 1);
    for (let y = Math.max(top, 0); y < Math.min(top + b, net.SIDE); y++) for (let x = Math.max(left, 0); x < Math.min(left + b, net.SIDE); x++) values[y * net.SIDE + x] = INK[q.ink];
  }
  stage.put({ g: OWN, x: encode({ rows: net.SIDE, cols: net.SIDE, values }) }, "x");
}

/** Switch off what is shown; a pooled map goes with the convolution that it reads. @param {Stage} stage */
function off(stage) {
  const q = stage.state(), cut = q.layer.replace("pool", "conv"), count = net.open(q.weights).nets[q.which][LAYERS.indexOf(cut)].out;
  if (cut === "scores") stage.refuse("A score cannot be switched off: choose another layer.");
  else stage.put({ cut, o: clip(q.c, count) });
}

/** No class is impossible: a probability that rounds to 0 is said to be small. @param {number} p */
const chance = (p) => { const text = shown(p); return text === "0" ? "< 0.0001" : text; };

/** The ten classes with their scores and probabilities. @returns {import("../stage.js").Part} */
function answers() {
  const rows = CLASSES.map((name) => ({ score: h("td"), p: h("span"), bar: h("i"), name })), caption = h("caption");
  const head = h("tr", {}, ...["class", "score", "probability"].map((text) => h("th", { scope: "col" }, text)));
  const lines = rows.map(({ name, score, p, bar }) => h("tr", {}, h("th", { scope: "row" }, name), score, h("td", {}, p, bar)));
  return {
    element: h("table", { class: "d2lx-answers" }, caption, h("thead", {}, head), h("tbody", {}, ...lines)),
    update(q, { p, scores, order }) {
      say(caption, `What the scores become${q.t === "1" ? "" : `: softmax of the scores over ${q.t}`}`);
      rows.forEach((row, at) => {
        say(row.score, shown(scores[at]));
        say(row.p, chance(p[at]));
        row.bar.style.width = `${(4 * p[at]).toFixed(3)}rem`;
        lines[at].className = at === order[0] ? "d2lx-best" : "";
      });
    },
  };
}

/** The way from the chosen unit down to a pixel, each unit with its sum; a unit's name goes there. @param {Stage} stage @returns {import("../stage.js").Part} */
function trail(stage) {
  /** @type {import("../unit.js").Unit[]} */
  let way = [];
  const list = h("ol"), fold = /** @type {HTMLDetailsElement} */ (h("details", { class: "d2lx-trail", ontoggle: () => stage.draw() }, h("summary", {}, "Down to the pixels, always along the strongest term"), list));
  const go = (/** @type {number} */ at) => {
    const { i, m, r, c } = way[at];
    stage.put({ layer: LAYERS[i], c: m }, "", { grid: "output", r, c });
    list.querySelector("button")?.focus();
  };
  return {
    element: fold,
    update(q, { layers, acts, x, i, m, picture }, { r, c }) {
      if (!fold.open) return;
      way = path(layers, acts, x, { i, m, r, c });
      while (list.children.length > way.length) list.lastElementChild?.remove();
      way.forEach((unit, at) => {
        const item = list.children[at] ?? list.appendChild(h("li", {}, button("", () => go(at)), h("p", { class: "d2lx-sum" })));
        const [name, text] = /** @type {HTMLElement[]} */ ([...item.children]), pixel = unit.i < 0;
        const html = pixel ? pixelWords(unit, picture) : sum(layers, acts, x, unit, picture);
        name.hidden = pixel;
        say(name, pixel ? "" : named(layers[unit.i], acts[unit.i], unit));
        if (text.dataset.html !== html) text.innerHTML = text.dataset.html = html;
      });
    },
  };
}
