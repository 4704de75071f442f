// @ts-check
// Convolution as a matrix: one row for each output, one column for each input; its transpose goes back.
import fields from "./conv_matrix.json";
import { formula, tensor } from "../arithmetic.js";
import { entries, forward, matrix, outSize, overlaps, stamped, verdict } from "../convmat.js";
import { CURRENT, RELATED, TAP } from "../grid.js";
import { counted, factor, number, signed, spoken } from "../scale.js";

/** @type {import("../stage.js").Spec} */
export const conv_matrix = {
  fields, verdict, look, point, cell,
  controls: ["dir", "n", "k", "s", "p", "d", "o", "view", "t"],
  repair: ["k", "p", "o", "n"],
  pins: ["output", "matrix", "y", "stamps", "overlaps"],
  hide: (q) => [forward(q) ? "o" : "", q.view === "stamps" ? "" : "t"],
  hint: "A row of the matrix makes one output, a column spreads one input. Point at either, or at an entry or a weight.",
};

const LARGEST = 16; // with a longer side the matrix and its vectors are dots

/** All numbers of one setting. @param {any} q */
function look(q) {
  const { n, k, x, w, view } = q, m = outSize(q), rows = m * m, cols = n * n, out = stamped(q, x, w), t = Math.min(q.t, cols);
  const found = entries(q), input = x.slice(0, n).flatMap((row) => row.slice(0, n)), peak = Math.max(...out.map(Math.abs));
  const big = Math.max(rows, cols) > LARGEST, size = rows > 64 ? 4 : 8, counts = overlaps(q);
  const weights = w.slice(0, k).flatMap((row) => row.slice(0, k)), heavy = Math.max(...weights.map(Math.abs));
  const grid = (name, role, caption, values, most, high, wide = high, dots = false) => ({
    name, role, caption, rows: high, cols: wide,
    ...(dots ? { pixels: { size, values: values.map(Number), most: most || 1, scale: "signed" } }
      : { text: values.map((v) => (v === null ? "" : number(v))), css: values.map((v) => signed(v ?? 0, most)) }),
  });
  const output = grid("output", "output", `Output Y, ${m}×${m}`, out, peak, m);
  const views = {
    matrix: () => [output, { ...grid("matrix", "plain", `Matrix A, ${rows}×${cols}, y = A·x`, matrix(q, w), big ? heavy : 9, rows, cols, big), line: true },
      grid("x", "plain", "x", input, 9, cols, 1, big), grid("y", "plain", "y", out, peak, rows, 1, big)],
    stamps: () => [output, grid("stamps", "plain", `Sum of ${t} of ${cols} stamps`, stamped(q, x, w, t), peak, m)],
    overlaps: () => [output, { ...grid("overlaps", "plain", "Inputs that meet in each output", counts, 1, m), css: counts.map((v) => counted(v, k * k)) }],
  };
  const words = `input ${n}×${n}, kernel ${k}×${k}, padding ${q.p}, stride ${q.s}, dilation ${q.d}`;
  const call = `X, K, stride=${q.s}, padding=${q.p}, dilation=${q.d}`, held = found.length;
  return {
    m, out, found, input, t,
    words: `${forward(q) ? "Convolution" : "Transposed convolution"}, ${words}${forward(q) ? "" : `, output padding ${q.o}`}: output ${m}×${m}.`,
    grids: [
      { ...grid("input", "input", `Input X, ${n}×${n}`, input, 9, n), edit: { field: "x", at: (r, c) => [r, c] } },
      { ...grid("kernel", "kernel", `Kernel K, ${k}×${k}`, weights, 9, k), edit: { field: "w", at: (r, c) => [r, c] } },
      ...views[view](),
    ],
    lines: [`${held} of the ${rows * cols} entries hold one of ${k * k} weights; the other ${rows * cols - held} are 0.`, more(q, m, t, counts)],
    formula: forward(q) ? formula({ ...q, square: true, pad: "per side" }) : ["m = (n − 1)s − 2p + d(k − 1) + o + 1", `= (${n} − 1)·${q.s} − 2·${q.p} + ${q.d}·(${k} − 1) + ${q.o} + 1`, `= ${m}`],
    setup: [tensor("X", x, n, n), tensor("K", w, k, k)],
    code: forward(q) ? `Y = F.conv2d(${call})` : `Y = F.conv_transpose2d(${call}, output_padding=${q.o})`,
  };
}

