// A question: choose, check, read why. The first answer is kept; then the others may be tried.
import { button } from "../controls.js";
import { fresh, h, say } from "../dom.js";

/** Nothing here goes into the address: a shared link must not tell an answer. */
export const describe = (/** @type {Record<string, any>} */ raw) => ({ fields: {}, start: {}, fixed: raw });

/** An element for a text that Python has made HTML of: code, emphasis, everything else escaped. @param {"span" | "legend"} tag @param {string} html */
function rich(tag, html) {
  const made = h(tag);
  made.innerHTML = html;
  return made;
}

/** @param {import("../types").Host} host */
export function render({ model, root, announce }) {
  const { prompt, options, why, correct } = model.get("question"), name = fresh();
  let /** @type {typeof rows[number] | null} */ first = null;

  // ---------------------------------------------------------------- elements
  const rows = Object.keys(options).map((key) => {
    const id = fresh(), right = key === correct;
    const input = h("input", { type: "radio", name, value: key });
    const mark = h("span", { class: "d2lx-first", hidden: true }, "your first answer");
    const reason = h("div", { class: `d2lx-why ${right ? "d2lx-right" : "d2lx-wrong"}`, id, hidden: true },
      h("strong", {}, right ? "Right." : "Not quite."), " ", rich("span", why[key]));
    const label = h("label", {}, input, h("span", { class: "d2lx-key" }, `(${key})`), rich("span", options[key]), mark);
    return { key, id, input, mark, reason, element: h("div", { class: "d2lx-option" }, label, reason) };
  });
  const note = h("p", { class: "d2lx-note", role: "status" });
  const again = button("Start over", () => { put(""); announce(""); rows[0].input.focus(); }, { hidden: true });
  const others = h("details", { class: "d2lx-others", hidden: true });
  root.append(h("form", { class: "d2lx-quiz", onsubmit: check },
    h("fieldset", {}, rich("legend", prompt), ...rows.map((row) => row.element)), note,
    h("div", { class: "d2lx-actions" }, h("button", { type: "submit" }, "Check"), again), others));

  // ---------------------------------------------------------------- state
  function put(/** @type {string} */ key) {
    if (model.get("choice") === key) return draw(true);
    model.set("choice", key); // tells `heard`
    model.save_changes();
  }
  function check(/** @type {Event} */ event) {
    event.preventDefault();
    const picked = rows.find((row) => row.input.checked);
    if (picked) return put(picked.key);
    say(note, "Choose an answer first.");
    rows[0].input.focus();
  }
  const heard = () => draw(true);

  /** Show the answer that was checked last, beside those before it. */
  function draw(/** @type {boolean} */ spoken) {
    const row = rows.find(({ key }) => key === model.get("choice"));
    say(note, "");
    if (!row) return clear();
    row.input.checked = true;
    row.input.setAttribute("aria-describedby", row.id);
    row.reason.hidden = again.hidden = false;
    if (spoken) {
      first ??= row;
      first.mark.hidden = false;
      announce(row.reason.textContent ?? "");
    }
    if (row.key === correct || !others.hidden) unfold();
  }
  /** After the right answer: why not the others, those that were not tried. */
  function unfold() {
    const left = rows.filter(({ reason }) => reason.hidden);
    others.replaceChildren(h("summary", {}, "Why not the others?"),
      ...left.map(({ key }) => h("p", {}, `(${key}) `, rich("span", why[key]))));
    others.hidden = !left.length;
  }
  function clear() {
    for (const { input, mark, reason } of rows) {
      input.checked = false;
      input.removeAttribute("aria-describedby");
      mark.hidden = reason.hidden = true;
    }
    first = null;
    again.hidden = others.hidden = true;
    others.open = false;
  }

  model.on("change:choice", heard);
  draw(false);
  return () => model.off("change:choice", heard);
}
