// One helper for elements. Text always goes in as text.

/**
 * h("p", { class: "a", onclick: f }, "text", child): an element.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** Set text only where it differs, so that nothing is laid out again in vain. @param {Element} element @param {string} text */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** The same for an attribute. @param {Element} element @param {string} name @param {string} value */
export function put(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

// A notebook loads this module once for each widget, so a count alone would give the same id twice.
const mine = Math.random().toString(36).slice(2, 8);
let used = 0;
/** A fresh id for a label and its control. */
export const fresh = () => `d2lx-${mine}-${++used}`;