/** What the chosen view shows, in one sentence. */
function more(q, m, t, counts) {
  const { n, k, s, o } = q, least = Math.min(...counts), most = Math.max(...counts);
  if (q.view === "stamps") {
    const [r, c] = [Math.floor((t - 1) / n), (t - 1) % n];
    return t ? `Stamp ${t} adds column ${t - 1} of the matrix, multiplied by X[${r}, ${c}] = ${number(q.x[r][c])}.` : "Nothing is stamped yet.";
  }
  if (q.view === "overlaps") {
    return least === most ? `In every output meet ${most} inputs.` : `In an output meet ${least} to ${most} inputs${k % s && q.d === 1 && n > 1 && !forward(q) ? `: the stride ${s} does not divide the kernel size ${k}` : ""}.`;
  }
  if (forward(q)) return `The transposed matrix is that of the transposed convolution from ${m}×${m} back to ${n}×${n}, with output padding ${(n + 2 * q.p - q.d * (k - 1) - 1) % s}.`;
  return o < s ? `The transposed matrix is that of the convolution from ${m}×${m} back to ${n}×${n}.`
    : `The transposed matrix holds the first ${n}×${n} outputs of the convolution of ${m}×${m}.`;
}

/** The sum of one row of the matrix, and where an input or a weight under the pointer stands. */
function point(q, { m, found, out, input, t }, at, over) {
  const { n } = q, flat = at.grid === "matrix" || at.grid === "y", row = flat ? at.r : at.r * m + at.c, marks = {}, terms = [];
  const mark = (names, i, side, how) => { for (const name of names) (marks[name] ??= []).push([Math.floor(i / side), i % side, how]); };
  const feed = (c, how) => { mark(["input"], c, n, how); mark(["x"], c, 1, how); };
  const give = (r, how) => { mark(["output", "stamps", "overlaps"], r, m, how); mark(["y"], r, 1, how); };
  const column = { input: over?.r * n + over?.c, x: over?.r, matrix: over?.c }[over?.grid] ?? -1;
  for (const { r, c, u, v } of found) {
    const weight = over?.grid === "kernel" && over.r === u && over.c === v, lit = weight || c === column;
    if (r === row) {
      mark(["matrix"], r * n * n + c, n * n, TAP);
      feed(c, TAP);
      if (lit) mark(["kernel"], u * q.k + v, q.k, RELATED);
      terms.push(`<span${lit ? ' class="lit"' : ""}>${factor(input[c])}·${factor(q.w[u][v])}</span>`);
    }
    if (lit) mark(["matrix"], r * n * n + c, n * n, RELATED);
    if (lit || c === t - 1 && q.view === "stamps") give(r, RELATED);
  }
  give(row, CURRENT);
  if (q.view === "stamps" && t) feed(t - 1, RELATED);
  if (column >= 0) feed(column, CURRENT);
  if (over?.grid === "matrix") mark(["matrix"], over.r * n * n + over.c, n * n, CURRENT);
  return { marks, sum: `Y[${Math.floor(row / m)}, ${row % m}] = ${terms.join(" + ") || 0} = <b>${number(out[row])}</b>` };
}

/** One entry of the matrix in words; the other grids say their numbers. */
function cell(q, { found, out, input }, grid, r, c) {
  const entry = found.find((e) => e.r === r && e.c === c);
  if (grid === "matrix") return `matrix row ${r} column ${c}: ${entry ? `${spoken(q.w[entry.u][entry.v])}, weight row ${entry.u} column ${entry.v}` : "no weight"}`;
  if (grid === "x" || grid === "y") return `${grid} place ${r}: ${spoken((grid === "x" ? input : out)[r])}`;
}
