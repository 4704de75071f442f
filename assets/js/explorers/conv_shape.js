// Shape machine: what n, k, p, s and d make of an input, with every number shown.
import fields from "./conv_shape.json";
import * as words from "../arithmetic.js";
import { button, copier, slider, toggle } from "../controls.js";
import { h, say } from "../dom.js";
import { CURRENT, GridView, onTheme, RELATED, TAP } from "../grid.js";
import { makeLink } from "../link.js";
import { nearest, outSize, readers, reads, run, taps, verdict } from "../ops.js";
import { counted, number, signed } from "../scale.js";
import { whole } from "../state.js";

export { fields };
const SETTING = ["n", "k", "p", "s", "d"];

/** What can change here; raw is the state that Python wrote into the page. */
export const describe = (raw) => ({ fields, start: raw, fixed: {} });

export function render({ model, root, announce, link: address }) {
  const setting = () => Object.fromEntries(SETTING.map((name) => [name, model.get(name)]));
  let busy = false, last = "k", shown = null, asTable = false, sizes;

  // ---------------------------------------------------------------- elements
  const note = h("p", { class: "d2lx-note", role: "status" }, (model.get("notes") ?? []).join(" "));
  const refuse = (text) => { note.textContent = text; };
  const sliders = SETTING.map((name) => slider({ symbol: name, ...fields[name] }, {
    change: (value) => { last = name; put({ [name]: value }); }, refuse,
  }));
  const usage = toggle("count how often each cell is read", (on) => put({ usage: on }));
  const table = toggle("show as table", (on) => { asTable = on; draw(); });
  const actions = h("div", { class: "d2lx-actions" }, usage.element, table.element,
    button("Reset", () => { last = "k"; put(model.get("start")); }));
  if (address) actions.append(copier("Copy link", address, announce));
  const verdictLine = h("p", { class: "d2lx-verdict" });
  const error = h("div", { class: "d2lx-error", hidden: true });
  const dropped = h("p", { class: "d2lx-dropped" }), sum = h("p", { class: "d2lx-sum" });
  const formula = h("div", { class: "d2lx-formula" }), code = h("code");
  const link = makeLink(() => shown && point());
  const common = { point: link.point, leave: link.leave, pin, free: link.free, describe: name_of, say: (...place) => announce(name_of(...place)) };
  const inside = (r, c) => Math.min(r, c) >= 0 && Math.max(r, c) < shown.q.n;
  const input = new GridView("input", {
    ...common, ...numbers("x", () => shown.q.p),
    editable: (r, c) => !model.get("usage") && inside(r - shown.q.p, c - shown.q.p),
  });
  const kernel = new GridView("kernel", { ...common, ...numbers("w", () => 0), editable: () => true });
  const output = new GridView("output", common);
  const picture = h("div", { class: "d2lx-picture" },
    h("div", { class: "d2lx-grids" }, input.element, kernel.element, output.element), dropped, sum, formula,
    h("p", { class: "d2lx-torch" }, code, copier("Copy", () => code.textContent, announce)));
  root.append(note, h("div", { class: "d2lx-controls" }, ...sliders.map((s) => s.element)), actions, verdictLine, error, picture,
    h("p", { class: "d2lx-hint" }, "Blue is positive, orange is negative. Rows and columns count from 0; padding lies outside the input's frame. Point at a cell to see what it belongs to. " +
      "Arrow keys move inside a grid; Enter or a double click changes a number of the input or the kernel, + and − step it."));

  // ---------------------------------------------------------------- state
  /** Set values together and draw once. */
  function put(values) {
    busy = true;
    for (const [name, value] of Object.entries(values)) if (Object.hasOwn(fields, name)) model.set(name, value);
    busy = false;
    model.save_changes();
    note.textContent = "";
    draw();
    announce(verdictLine.textContent || error.textContent);
  }
  function heard() {
    if (!busy) draw();
  }
  /** How one grid's numbers are read and changed; `shift` is the padding in front of them. */
  function numbers(name, shift) {
    return {
      value: (r, c) => model.get(name)[r - shift()][c - shift()],
      edit(r, c, given) {
        const { value, bad } = whole(given, fields[name]), y = r - shift(), x = c - shift(), rows = model.get(name);
        if (bad) return refuse(`${fields[name].name}, row ${y}, column ${x}: ${bad}; it stays ${number(rows[y][x])}.`);
        put({ [name]: rows.map((row, i) => (i === y ? row.map((old, j) => (j === x ? value : old)) : row)) });
        announce(name_of(name === "x" ? "input" : "kernel", r, c));
      },
    };
  }
  function pin(grid, r, c) {
    link.pin(grid, r, c);
    if (grid === "output") announce(sum.textContent);
  }

  // ---------------------------------------------------------------- drawing
  function draw() {
    const q = setting(), bad = verdict(q);
    sliders.forEach((s, i) => s.set(q[SETTING[i]]));
    usage.set(model.get("usage"));
    say(verdictLine, bad ? "" : words.sentence(q));
    verdictLine.hidden = Boolean(bad);
    error.hidden = !bad;
    picture.classList.toggle("d2lx-stale", Boolean(bad));
    picture.inert = Boolean(bad);
    if (bad) {
      explain(q, bad);
      if (shown) return;
    }
    compute(bad ? repaired(q) : q);
    point();
  }
  /** Why there is no output, and what would give one. */
  function explain(q, bad) {
    const order = [last, ...["k", "p", "d", "n"].filter((name) => name !== last)];
    const ways = order.map((name) => [name, nearest(q, name, fields[name])]).filter(([, value]) => value !== null);
    error.replaceChildren(h("p", {}, h("strong", {}, "⚠ No output: "), `${bad}.`), h("p", { class: "d2lx-actions" },
      "Nearest valid value: ", ...ways.map(([name, value]) => button(`${name} = ${value}`, () => { put({ [name]: value }); sliders[SETTING.indexOf(name)].range.focus(); }))));
  }
  /** A setting with an output, for a picture when there is none to keep. */
  function repaired(q) {
    const start = Object.fromEntries(SETTING.map((name) => [name, model.get("start")[name]]));
    return verdict(start) ? { ...q, k: 1 } : start;
  }
  /** All numbers of one setting, ready to be pointed at. */
  function compute(q) {
    const x = model.get("x"), w = model.get("w"), m = outSize(q), side = q.n + 2 * q.p, rows = reads(q), most = Math.max(...rows) ** 2;
    const { out } = run(q, x, w), text = [], css = [], counting = model.get("usage");
    for (let r = 0; r < side; r++) {
      for (let c = 0; c < side; c++) {
        const y = r - q.p, z = c - q.p, real = y >= 0 && z >= 0 && y < q.n && z < q.n, count = rows[r] * rows[c], value = real ? x[y][z] : 0;
        text.push(counting ? String(count) : number(value));
        css.push((counting ? counted(count, most) : signed(value, 9)) + (real ? "" : " pad") + (count ? "" : " unread"));
      }
    }
    const weights = w.slice(0, q.k).flatMap((row) => row.slice(0, q.k)), peak = out.reduce((a, v) => Math.max(a, Math.abs(v)), 0);
    const large = side > 12 || side * side + q.k * q.k + m * m > 250;
    shown = { q, m, side, x, w, out, rows };
    sizes = {
      input: { rows: side, cols: side, text, css, inner: [q.p, q.n], ...caption("input", counting), big: large && !asTable },
      kernel: { rows: q.k, cols: q.k, text: weights.map(number), css: weights.map((v) => signed(v, 9)), ...caption("kernel"), big: false },
      output: { rows: m, cols: m, text: out.map(number), css: out.map((v) => signed(v, peak)), ...caption("output"), big: large && !asTable },
    };
    table.element.hidden = !large;
    say(dropped, words.dropped(q));
    say(code, words.torchLine(q));
    formula.replaceChildren(...words.formula(q).map((line) => h("div", {}, line)));
  }
  function caption(grid, counting) {
    const { q: { n, k }, m, side } = shown, grown = side > n ? `, padded to ${side}×${side}` : "";
    const text = {
      input: (counting ? "Input: windows that read each cell" : `Input X, ${n}×${n}`) + grown,
      kernel: `Kernel K, ${k}×${k}`, output: `Output Y, ${m}×${m}`,
    }[grid];
    return { caption: text, label: text };
  }
  /** Marks and the sum for the cell that is pointed at. */
  function point() {
    const { q, m, side, x, w, out } = shown, { i, j, over } = link.now(m);
    const marks = { input: new Uint8Array(side * side), kernel: new Uint8Array(q.k * q.k), output: new Uint8Array(m * m) };
    for (const tap of taps(q, i, j)) marks.input[(tap.y + q.p) * side + tap.x + q.p] |= TAP;
    marks.output[i * m + j] |= CURRENT;
    if (over?.grid === "input" && over.r < side && over.c < side) {
      marks.input[over.r * side + over.c] |= CURRENT;
      const down = readers(q, over.r - q.p), across = readers(q, over.c - q.p);
      for (const a of down) for (const b of across) { marks.output[a.i * m + b.i] |= RELATED; if (a.i === i && b.i === j) marks.kernel[a.u * q.k + b.u] |= RELATED; }
    }
    if (over?.grid === "kernel" && over.r < q.k && over.c < q.k) {
      marks.kernel[over.r * q.k + over.c] |= CURRENT;
      for (let a = 0; a < m; a++) for (let b = 0; b < m; b++) marks.input[(a * q.s + over.r * q.d) * side + b * q.s + over.c * q.d] |= RELATED;
    }
    for (const [grid, view] of [["input", input], ["kernel", kernel], ["output", output]]) view.update({ ...sizes[grid], marks: marks[grid] });
    const html = words.sum(q, x, w, out, i, j, over?.grid === "kernel" ? over : null);
    if (sum.dataset.html !== html) { sum.innerHTML = html; sum.dataset.html = html; }
  }
  /** One cell in words, for a screen reader. */
  function name_of(grid, r, c) {
    const { q, m, side, x, w, out, rows } = shown;
    if (grid === "kernel") return `kernel row ${r} column ${c}: ${spoken(w[r][c])}`;
    if (grid === "output") {
      const reach = (place) => `${spoken(place * q.s - q.p)} to ${spoken(place * q.s - q.p + q.d * (q.k - 1))}`;
      return `output row ${r} column ${c}: ${spoken(out[r * m + c])}, from input rows ${reach(r)}, columns ${reach(c)}`;
    }
    const y = r - q.p, z = c - q.p, real = inside(y, z), count = rows[r] * rows[c];
    return `${real ? "input" : "padding"} row ${spoken(y)} column ${spoken(z)}: ${spoken(real ? x[y][z] : 0)}, ` +
      `read by ${count} ${count === 1 ? "window" : "windows"}`;
  }
  const spoken = (value) => (value < 0 ? `minus ${-value}` : String(value));

  // ---------------------------------------------------------------- start and end
  const names = Object.keys(fields).map((name) => `change:${name}`).join(" ");
  model.on(names, heard);
  const still = onTheme(() => [input, output].forEach((view) => view.recolor()));
  draw();
  return () => {
    model.off(names, heard);
    still();
    for (const view of [input, kernel, output]) view.end();
  };
}
