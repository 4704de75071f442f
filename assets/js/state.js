// State = typed fields = JSON = address. `fields` describes it; `clean` makes any input valid.
import { decode, encode } from "./picture.js";
import { number } from "./scale.js";
import { read, write } from "./stack.js";

const WHOLE = /^[+-]?\d+(\.0*)?(e\+?\d+)?$/i;
const quote = (/** @type {string} */ text) => `“${text.length > 20 ? `${text.slice(0, 20)}…` : text}”`;

/** @typedef {import("./types").Field} Field @typedef {Record<string, any>} State */
/** @typedef {[used: any, note?: string]} Cleaned */
/** @template {Field["kind"]} K @typedef {Extract<Field, {kind: K}>} Of */

/**
 * Read a whole number: { value } or { bad: sentence }; `clamped` when the range cut it.
 * @param {unknown} text @param {{min: number, max: number}} range
 * @returns {{value: number, bad?: undefined, clamped?: undefined} | {value?: undefined, bad: string, clamped?: number}}
 */
export function whole(text, { min, max }) {
  const given = String(text).trim().replace("−", "-");
  if (given === "") return { bad: "nothing was entered" };
  if (!WHOLE.test(given)) return { bad: `${quote(given)} is not a whole number` };
  const value = Number(given);
  if (value >= min && value <= max) return { value };
  return { bad: `${quote(number(given))} is outside ${number(min)} to ${number(max)}`, clamped: value < min ? min : max };
}

/** @param {string} name @param {Of<"int">} field @param {unknown} given @param {number} start @returns {Cleaned} */
function cleanInt(name, field, given, start) {
  if (typeof given === "number" && Number.isInteger(given) && given >= field.min && given <= field.max) return [given];
  const { value, bad, clamped } = whole(given, field);
  if (!bad) return [value];
  const used = clamped ?? start;
  return [used, `${name}: ${bad}; ${number(used)} is used.`];
}

/** @param {string} name @param {Of<"bool">} _ @param {unknown} given @param {boolean} start @returns {Cleaned} */
function cleanBool(name, _, given, start) {
  if (typeof given === "boolean") return [given];
  if (given === "1" || given === "0") return [given === "1"];
  return [start, `${name}: ${quote(String(given))} is neither 0 nor 1; ${Number(start)} is used.`];
}

/** @param {string} name @param {Of<"choice">} field @param {any} given @param {string} start @returns {Cleaned} */
function cleanChoice(name, field, given, start) {
  if (field.of.includes(given)) return [given];
  return [start, `${name}: ${quote(String(given))} is not one of its values; ${start} is used.`];
}

// In the address a table is the list of its changed cells: row.column.value_row.column.value
/** @param {string} name @param {Of<"ints">} field @param {any} given @param {number[][]} start @returns {Cleaned} */
function cleanInts(name, field, given, start) {
  const rows = start.map((row) => [...row]);
  if (Array.isArray(given)) return [given.map((row) => [...row])];
  let wrong = 0;
  for (const part of given.split("_")) {
    const cell = /^(\d{1,3})\.(\d{1,3})\.(-?\d{1,9})$/.exec(part)?.slice(1).map(Number);
    const inside = cell && cell[0] < field.rows && cell[1] < field.cols;
    if (!inside || cell[2] < field.min || cell[2] > field.max) wrong++;
    if (inside) {
      rows[cell[0]][cell[1]] = Math.min(field.max, Math.max(field.min, cell[2]));
    }
  }
  return [rows, wrong ? `${name}: ${wrong} of its cells in the address cannot be read or lie outside the range.` : undefined];
}

/** @returns {Cleaned} */
function cleanPixels(name, field, given, start) {
  const picture = decode(String(given)), fits = (size) => size >= field.min && size <= field.max;
  if (picture && fits(picture.rows) && fits(picture.cols)) return [encode(picture)];
  return [start, `${name}: ${quote(String(given))} is not a picture of ${field.min} to ${field.max} pixels a side; the first one is used.`];
}

/** A stack of layers is a text such as c5s1p2d1-m2s2p0d1. @returns {Cleaned} */
function cleanLayers(name, field, given, start) {
  const { layers, notes } = read(String(given), field);
  if (!layers.length) notes.push("the layers of the start are used");
  const more = notes.length > 3 ? ` and ${notes.length - 3} more` : "";
  return [layers.map(write).join("-") || start, notes.length ? `${name}: ${notes.slice(0, 3).join("; ")}${more}.` : undefined];
}

