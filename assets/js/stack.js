// @ts-check
// A stack of layers with windows: what is joined to what, along one axis. No DOM here.
// Rows and columns are alike and all windows square, so counts over both are products of these.
// Links are walked tap by tap: arithmetic with intervals goes wrong at borders with dilation.
import { outSize, verdict } from "./ops.js";
import { listed } from "./scale.js";

/** @typedef {{ pool: boolean, k: number, s: number, p: number, d: number }} Layer */
export const NUMBERS = /** @type {const} */ (["k", "s", "p", "d"]);
export const NAMES = { k: "kernel size", s: "stride", p: "padding per side", d: "dilation" };
const LAYER = /^([cm])(\d{1,9})(?:s(\d{1,9}))?(?:p(\d{1,9}))?(?:d(\d{1,9}))?$/;

/** @param {Layer} layer */
export const write = ({ pool, k, s, p, d }) => `${pool ? "m" : "c"}${k}s${s}p${p}d${d}`;

/** A text as an address may hold it: the layers that can be read, and a sentence for all else.
 * @param {string} text @param {any} field */
export function read(text, field) {
  const layers = /** @type {Layer[]} */ ([]), notes = [], parts = text.split("-");
  for (const part of parts.slice(0, field.most)) {
    const found = LAYER.exec(part);
    if (!found) { notes.push(`“${part.slice(0, 20)}” is not a layer such as c3s1p0d1 or m2s2p0d1`); continue; }
    const pool = found[1] === "m", given = [found[2], found[3] ?? (pool ? found[2] : 1), found[4] ?? 0, found[5] ?? 1];
    const layer = /** @type {any} */ ({ pool });
    NUMBERS.forEach((name, i) => {
      const [min, max] = field[name], value = Number(given[i]), used = Math.min(max, Math.max(min, value));
      layer[name] = used;
      if (used !== value) notes.push(`${NAMES[name]} ${value} is outside ${min} to ${max}, so ${used} is used`);
    });
    layers.push(layer);
  }
  if (parts.length > field.most) notes.push(`only the first ${field.most} of ${parts.length} layers are used`);
  return { layers, notes };
}

/** The layers of a valid text. @param {string} text @returns {Layer[]} */
export const layersOf = (text) => text.split("-").map((part) => {
  const [k, s, p, d] = part.slice(1).split(/\D/).map(Number);
  return { pool: part[0] === "m", k, s, p, d };
});

/** @param {Layer} layer */
export const named = ({ pool, k, s, p, d }) => `${pool ? "pool" : "conv"} ${k}×${k}` +
  (s > 1 ? `, stride ${s}` : "") + (p ? `, padding ${p}` : "") + (d > 1 ? `, dilation ${d}` : "");

/** Why a layer cannot follow n places, or null. @param {Layer} layer @param {number} n */
export function problem(layer, n) {
  const half = Math.floor(layer.k / 2);
  if (layer.pool && layer.p > half) {
    return `PyTorch pools with a padding of at most half the window, here ${half}: use less padding`;
  }
  return verdict({ ...layer, n });
}

/** Places along one axis: the input's, then those of each layer up to the first that is impossible.
 * @param {number} n @param {Layer[]} layers */
export function sizes(n, layers) {
  const all = [n];
  for (const layer of layers) {
    const m = all[all.length - 1];
    if (problem(layer, m)) break;
    all.push(outSize({ ...layer, n: m }));
  }
  return all;
}

/** Every tap of a layer that meets a real place: (unit, place). */
function wire({ k, s, p, d }, n, m, join) {
  for (let unit = 0; unit < m; unit++) {
    for (let u = 0; u < k; u++) {
      const place = unit * s + u * d - p;
      if (place >= 0 && place < n) join(unit, place);
    }
  }
}

/** Paths from each place of each level down to the input: `ends` is a count for each unit of a level.
 * @param {number[]} all @param {Layer[]} layers @param {number[]} ends @param {number} level */
export function down(all, layers, ends, level) {
  const counts = [ends];
  for (let l = level; l > 0; l--) {
    const below = new Array(all[l - 1]).fill(0), above = counts[0];
    wire(layers[l - 1], all[l - 1], all[l], (unit, place) => { below[place] += above[unit]; });
    counts.unshift(below);
  }
  return counts;
}

/** Paths from one place of a level to each unit of the levels above it, itself first.
 * @param {number[]} all @param {Layer[]} layers @param {number} level @param {number} place */
export function up(all, layers, level, place) {
  const counts = [one(all[level], place)];
  for (let l = level + 1; l < all.length; l++) {
    const above = new Array(all[l]).fill(0), below = counts[counts.length - 1];
    wire(layers[l - 1], all[l - 1], all[l], (unit, at) => { above[unit] += below[at]; });
    counts.push(above);
  }
  return counts;
}

/** @param {number} size @param {number} place */
export const one = (size, place) => Array.from({ length: size }, (_, i) => Number(i === place));

/** Receptive field, jump and the middle of unit 0, in pixels: of the input, then after each layer.
 * @param {Layer[]} layers */
export function reach(layers) {
  const all = [{ r: 1, jump: 1, start: 0 }];
  for (const { k, s, p, d } of layers) {
    const { r, jump, start } = all[all.length - 1];
    all.push({ r: r + d * (k - 1) * jump, jump: jump * s, start: start + ((d * (k - 1)) / 2 - p) * jump });
  }
  return all;
}

/** Whole numbers in runs: "0 to 4, 8, 12 and 13". @param {number[]} places */
export function runs(places) {
  const words = [];
  for (let i = 0; i < places.length;) {
    let end = i;
    while (places[end + 1] === places[end] + 1) end++;
    if (end > i + 1) { words.push(`${places[i]} to ${places[end]}`); i = end + 1; }
    else words.push(places[i++]);
  }
  return listed(words);
}
