// @ts-check
// Why share weights? Dense, local and shared layers: what they connect, what they cost, and whether they follow a move.
import fields from "./why_conv.json";
import { before, connections, free, orders, pitch, places, safe, units } from "../equivariance.js";
import { map, numbers, peak, tensorOf } from "../figures.js";
import { CURRENT, TAP } from "../grid.js";
import { number, shown, thousands } from "../scale.js";

/** @type {import("../stage.js").Spec} */
export const why_conv = {
  fields, look, point,
  controls: ["layer", "n", "k", "down", "right", "s", "mode", "pool"],
  hide: ({ layer }) => (layer === "dense" ? ["k"] : []),
  pins: ["output", "first", "second"],
};

/** @typedef {any} State */
const WIDE = 168;

/** @param {State} q */
function look(q) {
  const { layer, n, k, down, right, s, mode, pool, x, w } = q, got = orders(q, x, w), counts = Object.values(free(q)), u = units(q) ** 2;
  const gap = peak(got.gaps), top = peak([...got.first, ...got.second, ...got.gaps]), side = layer === "shared" ? k : 7;
  const lit = counts.flatMap((count, kind) => [...Array(20).keys()].map((i) => (count >= 2 ** i ? (fields.layer.of[kind] === layer ? 3 : 2) : 0)));
  return {
    ...got,
    words: `A ${layer} layer${layer === "dense" ? "" : `, ${k}×${k}`}, stride ${s}, pooling ${pool}, border ${mode}, on ${n}×${n} pixels moved by ` +
      `${number(down)} rows, ${number(right)} columns: the two orders ${gap ? `differ by up to ${shown(gap)}` : "agree everywhere"}.`,
    grids: [
      map("image", "input", `Image X, ${n}×${n}`, got.picture, 9, WIDE, "grey"),
      map("moved", "plain", "Moved image T X", got.moved, 9, WIDE, "grey"),
      map("unit", "kernel", "", got.picture, 9, WIDE),
      map("first", "plain", "Move, then layer: f(T X)", got.first, top, WIDE, "signed", { line: true }),
      map("second", "plain", "Layer, then move: T f(X)", got.second, top, WIDE),
      map("output", "output", "Difference D", got.gaps, top, WIDE),
      numbers("kernel", "kernel", layer === "shared" ? `Kernel, ${k}×${k}` : "Table of weights", w.slice(0, side).flatMap((/** @type {number[]} */ row) => row.slice(0, side)), 9,
        { line: true, edit: { field: "w", at: (/** @type {number} */ r, /** @type {number} */ c) => [r, c] } }),
      { name: "bars", role: "plain", caption: "Weights: dense, local, shared; a cell for each doubling", rows: 3, cols: 20, pixels: { size: 12, values: lit, most: 3, scale: "count" } },
    ],
    lines: [
      claim(q, got.gaps, gap),
      `Weights: dense ${u}·${n * n} = ${thousands(counts[0])}, local ${u}·${k * k} = ${thousands(counts[1])}, shared ${k * k}.`,
    ],
    ...torch(q, got),
  };
}

/** What the difference means. @param {State} q @param {number[]} gaps @param {number} gap */
function claim(q, gaps, gap) {
  const step = pitch(q), m = places(q), inside = safe(q, q.down).length * safe(q, q.right).length, at = gaps.findIndex((v) => Math.abs(v) === gap);
  const why = q.layer !== "shared" ? "Each unit has weights of its own; they start elsewhere in the table." :
    q.down % step || q.right % step ? `Neighbours in the answer are ${step} pixels apart: it can follow by whole steps only, cut towards zero.` :
      `At ${inside} of ${m * m} places no window meets the border: there the difference is exactly 0.`;
  return why + (gap ? ` The largest is at row ${Math.floor(at / m)}, column ${at % m}.` : "");
}

/** What gives this difference in PyTorch. @param {State} q @param {any} got */
function torch({ layer, n, k, s, mode, pool, w, down, right }, got) {
  const m = units(/** @type {any} */ ({ n, s })), dense = layer === "dense", side = dense ? n : k, lo = dense ? 0 : before(k), hi = dense ? 0 : k - 1 - lo, around = mode === "circular";
  const shared = layer === "shared", [i, j] = dense ? ["3 * i + j", "i + 3 * j"] : "ij";
  return {
    setup: [
      tensorOf("X", got.picture, 1, 1, n, n), tensorOf("table", w.flat(), 7, 7),
      ...(shared ? [] : [`i, j, a, b = torch.meshgrid(*map(torch.arange, (${m}, ${m}, ${side}, ${side})), indexing="ij")`,
        `W = table[(a + ${i}) % 7, (b + ${j}) % 7].reshape(${m * m}, ${side * side})`]),
      "def move(Z, down, right):",
      `    return ${around ? "Z.roll((down, right), (2, 3))" : "F.pad(Z, (right, -right, down, -down))"}`,
      "def f(Z):",
      `    Z = F.pad(Z, (${lo}, ${hi}, ${lo}, ${hi})${around ? ', mode="circular"' : ""})`,
      `    Y = ${shared ? `F.conv2d(Z, table[None, None, :${k}, :${k}], stride=${s})` : `(W * F.unfold(Z, ${side}, stride=${s})[0].T).sum(1).reshape(1, 1, ${m}, ${m})`}`,
      `    return ${pool === "none" ? "Y" : `F.${pool.slice(0, 3).replace("ave", "avg")}_pool2d(Y, 2)`}`,
    ],
    code: `Y = f(move(X, ${down}, ${right})) - move(f(X), ${got.down}, ${got.right})`,
  };
}

/** The unit behind a place: its weights, each at its pixel. @param {State} q @param {any} view */
function point(q, view, /** @type {any} */ { r, c }) {
  const by = q.pool === "none" ? 1 : 2, i = r * by, j = c * by, at = r * places(q) + c, values = Array(q.n * q.n).fill(0), unit = connections(q, q.w, i, j);
  for (const { y, x, weight } of unit) values[y * q.n + x] += weight;
  Object.assign(view.grids[2], map("unit", "kernel", `Weights of unit (${i}, ${j})`, values, peak(values, 9), WIDE));
  const here = [[r, c, CURRENT]], a = view.first[at], b = view.second[at];
  return {
    marks: { moved: q.layer === "dense" ? [] : unit.map(({ y, x }) => [y, x, TAP]), first: here, second: here, output: here },
    sum: `D[${r}, ${c}] = ${shown(a)} − ${b < 0 ? `(${shown(b)})` : shown(b)} = <b>${shown(a - b)}</b>`,
  };
}
