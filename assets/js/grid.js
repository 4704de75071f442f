// One grid of numbers: a real table while it is small, a canvas with the same keyboard when it is big.
import { fresh, h, put, say } from "./dom.js";
import { dot, paint } from "./paint.js";

export { CURRENT, RELATED, TAP } from "./paint.js";
const MARKS = ["", " tap", " cur", " tap cur", " rel", " tap rel", " cur rel", " tap cur rel"];
const ROOM = 5; // a longer number reaches into the cells beside its own
const CELL = '<td tabindex="-1"></td>';
/** @type {Record<string, number[]>} */
const STEPS = {
  ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], PageUp: [-5, 0], PageDown: [5, 0],
  Home: [0, -99], End: [0, 99],
};

/**
 * A grid; `on` has point, leave, pin, free, describe, and for numbers that change: editable, value, edit.
 * Its fields stand in types.d.ts.
 */
export class GridView {
  /** @param {string} name @param {string} role @param {import("./types").Handlers} on @param {import("./palette.js").Palette} palette */
  constructor(name, role, on, palette) {
    Object.assign(this, { name, on, palette, rows: 0, cols: 0, text: [], css: [], marks: [], r: 0, c: 0, big: null, pixels: null, keys: [], texts: [], shape: [0, 0] });
    this.heading = h("figcaption");
    this.box = h("div", { class: "d2lx-scroll" });
    this.ahead = h("span", { class: "d2lx-line" }); // where this grid begins a new line
    this.element = h("figure", { class: `d2lx-fig d2lx-${role}`, "data-grid": name }, this.heading, this.box);
    const { box } = this;
    this.seen = new ResizeObserver(() => this.settle());
    this.seen.observe(box);
    box.addEventListener("pointermove", (e) => { if (e.pointerType === "mouse" || this.painting) this.hover(e); });
    box.addEventListener("pointerdown", (e) => this.press(e));
    for (const end of ["pointerup", "pointercancel"]) box.addEventListener(end, () => { this.painting = null; });
    box.addEventListener("pointerleave", () => { if (!box.contains(document.activeElement)) on.leave(); });
    box.addEventListener("click", (e) => this.tap(e));
    box.addEventListener("dblclick", (e) => this.at(e) && this.open());
    box.addEventListener("keydown", (e) => this.key(e));
    box.addEventListener("focusin", (e) => { if (e.target !== this.editor) on.point(name, this.r, this.c); });
    box.addEventListener("focusout", (e) => { if (!box.contains(/** @type {Node | null} */ (e.relatedTarget))) on.leave(); });
  }

  /** Show { rows, cols, text, css, marks, caption, big }: only what changed. Then all grids `settle`. @param {import("./types").Painted} view */
  update(view) {
    const shape = view.rows !== this.rows || view.cols !== this.cols || view.big !== this.big;
    Object.assign(this, { pixels: null }, view);
    this.r = Math.min(this.r, this.rows - 1);
    this.c = Math.min(this.c, this.cols - 1);
    say(this.heading, view.caption);
    if (shape) this.build();
    put(this.host, "aria-label", view.caption);
    this.element.classList.toggle("d2lx-paints", Boolean(this.on.paints?.()));
    if (view.inner) this.frame_at(view.inner);
    else if (this.frame) { this.frame.remove(); this.frame = undefined; }
    if (this.big) { this.measure(); this.place(); }
    else this.fill();
  }

  /** What reads sizes and fonts, after the elements of all grids have changed: one layout serves them all. */
  settle() {
    if (this.big) this.paint();
    this.centre();
  }

  /** Scroll to the column that a wide grid is about, where it is not in sight. */
  centre() {
    const { box, host, shows, cols } = this;
    if (!box.clientWidth) this.centred = undefined; // out of sight it loses its place
    if (shows === undefined || shows === this.centred || !box.clientWidth) return;
    const place = ((shows + 0.5) * host.offsetWidth) / cols;
    this.centred = shows;
    if (Math.abs(place - box.scrollLeft - box.clientWidth / 2) > box.clientWidth / 2) box.scrollLeft = place - box.clientWidth / 2;
  }

