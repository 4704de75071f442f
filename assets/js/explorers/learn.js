// @ts-check
// Learn the kernel: gradient descent from the start, update by update, with every number shown.
import fields from "./learn.json";
import { tensor } from "../arithmetic.js";
import { CAP, curvatures, descend, inputGradient, output, pixel, ratio, sizes, windows } from "../descent.js";
import { h } from "../dom.js";
import { CURRENT, RELATED, TAP } from "../grid.js";
import { player } from "../play.js";
import { plot } from "../plot.js";
import { brief, number, shown, signed, spoken } from "../scale.js";

/** @type {import("../stage.js").Spec} */
export const learn = {
  fields, look, point, cell,
  controls: ["n", "k", "s", "w0", "lr", "m", "t"],
  pins: ["learned", "slope", "output", "error", "pixels"],
  parts: (stage) => [player(stage, { move, first: { t: 0 }, pause: 250, what: "update" }), plots(lossPlot(), plane())],
  hint: "Each step is computed anew from the start. Pixels (−1, 0 or 1) and the target kernel can be changed. Escape stops Play.",
};

/** The problem of one setting: sizes, picture, windows, answer. @param {any} q */
function problem({ n, k, s, g, e, x }) {
  const [rows, cols] = n.split("x").map(Number), [a, b] = k.split("x").map(Number), size = sizes(rows, cols, a, b, s);
  const flat = (table, high, wide) => table.slice(0, high).flatMap((row) => row.slice(0, wide)), table = n === "6x8" ? e : x;
  const picture = flat(table, rows, cols), target = flat(g, a, b), seen = windows(size, picture);
  return { size, table, picture, target, seen, answer: output(seen, target) };
}

/** All updates that the slider reaches. @param {any} q @param {any} task */
const run = ({ w0, lr, m }, { target, seen, answer }) => descend(seen, answer,
  target.map((_, place) => (w0 === "0.001" && place ? 0 : Number(w0))), { rate: ratio(lr), momentum: Number(m), steps: fields.t.max });

/** The number of updates some steps on, or null where the run ends. @param {any} q @param {number} far */
function move(q, far) {
  const last = run(q, problem(q)).length - 1, t = Math.min(q.t, last) + far;
  return t >= 0 && t <= last ? { t } : null;
}

/** @param {any} q */
function look(q) {
  const task = problem(q), { size: { rows, cols, a, b, s, m, l }, size, seen } = task, path = run(q, task);
  const t = Math.min(q.t, path.length - 1), { w, made, error, gradient, loss } = path[t];
  const values = { input: task.picture, target: task.target, learned: w, slope: gradient, output: made, error, pixels: inputGradient(size, w, error) };
  const top = (...names) => Math.max(...names.flatMap((name) => values[name].map(Math.abs))), maps = top("output", "error"), kernels = top("target", "learned");
  const grid = (name, role, caption, high, wide, text, most = top(name)) => ({
    name, role, caption: `${caption}, ${high}×${wide}`, rows: high, cols: wide, table: true, text: values[name].map(text), css: values[name].map((v) => signed(v, most)),
  });
  const small = (v) => brief(v, 1), large = (v) => brief(v, 4), at = (r, c) => [r, c], step = s === 1 ? "" : s;
  return {
    ...task, path, t, values,
    words: `After ${t} update${t === 1 ? "" : "s"} at rate ${q.lr} with momentum ${q.m} the loss is ${shown(loss)}` +
      (loss > CAP ? ": the run has diverged and stops here." : t ? `; at the start it was ${shown(path[0].loss)}.` : "."),
    grids: [
      { ...grid("input", "input", "Input X", rows, cols, number, 1), edit: { field: q.n === "6x8" ? "e" : "x", at } },
      { ...grid("target", "kernel", "Target kernel K", a, b, number, kernels), edit: { field: "g", at } },
      grid("learned", "kernel", "Learned kernel W", a, b, large, kernels),
      grid("slope", "plain", "Gradient of W", a, b, large),
      grid("output", "output", "Output of W", m, l, small, maps),
      grid("error", "plain", "Error E, output of W minus that of K", m, l, small, maps),
      grid("pixels", "plain", "Gradient of X", rows, cols, small),
    ],
    lines: bowl(q, curvatures(seen)),
    formula: ["loss = Σ E[i, j]²", `gradient of W[a, b] = 2·Σ E[i, j]·X[${step}i + a, ${step}j + b]`,
      `velocity ← ${q.m}·velocity + gradient`, `W ← W − ${q.lr}·velocity`],
    setup: [tensor("X", task.table, rows, cols), tensor("K", q.g, a, b), "", "def learned(updates, lr, momentum):",
      `    W = torch.full((1, 1, ${a}, ${b}), ${q.w0}, dtype=torch.float64)`, ...(q.w0 === "0.001" ? ["    W.flatten()[1:] = 0"] : []),
      "    optimizer = torch.optim.SGD([W.requires_grad_()], lr=lr, momentum=momentum)", "    for _ in range(updates):",
      `        loss = ((F.conv2d(X, W, stride=${s}) - F.conv2d(X, K, stride=${s})) ** 2).sum()`,
      "        optimizer.zero_grad()", "        loss.backward()", "        optimizer.step()", "    return W.detach()", ""],
    code: `Y = learned(updates=${t}, lr=${q.lr}, momentum=${q.m})`,
  };
}

