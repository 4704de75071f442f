// One grid of numbers: a real table while it is small, a canvas with the same keyboard when it is big.
import { fresh, h, say } from "./dom.js";
import { counted, signed } from "./scale.js";

export const TAP = 1, CURRENT = 2, RELATED = 4;
const MARKS = ["", " tap", " cur", " tap cur", " rel", " tap rel", " cur rel", " tap cur rel"];
/** @type {Record<string, number[]>} */
const STEPS = {
  ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], PageUp: [-5, 0], PageDown: [5, 0],
  Home: [0, -99], End: [0, 99],
};

/**
 * A grid; `on` has point, leave, pin, free, describe, and for numbers that change: editable, value, edit.
 * Its fields stand in types.d.ts.
 * @typedef {import("./types").Pen} Pen
 * @typedef {import("./types").Color} Color
 */
export class GridView {
  /** @param {string} name @param {string} role @param {import("./types").Handlers} on */
  constructor(name, role, on) {
    Object.assign(this, { name, on, rows: 0, cols: 0, text: [], css: [], marks: [], r: 0, c: 0, big: null, pixels: null });
    this.heading = h("figcaption");
    this.box = h("div", { class: "d2lx-scroll" });
    this.line = h("span", { class: "d2lx-line" }); // where this grid begins a new line
    this.element = h("figure", { class: `d2lx-fig d2lx-${role}`, "data-grid": name }, this.heading, this.box);
    const { box } = this;
    this.seen = new ResizeObserver(() => { if (this.big) this.paint(); this.centre(); });
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

  /** Show { rows, cols, text, css, marks, caption, big }; only what changed is painted. @param {import("./types").Painted} view */
  update(view) {
    const shape = view.rows !== this.rows || view.cols !== this.cols || view.big !== this.big;
    Object.assign(this, view);
    this.r = Math.min(this.r, this.rows - 1);
    this.c = Math.min(this.c, this.cols - 1);
    say(this.heading, view.caption);
    if (shape) this.build();
    this.host.setAttribute("aria-label", view.caption);
    this.element.classList.toggle("d2lx-paints", Boolean(this.on.paints?.()));
    if (view.inner) this.frame_at(view.inner);
    else if (this.frame) { this.frame.remove(); this.frame = undefined; }
    if (this.big) { this.paint(); this.place(); }
    else this.fill();
    this.centre();
  }

  /** Scroll to the column that a wide grid is about, where it is not in sight. */
  centre() {
    const { box, host, shows, cols } = this;
    if (shows === undefined || shows === this.centred || !box.clientWidth) return;
    const place = ((shows + 0.5) * host.offsetWidth) / cols;
    this.centred = shows;
    if (Math.abs(place - box.scrollLeft - box.clientWidth / 2) > box.clientWidth / 2) box.scrollLeft = place - box.clientWidth / 2;
  }

  /** A canvas has no cells to label: its host carries the cursor's. */
  place() { this.host.setAttribute("aria-description", this.on.describe(this.name, this.r, this.c)); }

  /** The line around the real cells: [at, size] of a square or [top, left, rows, columns]. @param {number[]} inner */
  frame_at(inner) {
    const [top, left, rows, cols] = inner.length === 2 ? [inner[0], inner[0], inner[1], inner[1]] : inner;
    if (!this.frame) this.box.append(this.frame = h("div", { class: "d2lx-frame" }));
    const cell = this.pixels ? `;--cell:${this.pixels.size}px` : "";
    this.frame.style.cssText = `--top:${top};--left:${left};--rows:${rows};--cols:${cols}${cell}`;
  }

  build() {
    this.editor?.remove();
    this.keys = [];
    this.texts = [];
    if (this.big) {
      this.canvas = h("canvas", { "aria-hidden": "true" });
      this.host = h("div", { class: "d2lx-canvas", role: "application", tabindex: 0, "aria-roledescription": "grid of numbers" }, this.canvas);
    } else {
      this.host = h("table", { class: "d2lx-grid", role: "grid" });
      const row = `<tr>${'<td tabindex="-1"></td>'.repeat(this.cols)}</tr>`;
      this.host.innerHTML = `<tbody>${row.repeat(this.rows)}</tbody>`;
      this.tds = [...this.host.querySelectorAll("td")];
      this.stop = null;
    }
    this.box.replaceChildren(this.host);
    if (this.frame) this.box.append(this.frame);
  }

  fill() {
    const { tds, text, css, marks, keys, texts } = this;
    let longest = 0;
    for (let i = 0; i < tds.length; i++) {
      if (text[i].length > longest) longest = text[i].length;
      const key = `${css[i]}${MARKS[marks[i]]}`;
      if (keys[i] !== key) { tds[i].className = key; keys[i] = key; }
      if (texts[i] !== text[i]) { tds[i].textContent = text[i]; texts[i] = text[i]; }
    }
    const size = `d2lx-grid${longest > 2 ? ` long${Math.min(longest, 6)}` : ""}`;
    if (this.host.className !== size) this.host.className = size;
    this.seat();
  }

  /** The one cell that Tab reaches. */
  seat() {
    const next = this.tds[this.r * this.cols + this.c];
    if (this.stop && this.stop !== next) { this.stop.tabIndex = -1; this.stop.removeAttribute("aria-label"); }
    next.tabIndex = 0;
    next.setAttribute("aria-label", this.on.describe(this.name, this.r, this.c));
    this.stop = next;
  }

  paint() {
    if (!this.element.isConnected) return; // no style yet: the observer calls again
    const { canvas, rows, cols, pixels } = this, style = getComputedStyle(this.element);
    const cell = this.cell = pixels?.size ?? parseFloat(style.getPropertyValue("--cell")), dpr = devicePixelRatio || 1, pen = /** @type {Pen} */ (canvas.getContext("2d"));
    const colors = this.colors ??= new Map();
    const color = (/** @type {string} */ name) => { if (!colors.has(name)) colors.set(name, style.getPropertyValue(`--${name}`).trim()); return colors.get(name); };
    const wide = Math.round(cols * cell * dpr), high = Math.round(rows * cell * dpr);
    if (canvas.width !== wide || canvas.height !== high) {
      Object.assign(canvas, { width: wide, height: high });
      canvas.style.cssText = `width:${cols * cell}px;height:${rows * cell}px`;
    }
    pen.setTransform(dpr, 0, 0, dpr, 0, 0);
    pen.clearRect(0, 0, cols * cell, rows * cell);
    if (pixels) this.shade(pen, color);
    else this.write(pen, color);
    if (pixels) this.surround(pen, color);
    else this.marks.forEach((mark, i) => {
      if (!mark) return;
      const role = mark & CURRENT ? "out" : mark & RELATED ? "ker" : "in";
      this.outline(pen, color("q0"), color(role), i, cell, role);
    });
    if (this.box.contains(document.activeElement)) this.outline(pen, color("q0"), color("accent"), this.r * cols + this.c, cell, "at");
  }

  /** Cells with their numbers. @param {Pen} pen @param {Color} color */
  write(pen, color) {
    const { cols, text, css, cell } = this, kinds = this.sort(css);
    for (const [kind, cells] of kinds) {
      pen.fillStyle = color(kind.split(" ")[0] || "q0");
      for (const i of cells) pen.fillRect((i % cols) * cell, Math.floor(i / cols) * cell, cell, cell);
    }
    this.rule(pen, color("pad"), cell, kinds);
    const longest = text.reduce((most, t) => Math.max(most, t.length), 0);
    Object.assign(pen, { textAlign: "center", textBaseline: "middle", font: `${[13, 13, 13, 13, 11][longest] ?? 9}px system-ui, sans-serif` });
    for (const [kind, cells] of kinds) {
      pen.fillStyle = color(inkOf(kind.split(" ")[0] || "q0"));
      for (const i of cells) {
        const x = i % cols, y = Math.floor(i / cols);
        pen.fillText(text[i], (x + 0.5) * cell, (y + 0.5) * cell + 0.5);
        if (kind.includes(" win")) { pen.beginPath(); pen.arc((x + 0.84) * cell, (y + 0.82) * cell, 2, 0, 7); pen.fill(); }
      }
    }
  }

  /** Pixels without numbers: one dot each, then enlarged. @param {Pen} pen @param {Color} color */
  shade(pen, color) {
    const { rows, cols, cell } = this, pixels = /** @type {NonNullable<typeof this.pixels>} */ (this.pixels), { values, most, scale } = pixels;
    this.dots ??= document.createElement("canvas");
    if (this.shaded !== pixels) { // marks alone leave the pixels as they are
      const image = new ImageData(cols, rows);
      Object.assign(this.dots, { width: cols, height: rows });
      for (let i = 0; i < rows * cols; i++) image.data.set(scale === "grey" ? grey(values[i], most) : rgb(color(SHADE[scale](values[i], most))), 4 * i);
      /** @type {Pen} */ (this.dots.getContext("2d")).putImageData(image, 0, 0);
      this.shaded = pixels;
    }
    pen.imageSmoothingEnabled = false;
    pen.drawImage(this.dots, 0, 0, cols * cell, rows * cell);
  }

  /** Cells by their classes: a pen changes its colour once for each kind, not for each cell. @param {string[]} css */
  sort(css) {
    /** @type {Map<string, number[]>} */
    const kinds = new Map();
    css.forEach((kind, i) => { const cells = kinds.get(kind); if (cells) cells.push(i); else kinds.set(kind, [i]); });
    return kinds;
  }

  /**
   * Lines between the cells, and the hatches of padding and of cells that no window reads.
   * @param {Pen} pen @param {string} color @param {number} cell @param {Map<string, number[]>} kinds
   */
  rule(pen, color, cell, kinds) {
    const { rows, cols } = this;
    const draw = (/** @type {number} */ alpha, /** @type {number[][]} */ lines) => {
      Object.assign(pen, { strokeStyle: color, globalAlpha: alpha, lineWidth: 1 });
      pen.beginPath();
      for (const [x, y, dx, dy] of lines) { pen.moveTo(x, y); pen.lineTo(x + dx, y + dy); }
      pen.stroke();
      pen.globalAlpha = 1;
    };
    const across = (/** @type {string} */ name, /** @type {number[][]} */ lines) => [...kinds].flatMap(([kind, cells]) => (kind.split(" ").includes(name) ? cells : []))
      .flatMap((i) => lines.map((line) => line.map((v, at) => (v + [i % cols, Math.floor(i / cols), 0, 0][at]) * cell)));
    draw(0.55, across("pad", [[0, 0.5, 0.5, -0.5], [0, 1, 1, -1], [0.5, 1, 0.5, -0.5]]));
    draw(1, across("unread", [[0, 0.75, 0.25, 0.25], [0, 0.5, 0.5, 0.5], [0, 0.25, 0.75, 0.75], [0, 0, 1, 1], [0.25, 0, 0.75, 0.75], [0.5, 0, 0.5, 0.5], [0.75, 0, 0.25, 0.25]]));
    const grid = [];
    for (let c = 1; c <= cols; c++) grid.push([c * cell - 0.5, 0, 0, rows * cell]);
    for (let r = 1; r <= rows; r++) grid.push([0, r * cell - 0.5, cols * cell, 0]);
    draw(0.35, grid);
  }

  /** Lines around the marked pixels together, for one alone is too small for its own. @param {Pen} pen @param {(name: string) => string} color */
  surround(pen, color) {
    const { rows, cols, cell, marks } = this;
    for (const [bit, role] of /** @type {[number, string][]} */ ([[RELATED, "ker"], [TAP, "in"], [CURRENT, "out"]])) {
      const edge = new Path2D(), free = (/** @type {number} */ r, /** @type {number} */ c) => r < 0 || c < 0 || r >= rows || c >= cols || !(marks[r * cols + c] & bit);
      marks.forEach((mark, i) => {
        if (!(mark & bit)) return;
        const r = Math.floor(i / cols), c = i % cols;
        for (const [y, x, top, left, down, right] of [[-1, 0, 0, 0, 0, 1], [1, 0, 1, 0, 0, 1], [0, -1, 0, 0, 1, 0], [0, 1, 0, 1, 1, 0]]) {
          if (!free(r + y, c + x)) continue;
          edge.moveTo((c + left) * cell, (r + top) * cell);
          edge.lineTo((c + left + right) * cell, (r + top + down) * cell);
        }
      });
      for (const [line, style] of /** @type {[number, string][]} */ ([[4, color("q0")], [2, color(role)]])) {
        Object.assign(pen, { lineWidth: line, strokeStyle: style });
        pen.setLineDash(role === "ker" && line === 2 ? [4, 2] : []);
        pen.stroke(edge);
      }
    }
    pen.setLineDash([]);
  }

  /** @param {Pen} pen @param {string} casing @param {string} color @param {number} i @param {number} cell @param {string} role */
  outline(pen, casing, color, i, cell, role) {
    const x = (i % this.cols) * cell, y = Math.floor(i / this.cols) * cell, line = role === "at" ? 3 : 2;
    pen.setLineDash(role === "ker" ? [4, 2] : []);
    pen.lineWidth = line;
    pen.strokeStyle = color;
    pen.strokeRect(x + 1, y + 1, cell - 2, cell - 2);
    pen.setLineDash([]);
    pen.lineWidth = 1;
    pen.strokeStyle = casing;
    pen.strokeRect(x + 2.5, y + 2.5, cell - 5, cell - 5);
    if (role === "out") { pen.strokeStyle = color; pen.strokeRect(x + 3.5, y + 3.5, cell - 7, cell - 7); }
  }

  /** Watch nothing any more. */
  end() { this.seen.disconnect(); }

  /** Read the colours again, for another theme. */
  recolor() {
    this.colors = this.shaded = null;
    if (this.big) this.paint();
  }

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

/** @type {Record<string, (value: number, most: number) => string>} */
const SHADE = { signed, count: counted };
const grey = (/** @type {number} */ value, /** @type {number} */ most) => { const v = (255 * value) / most; return [v, v, v, 255]; };
/** @type {Map<string, number[]>} */
const known = new Map();
/** The parts of a colour such as #0af or #00aaff. @param {string} hex */
function rgb(hex) {
  if (!known.has(hex)) {
    const long = hex.length > 4 ? hex.slice(1) : [...hex.slice(1)].map((d) => d + d).join("");
    known.set(hex, [0, 2, 4].map((at) => parseInt(long.slice(at, at + 2), 16)).concat(255));
  }
  return /** @type {number[]} */ (known.get(hex));
}

const inkOf = (/** @type {string} */ shade) => {
  const step = Number(shade.replace(/\D+/, ""));
  if (shade[0] === "c") return step < 5 ? "count-lo" : "count-hi";
  return step < 11 ? "ink-lo" : step < 16 ? "ink-mid" : "ink-hi";
};

/** Call f whenever the host's theme changes; the returned function stops that. @param {() => void} f */
export function onTheme(f) {
  const watch = new MutationObserver(f), wide = matchMedia("(prefers-color-scheme: dark)");
  for (const place of [document.documentElement, document.body]) {
    watch.observe(place, { attributes: true, attributeFilter: ["data-theme", "data-jp-theme-light", "theme", "class"] });
  }
  wide.addEventListener("change", f);
  return () => { watch.disconnect(); wide.removeEventListener("change", f); };
}
