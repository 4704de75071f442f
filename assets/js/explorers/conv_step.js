// @ts-check
// One number at a time: the window, its products, their sum.
import fields from "./conv_step.json";
import { sum, tensor } from "../arithmetic.js";
import { button } from "../controls.js";
import { h } from "../dom.js";
import { CURRENT, RELATED, TAP } from "../grid.js";
import { readers, run, taps } from "../ops.js";
import { player } from "../play.js";
import { number, signed, spoken } from "../scale.js";

/** Kernels to begin with: a weight by row, column and size. */
const KERNELS = { ones: () => 1, "left − right": (_, b, k) => Number(!b) - Number(b === k - 1), "a single 1": (a, b) => Number(!(a + b)), zeros: () => 0 };

/** @type {import("../stage.js").Spec} */
export const conv_step = {
  fields, look, point, cell,
  verdict: ({ n, k }) => (k > n ? `the kernel has ${k} rows and columns, the input only ${n}: use a smaller kernel or a larger input` : null),
  controls: ["n", "k", "u", "flip", "hide"],
  repair: ["k", "n"],
  pins: [],
  choose: (q, view, { grid, r, c }) => (grid === "output" ? { i: r, j: c } : null),
  parts: (stage) => [kernels(stage), player(stage, { move, first: { i: 0, j: 0 }, pause: 900, what: "window" })],
  hint: "Choose an output to move the window there. Escape stops Play.",
};

/** Buttons that fill the kernel. @param {import("../stage.js").Stage} stage @returns {import("../stage.js").Part} */
const kernels = (stage) => ({
  where: "controls",
  element: h("div", { class: "d2lx-actions" }, "Fill the kernel:", ...Object.entries(KERNELS).map(([name, weight]) => button(name, () => {
    const { k, w } = stage.state();
    stage.put({ w: w.map((row, a) => row.map((old, b) => (a < k && b < k ? weight(a, b, k) : old))) });
  }))),
});

/** Output size and window; a window beyond the last one is the last one. @param {any} q */
function place({ n, k, i, j }) {
  const m = n - k + 1;
  return { m, i: Math.min(i, m - 1), j: Math.min(j, m - 1) };
}

/** The window some steps on in reading order, or null. @param {any} q @param {number} far */
function move(q, far) {
  const { m, i, j } = place(q), to = i * m + j + far;
  return m > 0 && to >= 0 && to < m * m ? { i: Math.floor(to / m), j: to % m } : null;
}

/** @param {number[]} values */
const cells = (values, most = Math.max(...values.map(Math.abs))) => ({ text: values.map(number), css: values.map((v) => signed(v, most)) });

/** The products of one window. @param {any} q @param {any} view @param {number} i @param {number} j @returns {number[]} */
const products = ({ x }, { size, used }, i, j) => taps(size, i, j).map((t) => x[t.r][t.c] * used[t.u][t.v]);