  /** A canvas has no cells to label: its host carries the cursor's. */
  place() { put(this.host, "aria-description", this.on.describe(this.name, this.r, this.c)); }

  /** The line around the real cells: [at, size] of a square or [top, left, rows, columns]. @param {number[]} inner */
  frame_at(inner) {
    const [top, left, rows, cols] = inner.length === 2 ? [inner[0], inner[0], inner[1], inner[1]] : inner;
    if (!this.frame) this.box.append(this.frame = h("div", { class: "d2lx-frame" }));
    const cell = this.pixels ? `;--cell:${this.pixels.size}px` : "";
    put(this.frame, "style", `--top:${top};--left:${left};--rows:${rows};--cols:${cols}${cell}`);
  }

  /** Show the table, or the canvas: whichever was made once is kept. */
  build() {
    this.editor?.remove();
    this.host = this.big ? this.area ??= this.make_canvas() : this.sheet ??= h("table", { class: "d2lx-grid", role: "grid" }, h("tbody"));
    if (this.box.firstChild !== this.host) {
      this.box.replaceChildren(this.host);
      if (this.frame) this.box.append(this.frame);
    }
    if (!this.big) this.extend();
  }

  make_canvas() {
    this.canvas = h("canvas", { "aria-hidden": "true" });
    return h("div", { class: "d2lx-canvas", role: "application", tabindex: 0, "aria-roledescription": "grid of numbers" }, this.canvas);
  }

  /** Give the table its rows and columns. Cells that stay are not made anew, which would cost more than to change them. */
  extend() {
    const { rows, cols, shape, keys, texts } = this, body = /** @type {HTMLElement} */ (this.sheet?.firstChild), lines = body.children;
    while (lines.length > rows) lines[lines.length - 1].remove();
    for (const line of lines) {
      while (line.children.length > cols) line.lastElementChild?.remove();
      if (line.children.length < cols) line.insertAdjacentHTML("beforeend", CELL.repeat(cols - line.children.length));
    }
    if (lines.length < rows) body.insertAdjacentHTML("beforeend", `<tr>${CELL.repeat(cols)}</tr>`.repeat(rows - lines.length));
    this.tds = [...body.querySelectorAll("td")];
    const kept = (/** @type {string[]} */ old) => this.tds.map((_, i) => {
      const r = Math.floor(i / cols), c = i % cols;
      return r < shape[0] && c < shape[1] ? old[r * shape[1] + c] : "";
    });
    Object.assign(this, { keys: kept(keys), texts: kept(texts), shape: [rows, cols] });
  }

  fill() {
    const { tds, text, css, marks, keys, texts } = this;
    let longest = 0;
    for (let i = 0; i < tds.length; i++) {
      if (text[i].length > longest) longest = text[i].length;
      const key = `${css[i]}${MARKS[marks[i]]}`;
      if (keys[i] !== key) { tds[i].className = key; keys[i] = key; }
      if (texts[i] !== text[i]) {
        const old = /** @type {Text | null} */ (tds[i].firstChild);
        if (old) old.data = text[i];
        else if (text[i]) tds[i].textContent = text[i];
        texts[i] = text[i];
      }
    }
    const size = `d2lx-grid${longest > 2 ? ` long${Math.min(longest, 6)}` : ""}`;
    if (this.host.className !== size) this.host.className = size;
    this.seat();
  }

  /** The one cell that Tab reaches. */
  seat() {
    const next = this.tds[this.r * this.cols + this.c];
    if (this.stop && this.stop !== next) { this.stop.tabIndex = -1; this.stop.removeAttribute("aria-label"); }
    put(next, "tabindex", "0");
    put(next, "aria-label", this.on.describe(this.name, this.r, this.c));
    this.stop = next;
  }