/** What the curvatures say about the rate. @param {any} q @param {number[]} curved */
function bowl({ lr, m }, curved) {
  const most = curved[curved.length - 1], limit = 2 * (1 + Number(m)) / most, far = ratio(lr) / limit, flat = curved.filter((v) => !v).length;
  if (!most) return ["The windows see zeros only: every kernel gives the same output, and all gradients are 0."];
  const side = Math.abs(far - 1) < 1e-9 ? "is this limit: the steepest part of the error keeps its size for ever"
    : far < 1 ? "lies below it" : "lies beyond it: from nearly every start the run diverges";
  return [`The loss is a bowl with curvatures from ${shown(curved[0])} to ${shown(most)}. Runs settle at rates below ` +
    `2·(1 + ${m}) / ${shown(most)} ≈ ${shown(limit)}; the rate ${lr} ${side}.`,
  ...(flat ? [`Curvatures that are 0: ${flat} of ${curved.length}. There the picture tells nothing about the weights, so W may end as another kernel with the same output.`] : [])];
}

// Sums are made of the numbers as they are printed, so that a reader who adds them up gets the same.
/** @param {number} v */
const print = (v) => (Math.abs(v) < 1e6 ? shown(v) : number(v.toFixed(4).replace(/\.?0+$/, "")));
const printed = (v) => Number(print(v).replace("−", "-"));
const said = (v) => (print(v)[0] === "−" ? `(${print(v)})` : print(v));

/** Products as a sum, equal ones counted: [text, value]. @param {number[][]} pairs @returns {[string, number]} */
function products(pairs) {
  const terms = new Map();
  let total = 0;
  for (const [one, two] of pairs) {
    const term = `${said(one)}·${said(two)}`;
    terms.set(term, (terms.get(term) ?? 0) + 1);
    total += printed(one) * printed(two);
  }
  return [[...terms].map(([term, count]) => (count > 1 ? `${count}·` : "") + term).join(" + ") || "0", total];
}

/** Every place where window p meets weight w at pixel y: [p, w, y]. @param {any} view */
const meetings = ({ size, seen }) => seen.flatMap((row, p) => row.map((_, w) => [p, w, pixel(size, p, w)]));

const SAME_PLACE = [["target", "learned", "slope"], ["output", "error"], ["input", "pixels"]];

/** What belongs to the cell that is chosen, and its sum. */
function point(q, view, at, over) {
  const cols = Object.fromEntries(view.grids.map((g) => [g.name, g.cols])), { grid, r, c } = over ?? at, here = r * cols[grid] + c;
  const marks = Object.fromEntries(view.grids.map((g) => [g.name, []])), kind = SAME_PLACE.findIndex((names) => names.includes(grid));
  const mark = (name, place, kind) => marks[name].push([Math.floor(place / cols[name]), place % cols[name], kind]);
  for (const name of SAME_PLACE[kind]) mark(name, here, name === grid ? CURRENT : RELATED);
  for (const [p, w, y] of meetings(view)) {
    if (kind === 0 && w === here) mark("input", y, RELATED);
    if (kind === 1 && p === here) mark("input", y, TAP);
    if (kind === 2 && y === here) mark("error", p, RELATED);
  }
  return { marks, sum: arithmetic(q, view, at.grid, at.r * cols[at.grid] + at.c, `[${at.r}, ${at.c}]`) };
}

