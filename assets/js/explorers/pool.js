// @ts-check
// Pooling: windows, winners, divisors, and what a shift of the input changes.
import fields from "./pool.json";
import { tensor } from "../arithmetic.js";
import { CURRENT, RELATED, TAP } from "../grid.js";
import { drops, edge, members, moved, outSize, run, stride, verdict, windows } from "../pooling.js";
import { factor, listed, number, shown, signed, spoken } from "../scale.js";

/** @type {import("../stage.js").Spec} */
export const pool = {
  fields, verdict, look, point, cell,
  controls: ["op", "how", "n", "k", "s", "p", "d", "m", "t", "ceil", "pad"],
  repair: ["k", "p", "d", "n"],
  hide: (q) => [...(q.how === "sliding" ? [] : ["k", "s", "p", "d", "ceil", "pad"]), q.how === "adaptive" ? "" : "m", q.op === "max" ? "pad" : "d"],
  hint: "A dot marks the winner of a window; no window reads the hatched cells of the input. Point at an output to see its window, at an input to see the outputs that read it.",
};

/** All numbers of one setting. @param {any} q */
function look(q) {
  const { n, t, op } = q, m = outSize(q), p = edge(q), axis = windows(q), x = moved(q.x, t), outs = run(q, x, axis), max = op === "max";
  const side = Math.max(n + p, ...axis.map(({ at }) => at[at.length - 1] + 1)) + p, won = new Set(outs.map(({ winner }) => String(winner)));
  const reads = Array.from({ length: side }, (_, r) => axis.filter(({ at }) => at.includes(r - p)).length);
  const inside = (r, c) => Math.min(r, c) >= p && Math.max(r, c) < n + p, text = [], css = [];
  for (let r = 0; r < side; r++) {
    for (let c = 0; c < side; c++) {
      const value = x[r - p]?.[c - p], beyond = Math.max(r, c) >= n + 2 * p, unread = !beyond && !(reads[r] * reads[c]);
      const real = inside(r, c);
      text.push(real ? number(value) : beyond ? "" : max ? "−∞" : q.pad ? "0" : "");
      css.push((real ? signed(value, 9) : beyond ? "q0" : "q0 pad") + (real && won.has(`${r - p},${c - p}`) ? " win" : "") + (unread ? " unread" : ""));
    }
  }
  const before = t ? run(q, q.x, axis) : outs, change = outs.map(({ top, size }, i) => ({ top: top === before[i].top ? 0 : top - before[i].top, size }));
  const square = (name, caption, values) => ({
    name, role: name === "output" ? name : "plain", caption, rows: m, cols: m, table: true, text: values.map(({ top, size }) => shown(top / size)),
    css: values.map(({ top, size }) => (Number.isFinite(top) ? signed(top / size, 9) : "q0")),
  });
  const window = q.how === "sliding" ? `window ${q.k}×${q.k}, stride ${stride(q)}, padding ${p}` : `${q.how} windows`;
  return {
    m, p, x, axis, outs, reads,
    words: `${max ? "Max" : "Average"} pooling, input ${n}×${n}, ${window}: output ${m}×${m}.`,
    grids: [
      { name: "input", role: "input", rows: side, cols: side, text, css, inner: [p, n], caption: `Input X, ${n}×${n}${t ? `, moved right by ${t}` : ""}`,
        edit: { field: "x", at: (r, c) => (inside(r, c) && c >= p + t ? [r - p, c - p - t] : null) } },
      square("output", `Output Y, ${m}×${m}`, outs),
      ...(t ? [square("change", "Change of Y by the shift", change)] : []),
    ],
    lines: lines(q, reads.slice(p, p + n), axis, outs, change),
    formula: formula(q, m, axis),
    setup: [tensor("X", q.x, n, n), ...(t ? [`X = F.pad(X, (${t}, 0))[..., :${n}]`] : [])],
    code: call(q, m, max ? "max" : "avg"),
  };
}

/** What a reader might miss, in sentences. */
function lines(q, reads, axis, outs, change) {
  const gaps = reads.flatMap((count, y) => (count ? [] : [y])), one = gaps.length === 1, last = axis[axis.length - 1].at;
  const over = q.how === "sliding" ? last[last.length - 1] + 1 - q.n - q.p : 0, tied = outs.filter(({ ties }) => ties > 1).length;
  const sizes = [...new Set(axis.flatMap((a) => axis.map((b) => a.counted.length * b.counted.length)))].sort((a, b) => a - b);
  return [
    gaps.length && `${one ? "Row and column" : "Rows and columns"} ${listed(gaps)} of the input ${one ? "lies" : "lie"} in no window.`,
    drops(q) && "One window more would start beyond the input: it is dropped.",
    over > 0 && `The last window hangs over the edge by ${over}; what lies there counts for nothing.`,
    q.op === "average" && `Divisors: ${listed(sizes)}.`,
    tied && `Windows with several largest cells: ${tied}; the first in row order wins.`,
    outs.some(({ top }) => top === -Infinity) && "A window that reads padding alone gives −∞.",
    q.t && `Outputs that the shift changes: ${change.filter(({ top }) => top).length} of ${change.length}.`,
  ].filter(Boolean);
}

