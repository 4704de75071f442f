// @ts-check
// A list of layers to change, as native inputs: a part of a stage whose state has `layers` as text.
import { button } from "./controls.js";
import { fresh, h, say } from "./dom.js";
import { layersOf, named, NAMES, NUMBERS, problem, reach, sizes, write } from "./stack.js";
import { nearest, whole } from "./state.js";

/** @param {any} stage @param {any} field the limits of a layer */
export function layerList(stage, field) {
  const group = fresh(), host = h("ol", { class: "d2lx-layers" });
  const add = button("Add a layer", () => put([...layers(), { pool: false, k: 3, s: 1, p: 1, d: 1 }], rows.length));
  const element = h("fieldset", { class: "d2lx-stack" }, h("legend", {}, "Layers, from the input on"), host, add);
  /** @type {any[]} */
  const rows = [];
  const layers = () => layersOf(stage.state().layers);

  /** Another stack; the layer looked at moves along, or is the one given. */
  function put(next, at = stage.state().layer - 1) {
    stage.put({ layers: next.map(write).join("-"), layer: Math.min(Math.max(at, 0), next.length - 1) + 1 });
  }
  const change = (i, name, value) => put(layers().map((layer, at) => (at === i ? { ...layer, [name]: value } : layer)));
  function move(i, by) {
    const all = layers(), [layer] = all.splice(i, 1);
    all.splice(i + by, 0, layer);
    put(all);
    const { up, down } = rows[i + by], pressed = by < 0 ? up : down;
    (pressed.disabled ? (by < 0 ? down : up) : pressed).focus();
  }
  function remove(i) {
    put(layers().filter((_, at) => at !== i));
    rows[Math.min(i, rows.length - 1)].away.focus();
  }

  /** The inputs of layer i; they stay while only their values change. */
  function row(i) {
    const label = `layer ${i + 1}`;
    const look = h("input", { type: "radio", name: group, onchange: () => stage.put({ layer: i + 1 }) });
    const kind = h("select", { "aria-label": `${label}, kind`, onchange: () => change(i, "pool", kind.value === "pool") }, h("option", {}, "conv"), h("option", {}, "pool"));
    const numbers = NUMBERS.map((name) => {
      const [min, max] = field[name], box = h("input", {
        type: "number", min, max, step: 1, class: "d2lx-box", "aria-label": `${label}, ${NAMES[name]} ${name}`, onchange: () => {
          const old = layers()[i][name], { value, bad } = whole(box.value, { min, max });
          box.value = String(old);
          if (bad) stage.refuse(`${label}, ${NAMES[name]} ${name}: ${bad}; it stays ${old}.`);
          else if (value !== old) change(i, name, value);
        },
      });
      return { name, box, element: h("label", {}, name, " ", box) };
    });
    const up = button("↑", () => move(i, -1), { "aria-label": `move ${label} up` });
    const down = button("↓", () => move(i, 1), { "aria-label": `move ${label} down` });
    const away = button("✕", () => remove(i), { "aria-label": `delete ${label}` });
    const result = h("p", { class: "d2lx-result" }), fixes = h("p", { class: "d2lx-actions", hidden: true });
    const element = h("li", {}, h("label", { class: "d2lx-toggle" }, look, ` Layer ${i + 1}`), kind, ...numbers.map((n) => n.element),
      h("span", { class: "d2lx-moves" }, up, down, away), result, fixes);
    return { element, look, kind, numbers, up, down, away, result, fixes };
  }

  /** Numbers of layer i that would let it follow n places, one changed at a time. */
  function repairs(i, layer, n) {
    return ["k", "p", "d"].flatMap((name) => {
      const [min, max] = field[name], value = nearest(layer, name, { kind: "int", min, max }, (other) => problem(/** @type {any} */ (other), n));
      return value === null ? [] : [button(`${name} = ${value}`, () => { change(i, name, value); rows[i].look.focus(); })];
    });
  }

  let drawn = "";
  /** Show the state, also one that is impossible: then a layer says why, and those after it are grey. */
  function update() {
    const { n, layers: text, layer: level } = stage.state(), key = `${n} ${text} ${level}`;
    if (key === drawn) return;
    drawn = key;
    const stack = layersOf(text), all = sizes(n, stack), geometry = reach(stack);
    while (rows.length > stack.length) rows.pop().element.remove();
    while (rows.length < stack.length) { const made = row(rows.length); rows.push(made); host.append(made.element); }
    rows.forEach(({ element: item, look, kind, numbers, up, down, away, result, fixes }, i) => {
      const layer = stack[i], bad = i === all.length - 1, late = i >= all.length;
      look.checked = i === Math.min(level, stack.length) - 1;
      look.disabled = bad || late;
      kind.value = layer.pool ? "pool" : "conv";
      for (const { name, box } of numbers) box.value = layer[name];
      up.disabled = i === 0;
      down.disabled = i === stack.length - 1;
      away.disabled = stack.length === 1;
      item.classList.toggle("d2lx-bad", bad);
      item.classList.toggle("d2lx-late", late);
      const { r, jump } = geometry[i + 1];
      say(result, late ? "not reached" : bad ? `⚠ ${named(layer)} cannot follow ${all[i]}×${all[i]}` : `${all[i + 1]}×${all[i + 1]} units, jump ${jump}, field ${r}×${r}`);
      fixes.hidden = !bad;
      fixes.replaceChildren(...(bad ? ["Nearest valid value: ", ...repairs(i, layer, all[i])] : []));
    });
    add.disabled = stack.length >= field.most;
  }
  return { element, update, where: /** @type {"controls"} */ ("controls") };
}
