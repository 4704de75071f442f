// @ts-check
// What only one explorer needs: a classic script beside the bundle, added where the explorer stands.
// Classic, because modules and fetch do not work on a page that was opened from disk.

const beside = typeof document === "object" && document.currentScript instanceof HTMLScriptElement ? document.currentScript.src : "";
/** @type {Map<string, Promise<any>>} */
const asked = new Map();
/** @type {Map<string, (value: any) => void>} */
const waiting = new Map();

/** What the script NAME.js hands over as d2lminiData("NAME", value). @param {string} name */
export function bring(name) {
  Object.assign(globalThis, { d2lminiData: (/** @type {string} */ of, /** @type {any} */ value) => waiting.get(of)?.(value) });
  if (!asked.has(name)) {
    asked.set(name, new Promise((done, fail) => {
      const script = document.createElement("script");
      waiting.set(name, done);
      script.onload = script.onerror = () => { script.remove(); fail(new Error(`${name}.js brought nothing`)); };
      script.src = new URL(`${name}.js`, beside || location.href).href;
      document.head.append(script);
    }));
  }
  return /** @type {Promise<any>} */ (asked.get(name));
}