/** @type {Record<string, (name: string, field: any, given: any, start: any) => Cleaned>} */
const CLEAN = { int: cleanInt, bool: cleanBool, choice: cleanChoice, ints: cleanInts, layers: cleanLayers, pixels: cleanPixels };

/**
 * A valid state from a valid start and anything, with a note for each thing that was wrong.
 * @param {Record<string, any>} fields @param {State} start @param {State} [given]
 * @returns {{state: State, notes: string[]}}
 */
export function clean(fields, start, given = {}) {
  const /** @type {State} */ state = { ...start }, /** @type {string[]} */ notes = [];
  for (const [name, value] of Object.entries(given)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : null;
    if (!field) { notes.push(`${quote(name)} is not a setting here.`); continue; }
    const [used, note] = CLEAN[field.kind](name, field, value, start[name]);
    state[name] = used;
    if (note) notes.push(note);
  }
  return { state, notes: notes.slice(0, 4) };
}

/** What an address says about one explorer: { given, notes }. @param {string} id @param {string} search */
export function fromQuery(id, search) {
  const /** @type {Record<string, string>} */ given = Object.create(null), /** @type {string[]} */ notes = [];
  for (const [key, value] of new URLSearchParams(search)) {
    if (!key.startsWith(`${id}.`)) continue;
    const name = key.slice(id.length + 1);
    if (name in given) notes.push(`${quote(name)} is given twice; the first is used.`);
    else given[name] = value;
  }
  return { given, notes };
}

/** @param {Field} field @param {any} value @param {any} start */
function text(field, value, start) {
  if (field.kind === "bool") return value ? "1" : "0";
  if (field.kind !== "ints") return String(value);
  /** @type {string[]} */
  const cells = [];
  value.forEach((/** @type {number[]} */ row, /** @type {number} */ r) => row.forEach((v, c) => { if (v !== start[r][c]) cells.push(`${r}.${c}.${v}`); }));
  return cells.join("_");
}

/**
 * The query of an address: other parts stay, fields appear where they differ from the start.
 * @param {string} id @param {Record<string, any>} fields @param {State} start @param {State} state @param {string} search
 */
export function toQuery(id, fields, start, state, search) {
  const query = new URLSearchParams(search);
  for (const key of [...query.keys()]) if (key.startsWith(`${id}.`)) query.delete(key);
  for (const [name, field] of Object.entries(fields)) {
    const now = text(field, state[name], start[name]);
    // a picture that is too long for an address stays out of it, and its explorer says so
    if (now !== text(field, start[name], start[name]) && !(now.length > field.limit)) query.set(`${id}.${name}`, now);
  }
  return query.toString();
}

/**
 * The part of a kernel model that explorers use, without a kernel.
 * @param {State} values @param {() => void} [saved] @returns {import("./types").Model & {listeners: () => number}}
 */
export function stubModel(values, saved) {
  /** @type {Map<string, Set<(...told: any[]) => void>>} */
  const heard = new Map();
  const tell = (/** @type {string} */ name, /** @type {any[]} */ ...rest) => [...(heard.get(name) ?? [])].forEach((f) => f(...rest));
  /** @type {ReturnType<typeof stubModel>} */
  const model = {
    get: (name) => values[name],
    set(name, value) {
      if (Object.is(values[name], value)) return;
      values[name] = value;
      tell(`change:${name}`, model, value);
      tell("change", model);
    },
    save_changes: () => saved?.(),
    on(names, f) {
      for (const name of names.split(" ")) heard.set(name, (heard.get(name) ?? new Set()).add(f));
    },
    off(names, f) {
      for (const name of names ? names.split(" ") : [...heard.keys()]) {
        if (f) heard.get(name)?.delete(f);
        else heard.delete(name);
      }
    },
    listeners: () => [...heard.values()].reduce((sum, set) => sum + set.size, 0),
  };
  return model;
}

/**
 * The value of one field nearest to the present one for which verdict(state) is null, or null.
 * @param {State} state @param {string} name @param {any} field @param {(state: State) => string | null} verdict
 */
export function nearest(state, name, field, verdict) {
  const fits = (/** @type {any} */ value) => !verdict({ ...state, [name]: value });
  if (field.kind !== "int") return field.of.find(fits) ?? null;
  for (let far = 1; far <= field.max - field.min; far++) {
    for (const value of [state[name] - far, state[name] + far]) {
      if (value >= field.min && value <= field.max && fits(value)) return value;
    }
  }
  return null;
}
