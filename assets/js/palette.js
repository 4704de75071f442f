// @ts-check
// Colours and the size of a cell, read from the style of one explorer once for all its grids:
// reading a style makes the browser compute what has changed since.

/** @typedef {ReturnType<typeof palette>} Palette */

/** @param {HTMLElement} root */
export function palette(root) {
  const style = getComputedStyle(root), /** @type {Map<string, string>} */ known = new Map();
  const read = (/** @type {string} */ name) => {
    if (!known.has(name)) known.set(name, style.getPropertyValue(`--${name}`).trim());
    return /** @type {string} */ (known.get(name));
  };
  const made = {
    age: 0, // grows when colours may have changed
    color: read,
    cell: () => parseFloat(read("cell")),
    forget() { known.clear(); made.age++; },
  };
  return made;
}

/** Call f whenever what a palette holds may have changed; the returned function stops that. @param {() => void} f */
export function onTheme(f) {
  const watch = new MutationObserver(f), media = ["(prefers-color-scheme: dark)", "(forced-colors: active)", "(pointer: coarse)"].map((query) => matchMedia(query));
  for (const place of [document.documentElement, document.body]) {
    watch.observe(place, { attributes: true, attributeFilter: ["data-theme", "data-jp-theme-light", "theme", "class"] });
  }
  for (const query of media) query.addEventListener("change", f);
  return () => {
    watch.disconnect();
    for (const query of media) query.removeEventListener("change", f);
  };
}
