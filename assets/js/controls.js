// Native inputs with labels. A bad entry gives a sentence and keeps the old value.
import { fresh, h, put } from "./dom.js";
import { number } from "./scale.js";
import { whole } from "./state.js";

/**
 * Slider and number box for one whole number; `set(value)` shows a value.
 * @param {{symbol: string, name: string, min: number, max: number}} field
 * @param {{change: (value: number) => void, refuse: (text: string) => void}} told
 */
export function slider({ symbol, name, min, max }, { change, refuse }) {
  const id = fresh();
  const range = h("input", { type: "range", id, min, max, step: 1, "data-field": symbol, oninput: () => change(Number(range.value)) });
  const box = h("input", {
    type: "text", inputmode: "numeric", autocomplete: "off", size: 3, class: "d2lx-box",
    "aria-label": `${name} ${symbol}, as a number`, onchange: read, onkeydown: keys,
  });
  /** @type {number} */
  let now;
  function read() {
    const { value, bad } = whole(box.value, { min, max });
    box.value = number(now);
    if (bad) refuse(`${name} ${symbol}: ${bad}; it stays ${number(now)}.`);
    else if (value !== now) change(/** @type {number} */ (value));
  }
  function keys(/** @type {KeyboardEvent} */ event) {
    const step = /** @type {Record<string, number>} */ ({ ArrowUp: 1, ArrowDown: -1 })[event.key];
    if (!step) return;
    event.preventDefault();
    if (now + step >= min && now + step <= max) change(now + step);
  }
  const label = h("label", { for: id }, `${name} `, h("b", {}, symbol));
  const element = h("div", { class: "d2lx-control" }, label, range, box);
  return {
    element, range, focus: () => range.focus(),
    set(/** @type {number} */ value) {
      now = value;
      if (range.value !== String(value)) range.value = String(value);
      put(range, "aria-valuetext", number(value));
      if (box.value !== number(value)) box.value = number(value);
    },
  };
}

/**
 * A list of texts to choose from; `said` holds what the reader sees where it is not the text itself.
 * @param {{symbol: string, name: string, of: string[], said?: Record<string, string>}} field @param {(text: string) => void} change
 */
export function choice({ symbol, name, of, said = {} }, change) {
  const id = fresh(), list = h("select", { id, "data-field": symbol, onchange: () => change(list.value) }, ...of.map((text) => h("option", { value: text }, said[text] ?? text.replace(/^(\d)x(\d)$/, "$1×$2"))));
  const element = h("div", { class: "d2lx-control d2lx-choice" }, h("label", { for: id }, name), list);
  return { element, focus: () => list.focus(), set(/** @type {string} */ text) { list.value = text; } };
}

/** Slider over texts, its value shown beside it. @param {{label: string, of: string[]}} field @param {(text: string) => void} change */
export function steps({ label, of }, change) {
  const id = fresh();
  const range = h("input", { type: "range", id, min: 0, max: of.length - 1, step: 1, oninput: () => change(of[Number(range.value)]) });
  const shown = h("output", { for: id, class: "d2lx-value" });
  return {
    element: h("div", { class: "d2lx-control d2lx-steps" }, h("label", { for: id }, label), range, shown),
    set(/** @type {string} */ text) {
      range.value = String(of.indexOf(text));
      range.setAttribute("aria-valuetext", text);
      shown.textContent = text;
    },
  };
}

/** A checkbox; `set(on)` shows a state. @param {string} label @param {(on: boolean) => void} change @param {string} [symbol] */
export function toggle(label, change, symbol) {
  const box = h("input", { type: "checkbox", "data-field": symbol, onchange: () => change(box.checked) });
  return { element: h("label", { class: "d2lx-toggle" }, box, ` ${label}`), focus: () => box.focus(), set(/** @type {boolean} */ on) { box.checked = on; } };
}

/** @type {(text: string, press: () => void, more?: Record<string, any>) => HTMLButtonElement} */
export const button = (text, press, more = {}) => h("button", { type: "button", onclick: press, ...more }, text);

/**
 * A button that copies text(); where the browser forbids it, a selected field shows the text.
 * @param {string} label @param {() => string} text @param {(said: string) => void} announce
 */
export function copier(label, text, announce) {
  const place = h("span", { class: "d2lx-copy" });
  const press = button(label, async () => {
    const words = text();
    try {
      await navigator.clipboard.writeText(words);
      announce("Copied.");
      place.replaceChildren("copied");
    } catch {
      const field = h("input", { type: "text", readonly: true, "aria-label": `${label}: copy this text`, value: words });
      place.replaceChildren(field);
      field.select();
      announce("Copy the selected text.");
    }
  });
  return h("span", {}, press, " ", place);
}
