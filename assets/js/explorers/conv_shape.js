// @ts-check
// Shape machine: what sizes, padding, stride and dilation make of an input, with every number shown.
import fields from "./conv_shape.json";
import * as words from "../arithmetic.js";
import { CURRENT, RELATED, TAP } from "../grid.js";
import { axis, padded, places, readers, reads, run, taps, verdict } from "../ops.js";
import { counted, number, signed, spoken } from "../scale.js";

/** @type {import("../stage.js").Spec} */
export const conv_shape = {
  fields, verdict, look, point, cell,
  controls: ["n", "nw", "k", "p", "s", "d", "pad", "mode", "square", "usage"],
  repair: ["k", "p", "d", "n", "nw", "s", "pad", "mode"],
  hide: ({ square, pad }) => [square && "nw", pad !== "per side" && "p"],
  also: (name, { n }) => (name === "square" ? { nw: n } : {}),
  hint: "Padding lies outside the input's frame.",
};

/** All numbers of one setting. @param {any} q */
function look(q) {
  const { k, s, x, w, usage } = q, high = axis(q), wide = axis(q, true), rows = reads(q), cols = reads(q, true), input = padded(q, x), { out } = run(q, x, w);
  const most = Math.max(...rows) * Math.max(...cols), peak = out.reduce((a, v) => Math.max(a, Math.abs(v)), 0), css = [];
  const real = ({ before, n }, place) => place >= before && place < before + n, inside = (r, c) => real(high, r) && real(wide, c);
  const text = input.flatMap((row, r) => row.map((value, c) => {
    const count = rows[r] * cols[c];
    css.push((usage ? counted(count, most) : signed(value, 9)) + (inside(r, c) ? "" : " pad") + (count ? "" : " unread"));
    return usage ? String(count) : number(value);
  }));
  const starts = cols.map((count, c) => (count ? c % s || c / s >= wide.m ? "" : String(c / s) : "×"));
  const weights = w.slice(0, k).flatMap((row) => row.slice(0, k)), grown = high.total ? `, padded to ${high.room}×${wide.room}` : "";
  return {
    input, out, high, wide, inside, cols, starts,
    words: words.sentence(q),
    grids: [
      { name: "input", role: "input", rows: high.room, cols: wide.room, text, css, inner: [high.before, wide.before, high.n, wide.n],
        caption: (usage ? "Input: windows that read each cell" : `Input X, ${high.n}×${wide.n}`) + grown,
        edit: { field: "x", at: (r, c) => (usage || !inside(r, c) ? null : [r - high.before, c - wide.before]) } },
      { name: "kernel", role: "kernel", rows: k, cols: k, text: weights.map(number), css: weights.map((v) => signed(v, 9)),
        caption: `Kernel K, ${k}×${k}`, edit: { field: "w", at: (r, c) => [r, c] } },
      { name: "output", role: "output", rows: high.m, cols: wide.m, text: out.map(number), css: out.map((v) => signed(v, peak)),
        caption: `Output Y, ${high.m}×${wide.m}` },
      { name: "ruler", role: "plain", rows: 2, cols: wide.room, text: [...cols.map((_, c) => number(c - wide.before)), ...starts],
        css: [...cols, ...cols].map((count, c) => `q0${real(wide, c % wide.room) ? "" : " pad"}${count ? "" : " unread"}`),
        line: true, caption: "Ruler: input columns; below, the output that starts there; × is never read" },
    ],
    lines: [words.dropped(q)],
    formula: words.formula(q),
    setup: [words.tensor("X", x, high.n, wide.n), words.tensor("K", w, k, k)],
    code: words.torchLine(q),
  };
}

/** What belongs to the chosen output, and to the input, weight or column under the pointer. */
function point(q, { input: values, out, high, wide, inside }, { r: i, c: j }, over) {
  const { s, d } = q, window = taps(q, i, j), { grid, r, c } = over ?? {}, marks = {
    input: window.map((tap) => [tap.r, tap.c, TAP]), kernel: [], output: [[i, j, CURRENT]], ruler: window.map((tap) => [0, tap.c, TAP]),
  };
  const all = (name, rows, cols) => rows.forEach((a) => cols.forEach((b) => marks[name].push([a, b, RELATED])));
  const outputs = (side) => [...Array(side.m).keys()];
  if (over && grid !== "output") marks[grid].push([r, c, CURRENT]);
  if (grid === "input") {
    const down = readers(q, r), across = readers(q, c, true), same = (from, at) => from.flatMap((y, place) => (y === from[at] ? [place] : []));
    all("output", down.map((a) => a.i), across.map((b) => b.i));
    all("kernel", down.flatMap((a) => (a.i === i ? [a.u] : [])), across.flatMap((b) => (b.i === j ? [b.u] : [])));
    if (q.mode !== "zeros") all("input", same(places(q), r), same(places(q, true), c)); // the cell that padding copies, and its copies
  }
  if (grid === "kernel") all("input", outputs(high).map((a) => a * s + r * d), outputs(wide).map((b) => b * s + c * d));
  if (grid === "ruler") all("output", outputs(high), readers(q, c, true).map((b) => b.i));
  return { marks, sum: words.sum(q, values, q.w, out[i * wide.m + j], i, j, inside, grid === "kernel" ? over : null) };
}

/** One cell in words, for a screen reader. */
function cell(q, { input, out, high, wide, inside, cols, starts }, grid, r, c) {
  const { k, s, d, w, mode } = q, windows = (count) => `read by ${count} ${count === 1 ? "window" : "windows"}`;
  if (grid === "kernel") return `kernel row ${r} column ${c}: ${spoken(w[r][c])}`;
  if (grid === "output") {
    const reach = (place, before) => `${spoken(place * s - before)} to ${spoken(place * s - before + d * (k - 1))}`;
    return `output row ${r} column ${c}: ${spoken(out[r * wide.m + c])}, from input rows ${reach(r, high.before)}, columns ${reach(c, wide.before)}`;
  }
  const place = `column ${spoken(c - wide.before)}`;
  if (grid === "ruler") {
    const start = starts[c] && cols[c] ? `output column ${starts[c]} starts here` : "";
    return r ? `${place}: ${start || (cols[c] ? "no output column starts here" : "never read")}` : `${place}: ${windows(cols[c])}${start && `; ${start}`}`;
  }
  const count = (found) => new Set(found.map(({ i }) => i)).size, real = inside(r, c), copied = mode !== "zeros";
  return `${real ? "input" : "padding"} row ${spoken(r - high.before)} ${place}: ${spoken(input[r][c])}, ` +
    (copied && !real ? `a copy of row ${places(q)[r]} column ${places(q, true)[c]}, ` : "") +
    windows(count(readers(q, r)) * count(readers(q, c, true))) + (copied && real ? ", copies included" : "");
}