/** @param {any} q */
function look(q) {
  const { n, k, u, flip, hide, x, w } = q, { m, i, j } = place(q), size = { n, k, p: 0, s: 1, d: 1 }, here = i * m + j;
  const used = Array.from({ length: k }, (_, a) => Array.from({ length: k }, (_, b) => (flip ? w[k - 1 - a][k - 1 - b] : w[a][b])));
  const out = run(size, x, used).out.map((v) => v + u), view = { m, i, j, size, used, out };
  const square = (name, role, caption, side, made) => ({ name, role, caption: `${caption}, ${side}×${side}`, rows: side, cols: side, ...made });
  const crop = (rows, side) => cells(rows.slice(0, side).flatMap((row) => row.slice(0, side)), 9);
  const output = cells(out), s = k > 1 ? "s" : "", reach = (first) => (k > 1 ? `${first} to ${first + k - 1}` : first);
  if (hide) out.forEach((_, t) => { if (t > here) { output.text[t] = "?"; output.css[t] = "q0"; } });
  return {
    ...view,
    words: `Input ${n}×${n}, kernel ${k}×${k}: output ${m}×${m}. The window at row ${i}, column ${j} gives ${number(out[here])}.`,
    grids: [
      { ...square("input", "input", "Input X", n, crop(x, n)), edit: { field: "x", at: (r, c) => [r, c] } },
      { ...square("kernel", "kernel", "Kernel K", k, crop(w, k)), edit: { field: "w", at: (r, c) => [r, c] } },
      ...(flip ? [square("turned", "kernel", "Turned kernel", k, crop(used, k))] : []),
      square("products", "plain", "Products", k, cells(products(q, view, i, j))),
      square("output", "output", "Output Y", m, output),
    ],
    lines: [`Window ${here + 1} of ${m * m} reads row${s} ${reach(i)} and column${s} ${reach(j)}. ` + (here === m * m - 1 ? "It is the last one."
      : `Next it moves ${j < m - 1 ? "one column to the right" : "one row down, back to column 0"}.`)],
    formula: [`Y[i, j] = u + Σ K[${flip ? "k − 1 − a, k − 1 − b" : "a, b"}]·X[i + a, j + b]`],
    setup: [tensor("X", x, n, n), tensor("K", w, k, k), ...(u ? [`u = torch.tensor([${u}], dtype=torch.float64)`] : [])],
    code: `Y = F.conv2d(X, K${flip ? ".flip(2, 3)" : ""}${u ? ", bias=u" : ""})`,
  };
}

/** What belongs to the window (or to the output under the pointer), and to another cell under the pointer. */
function point(q, view, _, over) {
  const { m, size, used, out } = view, { k, flip } = q, { r: i, c: j } = over?.grid === "output" ? over : { r: view.i, c: view.j };
  /** @type {Record<string, number[][]>} */
  const marks = { input: taps(size, i, j).map((t) => [t.r, t.c, TAP]), kernel: [], turned: [], products: [], output: [[i, j, CURRENT]] };
  /** @type {{ r: number, c: number } | null} */
  let lit = null; // the place inside the window that the pointer means
  if (over && over.grid !== "output") {
    const { grid, r, c } = over;
    marks[grid].push([r, c, CURRENT]);
    if (grid === "input") {
      for (const a of readers(size, r)) for (const b of readers(size, c)) {
        marks.output.push([a.i, b.i, RELATED]);
        if (a.i === i && b.i === j) lit = { r: a.u, c: b.u };
      }
    } else {
      lit = grid === "kernel" && flip ? { r: k - 1 - r, c: k - 1 - c } : { r, c };
      if (grid === "products") marks.input.push([i + r, j + c, RELATED]);
      else for (let a = 0; a < m; a++) for (let b = 0; b < m; b++) marks.input.push([a + lit.r, b + lit.c, RELATED]);
    }
    if (lit) {
      for (const grid of ["turned", "products"]) marks[grid].push([lit.r, lit.c, RELATED]);
      marks.kernel.push(flip ? [k - 1 - lit.r, k - 1 - lit.c, RELATED] : [lit.r, lit.c, RELATED]);
    }
  }
  return { marks, grids: { products: cells(products(q, view, i, j)) }, sum: sum(size, q.x, used, out[i * m + j], i, j, () => true, lit, q.u) };
}

/** One cell in words, for a screen reader. */
function cell(q, view, grid, r, c) {
  const { m, i, j, used, out, size } = view, spot = `row ${r} column ${c}:`, weight = spoken((grid === "kernel" ? q.w : used)[r]?.[c]);
  if (grid === "output") return `output ${spot} ${q.hide && r * m + c > i * m + j ? "not computed yet" : spoken(out[r * m + c])}`;
  if (grid === "products") return `product ${spot} ${spoken(q.x[i + r][j + c])} times ${weight} is ${spoken(q.x[i + r][j + c] * used[r][c])}`;
  if (grid !== "input") return `${grid === "turned" ? "turned " : ""}kernel ${spot} ${weight}`;
  const count = readers(size, r).length * readers(size, c).length;
  return `input ${spot} ${spoken(q.x[r][c])}, read by ${count} ${count === 1 ? "window" : "windows"}`;
}