  /**
   * Give the canvas its size; a palette knows no cell before the grid is on the page. A canvas only
   * grows, and its host cuts off the rest: new memory for every size would cost more than the paint.
   */
  measure() {
    const { canvas, host, rows, cols, pixels, palette } = this, dpr = devicePixelRatio || 1;
    if (!this.element.isConnected) return;
    const cell = this.cell = pixels?.size ?? palette.cell();
    put(host, "style", `width:${cols * cell}px;height:${rows * cell}px`);
    const wide = Math.max(canvas.width, Math.round(cols * cell * dpr)), high = Math.max(canvas.height, Math.round(rows * cell * dpr));
    put(canvas, "style", `width:${wide / dpr}px;height:${high / dpr}px`);
    if (canvas.width === wide && canvas.height === high) return;
    Object.assign(canvas, { width: wide, height: high });
    this.painted = null;
  }

  /** Paint the canvas where something differs from what stands there: numbers cell by cell, pixels all together. */
  paint() {
    if (!this.element.isConnected) return; // the observer calls again
    this.measure();
    const { canvas, rows, cols, text, css, marks, pixels, palette, cell, painted } = this, dpr = devicePixelRatio || 1;
    const cursor = this.box.contains(document.activeElement) ? this.r * cols + this.c : -1;
    const longest = pixels ? 0 : text.reduce((most, { length }) => Math.max(most, length), 0);
    const now = { whole: [rows, cols, cell, dpr, palette.age, longest, pixels?.most, pixels?.scale], parts: pixels ? [pixels.values, marks] : [text, css, marks], cursor };
    const kept = painted && same(painted.whole, now.whole), changed = kept ? differing(painted, now) : null;
    if (changed && !changed.length) return;
    const cells = !pixels && longest <= ROOM && Number.isInteger(cell * dpr) && changed || [...marks.keys()];
    this.painted = now;
    if (pixels && !(kept && this.dots && same(painted.parts[0], pixels.values))) dot(this.dots ??= h("canvas"), rows, cols, pixels, palette.color);
    const pen = /** @type {import("./types").Pen} */ (canvas.getContext("2d"));
    pen.setTransform(dpr, 0, 0, dpr, 0, 0);
    if (cells !== changed) pen.clearRect(0, 0, canvas.width, canvas.height); // what lies outside too: it may be seen later
    paint(pen, palette.color, { rows, cols, text, css, marks, cell, cells, longest, cursor, dots: pixels ? this.dots : undefined });
  }

  /** Watch nothing any more. */
  end() { this.seen.disconnect(); }

  /** The cell under a pointer event, or null. @param {MouseEvent} event */
  at(event) {
    if (event.target === this.editor) return null;
    if (!this.big) {
      const td = /** @type {Element} */ (event.target).closest?.("td");
      return td && { r: /** @type {HTMLTableRowElement} */ (td.parentNode).rowIndex, c: td.cellIndex };
    }
    if (event.target !== this.canvas) return null;
    const place = { r: Math.floor(event.offsetY / this.cell), c: Math.floor(event.offsetX / this.cell) };
    return place.r >= 0 && place.c >= 0 && place.r < this.rows && place.c < this.cols ? place : null;
  }

  /** @param {PointerEvent} event */
  hover(event) {
    const place = this.at(event);
    if (!place) return;
    if (this.painting) this.stroke(place);
    this.on.point(this.name, place.r, place.c);
  }

  /** A grid that is drawn on follows the pressed pointer, also by touch. @param {PointerEvent} event */
  press(event) {
    const place = this.on.paints?.() && this.at(event);
    if (!place) return;
    /** @type {Element} */ (event.target).setPointerCapture?.(event.pointerId);
    this.stroke(place);
  }

  /** Draw from the last place of the pressed pointer to this one; the cursor goes along. @param {import("./types").Place} place */
  stroke(place) {
    const from = this.painting;
    this.painting = place;
    Object.assign(this, place);
    this.on.paint(place.r, place.c, from);
  }

  /** @param {MouseEvent & {pointerType?: string}} event */
  tap(event) {
    const place = this.at(event);
    if (!place || this.on.paints?.()) return;
    const again = place.r === this.r && place.c === this.c && this.tapped;
    this.go(place.r, place.c);
    this.on.pin(this.name, place.r, place.c);
    this.tapped = true;
    if (again && event.pointerType !== "mouse") this.open();
  }

