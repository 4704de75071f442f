// @ts-check
// Shape machine: what n, k, p, s and d make of an input, with every number shown.
import fields from "./conv_shape.json";
import * as words from "../arithmetic.js";
import { CURRENT, RELATED, TAP } from "../grid.js";
import { outSize, readers, reads, run, taps, verdict } from "../ops.js";
import { counted, number, signed, spoken } from "../scale.js";
import { explorer } from "../stage.js";

export const conv_shape = explorer({
  fields, verdict, look, point, cell,
  controls: ["n", "k", "p", "s", "d", "usage"],
  repair: ["k", "p", "d", "n"],
  hint: "Padding lies outside the input's frame.",
});

/** All numbers of one setting. @param {any} q */
function look(q) {
  const { n, k, p, x, w, usage } = q, m = outSize(q), side = n + 2 * p, rows = reads(q), most = Math.max(...rows) ** 2;
  const { out } = run(q, x, w), text = [], css = [], peak = out.reduce((a, v) => Math.max(a, Math.abs(v)), 0);
  for (let r = 0; r < side; r++) {
    for (let c = 0; c < side; c++) {
      const real = inside(q, r, c), count = rows[r] * rows[c], value = real ? x[r - p][c - p] : 0;
      text.push(usage ? String(count) : number(value));
      css.push((usage ? counted(count, most) : signed(value, 9)) + (real ? "" : " pad") + (count ? "" : " unread"));
    }
  }
  const weights = w.slice(0, k).flatMap((row) => row.slice(0, k)), grown = p ? `, padded to ${side}×${side}` : "";
  return {
    m, out, rows,
    words: words.sentence(q),
    grids: [
      { name: "input", role: "input", rows: side, cols: side, text, css, inner: [p, n],
        caption: (usage ? "Input: windows that read each cell" : `Input X, ${n}×${n}`) + grown,
        edit: { field: "x", at: (r, c) => (usage || !inside(q, r, c) ? null : [r - p, c - p]) } },
      { name: "kernel", role: "kernel", rows: k, cols: k, text: weights.map(number), css: weights.map((v) => signed(v, 9)),
        caption: `Kernel K, ${k}×${k}`, edit: { field: "w", at: (r, c) => [r, c] } },
      { name: "output", role: "output", rows: m, cols: m, text: out.map(number), css: out.map((v) => signed(v, peak)),
        caption: `Output Y, ${m}×${m}` },
    ],
    lines: [words.dropped(q)],
    formula: words.formula(q),
    setup: [words.tensor("X", x, n, n), words.tensor("K", w, k, k)],
    code: words.torchLine(q),
  };
}

/** What belongs to the chosen output, and to the input or weight under the pointer. */
function point(q, { m, out }, { r: i, c: j }, over) {
  const { p, s, d } = q, output = [[i, j, CURRENT]], kernel = [];
  const input = taps(q, i, j).map(({ y, x }) => [y + p, x + p, TAP]);
  if (over?.grid === "input") {
    input.push([over.r, over.c, CURRENT]);
    for (const a of readers(q, over.r - p)) {
      for (const b of readers(q, over.c - p)) {
        output.push([a.i, b.i, RELATED]);
        if (a.i === i && b.i === j) kernel.push([a.u, b.u, RELATED]);
      }
    }
  }
  if (over?.grid === "kernel") {
    kernel.push([over.r, over.c, CURRENT]);
    for (let a = 0; a < m; a++) for (let b = 0; b < m; b++) input.push([a * s + over.r * d, b * s + over.c * d, RELATED]);
  }
  return { marks: { input, kernel, output }, sum: words.sum(q, q.x, q.w, out, i, j, over?.grid === "kernel" ? over : null) };
}

/** One cell in words, for a screen reader. */
function cell(q, { m, out, rows }, grid, r, c) {
  const { k, p, s, d, x, w } = q;
  if (grid === "kernel") return `kernel row ${r} column ${c}: ${spoken(w[r][c])}`;
  if (grid === "output") {
    const reach = (place) => `${spoken(place * s - p)} to ${spoken(place * s - p + d * (k - 1))}`;
    return `output row ${r} column ${c}: ${spoken(out[r * m + c])}, from input rows ${reach(r)}, columns ${reach(c)}`;
  }
  const real = inside(q, r, c), count = rows[r] * rows[c];
  return `${real ? "input" : "padding"} row ${spoken(r - p)} column ${spoken(c - p)}: ${spoken(real ? x[r - p][c - p] : 0)}, ` +
    `read by ${count} ${count === 1 ? "window" : "windows"}`;
}

const inside = ({ n, p }, r, c) => Math.min(r, c) >= p && Math.max(r, c) < p + n;
