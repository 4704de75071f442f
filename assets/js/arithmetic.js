// One output in numbers, and the size formula line by line. The same words as d2lmini.explorers.
import { leftOver, outSize, reads, taps } from "./ops.js";
import { factor, listed, number } from "./scale.js";

/** The setting and its output size in one sentence. */
export function sentence(q) {
  const m = outSize(q);
  return `Input ${q.n}×${q.n}, kernel ${q.k}×${q.k}, padding ${q.p} per side, stride ${q.s}, ` +
    `dilation ${q.d}: output ${m}×${m}.`;
}

/** The output size line by line, with the numbers filled in. */
export function formula(q) {
  const top = q.n + 2 * q.p - q.d * (q.k - 1) - 1, m = outSize(q);
  return [
    "m = ⌊(n + 2p − d(k − 1) − 1) / s⌋ + 1",
    `= ⌊(${q.n} + 2·${q.p} − ${q.d}·(${q.k} − 1) − 1) / ${q.s}⌋ + 1`,
    `= ⌊${top} / ${q.s}⌋ + 1`,
    `= ${m - 1} + 1`,
    `= ${m}`,
  ];
}

/** Which rows and columns of the padded input no window reads, in words. */
export function dropped(q) {
  const over = leftOver(q), counts = reads(q), said = [];
  const gaps = counts.slice(0, counts.length - over).flatMap((count, place) => (count ? [] : [place - q.p]));
  if (over) {
    const many = over === 1 ? "row and column" : `${over} rows and columns`, real = Math.max(over - q.p, 0);
    const kind = real ? `${real} of input, ${over - real} of padding` : "all padding";
    said.push(`The division leaves ${over}, so the floor drops the last ${many} (${kind}).`);
  }
  if (gaps.length) {
    const one = gaps.length === 1;
    said.push(`${one ? "Row and column" : "Rows and columns"} ${listed(gaps)} ${one ? "lies" : "lie"} ` +
      `between the taps: no window reads ${one ? "it" : "them"}.`);
  }
  return said.join(" ") || "Every cell of the padded input is read.";
}

/** The sum behind output (i, j) as HTML made of numbers only; `lit` marks one kernel place, a bias of 0 is left out. */
export function sum(q, x, w, out, i, j, lit, bias = 0) {
  const rows = Array.from({ length: q.k }, () => /** @type {string[]} */ ([]));
  for (const { u, v, y, x: c, pad } of taps(q, i, j)) {
    const css = `${pad ? "pad" : ""}${lit && lit.r === u && lit.c === v ? " lit" : ""}`.trim();
    rows[u].push(`<span${css && ` class="${css}"`}>${factor(pad ? 0 : x[y][c])}·${factor(w[u][v])}</span>`);
  }
  const lines = rows.map((row) => row.join(" + "));
  const total = q.k > 1 ? lines.map((line) => `<span class="d2lx-row">(${line})</span>`).join(" + ") : lines[0];
  return `Y[${i}, ${j}] = ${total}${bias ? ` + ${factor(bias)}` : ""} = <b>${number(out[i * outSize(q) + j])}</b>`;
}

/** The top left rows×cols numbers of a table as a tensor of shape (1, 1, rows, cols). */
export function tensor(name, table, rows, cols) {
  const lines = table.slice(0, rows).map((row) => `[${row.slice(0, cols).join(", ")}]`);
  return `${name} = torch.tensor([[[${lines.join(", ")}]]], dtype=torch.float64)`;
}

/** The call that gives this output in PyTorch. */
export const torchLine = (q) => `Y = F.conv2d(X, K, padding=${q.p}, stride=${q.s}, dilation=${q.d})`;