/** The sum behind one cell. */
function arithmetic({ lr, m }, view, grid, here, name) {
  const { values: { input, learned, error, output: made }, path, t } = view, { w, speed, gradient } = path[t];
  const meet = (place) => meetings(view).filter((met) => met[place] === here);
  const twice = (/** @type {[string, number]} */ [text, total]) => `2·(${text}) ≈ <b>${print(2 * total)}</b>`;
  if (grid === "slope") return `gradient of W${name} = ${twice(products(meet(1).filter(([, , y]) => input[y]).map(([p, , y]) => [error[p], input[y]])))}`;
  if (grid === "pixels") return `gradient of X${name} = ${twice(products(meet(2).map(([p, v]) => [error[p], learned[v]])))}`;
  if (grid === "output") {
    const [text, total] = products(meet(0).map(([, v, y]) => [input[y], learned[v]]));
    return `output${name} = ${text} ≈ <b>${print(total)}</b>`;
  }
  if (grid === "error") return `E${name} = ${print(made[here])} − ${said(view.answer[here])} ≈ <b>${print(printed(made[here]) - view.answer[here])}</b>`;
  const moved = printed(w[here]) - ratio(lr) * (Number(m) * printed(speed[here]) + printed(gradient[here]));
  const velocity = m === "0" ? said(gradient[here]) : `(${m}·${said(speed[here])} + ${said(gradient[here])})`;
  return `next W${name} = ${print(w[here])} − ${lr}·${velocity} ≈ <b>${print(moved)}</b>`;
}

/** @type {Record<string, string>} */
const NAMES = { slope: "gradient of weight", learned: "weight", pixels: "gradient of pixel" };

/** One cell in words, for a screen reader. */
function cell(_, { values, grids }, grid, r, c) {
  return `${NAMES[grid] ?? grid} row ${r} column ${c}: ${spoken(shown(values[grid][r * grids.find((g) => g.name === grid).cols + c]))}`;
}

/** Drawings side by side. @param {...import("../stage.js").Part} parts @returns {import("../stage.js").Part} */
const plots = (...parts) => ({
  element: h("div", { class: "d2lx-plots" }, ...parts.map((part) => part.element)),
  update: (q, view, at) => parts.forEach((part) => part.update?.(q, view, at)),
});

/** A power of ten at an axis. @param {number} y */
const value = (y) => (y < -1 ? number((10 ** y).toExponential(0)) : brief(10 ** y, 1));

/** The loss of every update so far, drawn and as a table. @returns {import("../stage.js").Part} */
function lossPlot() {
  const { element, draw } = plot(), rows = h("tbody");
  element.append(h("details", {}, h("summary", {}, "losses as numbers"), h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, "updates"), h("th", {}, "loss"))), rows)));
  return {
    element,
    update(_, { path, t }) {
      const logs = path.map(({ loss }) => Math.log10(Math.max(loss, 1e-12))), top = Math.max(...logs), bottom = Math.min(...logs, top - 1);
      const made = logs.slice(0, t + 1).map((y, x) => [x, y]);
      draw({
        caption: `Loss after 0 to ${t} updates, on a log scale`, box: [-1, fields.t.max + 1, bottom - 0.4, top + 0.4], lines: [["run", made]], dots: [["now", made[t]]],
        texts: [[value(top), -0.02, 0.06], [value(bottom), -0.02, 1], [`${fields.t.max} updates`, 1, 1.1]],
      });
      rows.innerHTML = path.slice(0, t + 1).map(({ loss }, i) => `<tr><th scope="row">${i}</th><td>${loss && loss < 1e-4 ? number(loss.toExponential(3)) : shown(loss)}</td></tr>`).join("");
    },
  };
}

/** For two weights: the way across the bowl, with rings of equal loss. @returns {import("../stage.js").Part} */
function plane() {
  const { element, draw } = plot();
  return {
    element,
    update(q, { path, t, target, seen }) {
      if (element.hidden = q.k !== "1x2") return;
      const [x, y] = target, { w: start, loss } = path[0], far = 1.4 * Math.max(1, Math.hypot(start[0] - x, start[1] - y));
      const turns = Array.from({ length: 97 }, (_, i) => [Math.cos(i * Math.PI / 48), Math.sin(i * Math.PI / 48)]);
      /** @returns {[string, number[][]]} */
      const ring = (/** @type {number} */ part) => ["ring", turns.map((d) => {
        const size = Math.sqrt(part * (loss || 1) / Math.max(1e-9, output(seen, d).reduce((sum, v) => sum + v * v, 0)));
        return [x + size * d[0], y + size * d[1]];
      })];
      draw({
        caption: "The way of W from its start (green), in rings of equal loss around K (violet): W[0, 0] across, W[0, 1] up", box: [x - 2 * far, x + 2 * far, y - far, y + far],
        lines: [...[1 / 16, 1 / 4, 1, 4].map(ring), ["run", path.slice(0, t + 1).map(({ w }) => w)]],
        dots: [["goal", target], ["start", start], ["now", path[t].w]], texts: [],
      });
    },
  };
}
