// One output in numbers, and the size formula line by line. The same words as d2lmini.explorers.
import { axis, reads, taps } from "./ops.js";
import { factor, listed, number } from "./scale.js";

/** The setting and its output size in one sentence. */
export function sentence(q) {
  const high = axis(q), wide = axis(q, true);
  const way = q.pad === "same" ? `same (${high.before} before, ${high.after} after)` : q.pad === "valid" ? "valid (none)" : `${q.p} per side`;
  return `Input ${high.n}×${wide.n}, kernel ${q.k}×${q.k}, padding ${way}, ${q.mode === "zeros" ? "" : `mode ${q.mode}, `}stride ${q.s}, ` +
    `dilation ${q.d}: output ${high.m}×${wide.m}.`;
}

/** The output size line by line, with the numbers filled in; of a rectangle one line for each side. */
export function formula(q) {
  const high = axis(q), each = q.pad === "per side";
  const filled = ({ n, total, free }) => [
    `⌊(${n} + ${each ? `2·${q.p}` : total} − ${q.d}·(${q.k} − 1) − 1) / ${q.s}⌋ + 1`, `⌊${free} / ${q.s}⌋ + 1`];
  const head = `m = ⌊(n + ${each ? "2p" : "P"} − d(k − 1) − 1) / s⌋ + 1${each ? "" : ` with P = ${q.pad === "same" ? "d(k − 1)" : 0}`}`;
  if (q.square) return [head, ...[...filled(high), `${high.m - 1} + 1`, high.m].map((line) => `= ${line}`)];
  return [head, ...[high, axis(q, true)].map((side, at) => `${at ? "width" : "height"} = ${filled(side).join(" = ")} = ${side.m}`)];
}

/** Which rows and columns of the padded input no window reads, in words. */
export function dropped(q) {
  const sides = q.square ? [["row and column", "rows and columns"]] : [["row", "rows"], ["column", "columns"]];
  return sides.flatMap((names, at) => unread(q, at > 0, ...names)).join(" ") || "Every cell of the padded input is read.";
}

function unread(q, across, one, many) {
  const { before, after, over, room } = axis(q, across), said = [];
  const gaps = reads(q, across).slice(0, room - over).flatMap((count, place) => (count ? [] : [place - before]));
  if (over) {
    const real = Math.max(over - after, 0), kind = real ? `${real} of input, ${over - real} of padding` : "all padding";
    said.push(`The division leaves ${over}, so the floor drops the last ${over === 1 ? one : `${over} ${many}`} (${kind}).`);
  }
  if (gaps.length) {
    const single = gaps.length === 1, name = single ? one : many;
    said.push(`${name[0].toUpperCase()}${name.slice(1)} ${listed(gaps)} ${single ? "lies" : "lie"} ` +
      `between the taps: no window reads ${single ? "it" : "them"}.`);
  }
  return said;
}

/** The sum behind output (i, j) as HTML made of numbers only; `input` is padded, `lit` marks one kernel place, a bias of 0 is left out. */
export function sum(q, input, w, result, i, j, inside, lit, bias = 0) {
  const rows = Array.from({ length: q.k }, () => /** @type {string[]} */ ([]));
  for (const { u, v, r, c } of taps(q, i, j)) {
    const css = `${inside(r, c) ? "" : "pad"}${lit && lit.r === u && lit.c === v ? " lit" : ""}`.trim();
    rows[u].push(`<span${css && ` class="${css}"`}>${factor(input[r][c])}·${factor(w[u][v])}</span>`);
  }
  const lines = rows.map((row) => row.join(" + "));
  const total = q.k > 1 ? lines.map((line) => `<span class="d2lx-row">(${line})</span>`).join(" + ") : lines[0];
  return `Y[${i}, ${j}] = ${total}${bias ? ` + ${factor(bias)}` : ""} = <b>${number(result)}</b>`;
}

/** The top left rows×cols numbers of a table as a tensor of shape (1, 1, rows, cols). */
export function tensor(name, table, rows, cols) {
  const lines = table.slice(0, rows).map((row) => `[${row.slice(0, cols).join(", ")}]`);
  return `${name} = torch.tensor([[[${lines.join(", ")}]]], dtype=torch.float64)`;
}

/** The call that gives this output in PyTorch; what is not zeros is laid around the input first. */
export function torchLine(q) {
  const { before, after } = axis(q), sides = `(${before}, ${after}, ${before}, ${after})`;
  const given = q.mode === "zeros" ? `X, K, padding=${q.pad === "per side" ? q.p : `"${q.pad}"`}` : `F.pad(X, ${sides}, mode="${q.mode}"), K`;
  return `Y = F.conv2d(${given}, stride=${q.s}, dilation=${q.d})`;
}