/** The output size line by line; of an adaptive pooling, what each window reads. */
function formula(q, m, axis) {
  const max = q.op === "max", [left, right] = q.ceil ? "⌈⌉" : "⌊⌋", gone = drops(q), s = stride(q);
  if (q.how !== "sliding") {
    return ["window i reads ⌊i·n / m⌋ to ⌈(i + 1)·n / m⌉ − 1", `n = ${q.n}, m = ${m}: ${axis.map(({ at }) => `${at[0]} to ${at[at.length - 1]}`).join(", ")}`];
  }
  const steps = (text) => `${left}${text} / ${s}${right} + 1`, top = q.n + 2 * q.p - (max ? q.d * (q.k - 1) + 1 : q.k);
  return [
    `m = ${left}(n + 2p − ${max ? "d(k − 1) − 1" : "k"}) / s${right} + 1`,
    `= ${steps(`(${q.n} + 2·${q.p} − ${max ? `${q.d}·(${q.k} − 1) − 1` : q.k})`)}`,
    `= ${steps(number(top))}${gone ? ", less the dropped one" : ""}`,
    `= ${m - 1 + Number(gone)} + 1${gone ? " − 1" : ""}`,
    `= ${m}`,
  ];
}

/** The call in PyTorch; what stands at its default is left out. */
function call(q, m, name) {
  if (q.how !== "sliding") return `Y = F.adaptive_${name}_pool2d(X, ${m})`;
  const more = [q.s !== "k" && `stride=${q.s}`, q.p && `padding=${q.p}`, q.op === "max" ? q.d > 1 && `dilation=${q.d}` : !q.pad && "count_include_pad=False", q.ceil && "ceil_mode=True"];
  return `Y = F.${name}_pool2d(X, ${[q.k, ...more].filter(Boolean).join(", ")})`;
}

/** The chosen output's window with its arithmetic, and the outputs that read the input under the pointer. */
function point(q, { axis, p, m, x, outs }, { r: i, c: j }, over) {
  const { top, size, winner } = outs[i * m + j], { at: rows, counted: high } = axis[i], { at: cols, counted: wide } = axis[j];
  const input = rows.flatMap((y) => cols.map((c) => [y + p, c + p, TAP])), output = [[i, j, CURRENT]];
  if (winner) input.push([winner[0] + p, winner[1] + p, RELATED]);
  if (over?.grid === "input") {
    const [a, b] = [over.r, over.c].map((at) => axis.flatMap((w, o) => (w.at.includes(at - p) ? [o] : [])));
    input.push([over.r, over.c, CURRENT]);
    output.push(...a.flatMap((r) => b.map((c) => [r, c, RELATED])));
  }
  const lit = (y, c) => (winner && winner[0] === y && winner[1] === c ? `<span class="lit">${number(x[y][c])}</span>` : number(x[y][c]));
  const found = members(q, rows, cols).map(([y, c]) => lit(y, c)), value = top / size;
  const terms = high.flatMap((y) => wide.map((c) => (members(q, [y], [c])[0] ? factor(x[y][c]) : "0"))).join(" + ");
  const sum = winner ? (found.length > 1 ? `max(${found.join(", ")})` : found[0]) : q.op === "max" ? "−∞" : `(${terms}) / ${size}`;
  return { marks: { input, output, change: output }, sum: `Y[${i}, ${j}] = ${sum} ${Number(value.toFixed(4)) === value || !winner && q.op === "max" ? "=" : "≈"} <b>${shown(value)}</b>` };
}

/** One cell in words, for a screen reader; what is not said here says its number. */
function cell(q, { m, p, outs, reads, grids: [{ text, cols }] }, grid, r, c) {
  const { winner } = outs[r * m + c] ?? {};
  if (grid === "output" && winner) return `output row ${r} column ${c}: ${spoken(outs[r * m + c].top)}, winner row ${winner[0]} column ${winner[1]}`;
  if (grid === "input") return `row ${spoken(r - p)} column ${spoken(c - p)}: ${spoken(text[r * cols + c]) || "not counted"}, windows: ${reads[r] * reads[c]}`;
}