  /** Move the cursor and the focus; a grid with gaps says with `snap` where one can stand. @param {number} r @param {number} c */
  go(r, c) {
    const from = this.c;
    this.tapped = false;
    this.r = Math.min(Math.max(r, 0), this.rows - 1);
    this.c = Math.min(Math.max(c, 0), this.cols - 1);
    if (this.snap) this.c = this.snap(this.r, this.c, from);
    if (this.big) { this.host.focus({ preventScroll: true }); this.reveal(); this.on.say(this.name, this.r, this.c); }
    else { this.seat(); this.stop?.focus(); }
    this.on.point(this.name, this.r, this.c);
    if (this.big) { this.paint(); this.place(); }
  }

  reveal() {
    const { box, cell } = this;
    for (const [at, from, size] of /** @type {const} */ ([[this.c, "scrollLeft", "clientWidth"], [this.r, "scrollTop", "clientHeight"]])) {
      const low = at * cell;
      if (low < box[from]) box[from] = low;
      else if (low + cell > box[from] + box[size]) box[from] = low + cell - box[size] + 8;
    }
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.target === this.editor || event.ctrlKey && !/^(Home|End)$/.test(event.key) || event.altKey || event.metaKey) return;
    const step = STEPS[event.key], { r, c, on, name } = this;
    if (step) this.go(r + step[0] + (event.ctrlKey ? step[1] : 0), c + step[1]);
    else if (event.key === "Escape") on.free();
    else if (/^(Enter|F2| )$/.test(event.key)) {
      if (on.paints?.()) on.paint(r, c, null);
      else if (on.editable?.(r, c)) this.open();
      else on.pin(name, r, c);
    }
    else if (/^[+=−-]$/.test(event.key) && on.editable?.(r, c)) this.commit(on.value(r, c) + (/[+=]/.test(event.key) ? 1 : -1));
    else if (/^\d$/.test(event.key) && on.editable?.(r, c)) this.open(event.key);
    else return;
    event.preventDefault();
  }

  /** @param {unknown} given */
  commit(given) {
    this.on.edit(this.r, this.c, given);
    if (!this.big) this.seat();
  }

  /** Open a field over the current cell. @param {string} [typed] */
  open(typed) {
    const { r, c, on } = this;
    if (!on.editable?.(r, c)) return;
    this.editor?.remove();
    const spot = /** @type {HTMLElement} */ (this.big ? this.canvas : this.stop), cell = spot.getBoundingClientRect(), box = this.box.getBoundingClientRect();
    const size = this.big ? this.cell : cell.width;
    const left = cell.left - box.left + this.box.scrollLeft + (this.big ? c * size : 0), top = cell.top - box.top + (this.big ? r * size : 0);
    const field = h("input", {
      type: "text", inputmode: "numeric", class: "d2lx-edit", id: fresh(), autocomplete: "off",
      "aria-label": `new value, ${on.describe(this.name, r, c)}`, style: `left:${left}px;top:${top}px;width:${size}px;height:${size}px`,
    });
    field.value = typed ?? String(on.value(r, c));
    let done = false;
    const close = (/** @type {boolean} */ keep, /** @type {boolean} */ back) => {
      if (done) return;
      done = true;
      const given = field.value;
      this.editor = null;
      field.remove();
      if (keep && given !== String(on.value(r, c))) this.commit(given);
      if (back) this.go(r, c);
    };
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") close(true, true);
      else if (event.key === "Escape") close(false, true);
      event.stopPropagation();
    });
    field.addEventListener("blur", () => close(true, false));
    this.editor = field;
    this.box.append(field);
    field.focus();
    if (!typed) field.select();
  }
}

/** @param {ArrayLike<any>} one @param {ArrayLike<any>} two */
function same(one, two) {
  if (one === two) return true;
  if (one.length !== two.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== two[i]) return false;
  return true;
}

/** Where the cells of two paintings differ. @param {import("./types").Painting} old @param {import("./types").Painting} now */
function differing(old, now) {
  const found = [], { parts, cursor } = now;
  for (let i = 0; i < parts[0].length; i++) {
    let other = (i === old.cursor) !== (i === cursor);
    for (let at = 0; !other && at < parts.length; at++) other = parts[at][i] !== old.parts[at][i];
    if (other) found.push(i);
  }
  return found;
}
