// @ts-check
// One unit of a network in words: its sum, and the way down to the pixels along the strongest term.
// The same words as d2lmini.explorers.lenet.
import { first, SIDE, terms } from "./net.js";
import { factor, number } from "./scale.js";

/** @typedef {import("./net.js").Layer} Layer @typedef {import("./net.js").Maps} Maps */
/** @typedef {{i: number, m: number, r: number, c: number}} Unit */

const FINE = 1e5, FEW = 16, LARGEST = 8;
const round = (/** @type {number} */ v) => Math.floor(v * FINE + 0.5);
/** Five decimals, without zeros at the end. */
const five = (/** @type {number} */ whole) => fixed(whole, 5);
const fixed = (/** @type {number} */ whole, /** @type {number} */ digits) => number((whole / FINE).toFixed(digits).replace(/\.?0+$/, "").replace(/^-0$/, "0"));
const term = (/** @type {number} */ whole) => (whole < 0 ? `(${five(whole)})` : five(whole));

/** "conv 2, map 3, row 1, column 4" or "dense 1, unit 57". @param {Layer} layer @param {Maps} act @param {Unit} unit */
export const named = ({ name }, { rows }, { m, r, c }) => (rows > 1 ? `${name}, map ${m}, row ${r}, column ${c}` : `${name}, unit ${m}`);
/** @param {Layer} layer @param {Maps} act @param {Unit} unit */
const label = ({ name }, { rows }, { m, r, c }) => `${name}[${rows > 1 ? `${m}, ${r}, ${c}` : m}]`;

/** The arithmetic of a unit, as HTML made of numbers. @param {Layer[]} layers @param {Maps[]} acts @param {Maps} x @param {Unit} unit @param {ArrayLike<number>} picture */
export function sum(layers, acts, x, unit, picture) {
  const layer = layers[unit.i], below = unit.i ? acts[unit.i - 1] : x, all = terms(layer, below, unit.m, unit.r, unit.c), start = `${label(layer, acts[unit.i], unit)} ≈ `;
  if (layer.kind === "pool") {
    const values = all.map(({ at }) => round(below.values[at])), texts = values.map(five);
    if (layer.how === "max") return `${start}max(${texts.join(", ")}) = ${five(Math.max(...values))}`;
    const mean = values.reduce((a, b) => a + b) / values.length;
    return `${start}(${texts.join(" + ")}) / ${values.length} = ${fixed(mean, 7)}`;
  }
  const bias = round(layer.b[unit.m]);
  if (unit.i) {
    const parts = grouped(all, below), z = parts.reduce((a, [, part]) => a + part, bias);
    return start + activated(layer.how, [five(bias), ...parts.map(([of, part]) => `<span data-of="${of}">${term(part)}</span>`)].join(" + "), z / FINE, five(z));
  }
  // the first layer reads whole grey values, and its weights are whole steps: nothing is rounded but scale and bias
  const step = Number(layer.scale.toFixed(9)), rows = Array.from({ length: layer.k }, (_, u) => all.slice(u * layer.k, (u + 1) * layer.k));
  const grey = (/** @type {number} */ at) => (at < 0 ? 0 : picture[at]);
  const total = all.reduce((a, t) => a + grey(t.at) * t.step, 0), z = bias / FINE + (step * total) / 255;
  const lines = rows.map((row) => `<span class="d2lx-row">${row.map((t) => `<span${t.at < 0 ? ' class="pad"' : ""}>${grey(t.at)}·${factor(t.step)}</span>`).join(" + ")}</span>`);
  return start + activated(layer.how, `${five(bias)} + ${layer.scale.toFixed(9)}·(${lines.join(" + ")}) / 255`, z, "");
}

/** @param {string} how @param {string} inside @param {number} z @param {string} exact */
function activated(how, inside, z, exact) {
  if (how === "sigmoid") return `1 / (1 + exp(−(${inside}))) ≈ ${five(round(1 / (1 + Math.exp(-z))))}`;
  const shown = z < 0 && how === "relu" ? "0" : exact, text = how === "relu" ? `max(0, ${inside})` : inside;
  return shown ? `${text} = ${shown}` : `${text} ≈ ${five(round(z))}`;
}

/** Partial sums by the map that is read, largest first; of many only the largest, and the rest together. @param {import("./net.js").Term[]} all @param {Maps} below @returns {[string, number][]} */
function grouped(all, { maps, rows, values }) {
  const sums = new Float64Array(maps), what = rows > 1 ? "map" : "unit";
  for (const { m, at, w } of all) if (at >= 0) sums[m] += w * values[at];
  const order = [...sums.keys()].sort((a, b) => Math.abs(sums[b]) - Math.abs(sums[a]) || a - b);
  const shown = maps > FEW ? order.splice(0, LARGEST) : order.splice(0);
  /** @type {[string, number][]} */
  const parts = shown.map((m) => [`${what} ${m}`, round(sums[m])]);
  return order.length ? [...parts, [`the other ${order.length}`, round(order.reduce((a, m) => a + sums[m], 0))]] : parts;
}

/** The unit, then what it reads most of, down to a pixel: units, the pixel last, if its terms are not all 0. @param {Layer[]} layers @param {Maps[]} acts @param {Maps} x @param {Unit} unit @returns {Unit[]} */
export function path(layers, acts, x, unit) {
  const found = [unit];
  for (let { i, m, r, c } = unit; i >= 0; i--) {
    const below = i ? acts[i - 1] : x, all = terms(layers[i], below, m, r, c).filter((t) => t.at >= 0), size = all.map((t) => Math.abs(t.w * below.values[t.at]));
    const at = first(size);
    if (size[at] < 1e-9) break;
    ({ m, y: r, x: c } = all[at]);
    found.push({ i: i - 1, m, r, c });
  }
  return found;
}

/** @param {Unit} pixel @param {ArrayLike<number>} picture */
export const pixelWords = ({ r, c }, picture) => `picture, row ${r}, column ${c}: grey ${picture[r * SIDE + c]} of 255`;
