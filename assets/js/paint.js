// @ts-check
// A big grid on a canvas: cells with their numbers, or pixels without; then the marks and the cursor.
import { counted, shade, step } from "./scale.js";

export const TAP = 1, CURRENT = 2, RELATED = 4;

/** @typedef {import("./types").Pen} Pen @typedef {import("./types").Color} Color @typedef {import("./types").Big} Big */

/** @param {Pen} pen @param {Color} color @param {Big} view */
export function paint(pen, color, view) {
  const { rows, cols, cell, cells, marks, dots, cursor } = view, marked = cells.filter((i) => marks[i]);
  if (dots) {
    pen.imageSmoothingEnabled = false;
    pen.drawImage(dots, 0, 0, cols * cell, rows * cell);
    surround(pen, color, view, marked);
  } else {
    write(pen, color, view);
    for (const i of marked) outline(pen, color, i, view, marks[i] & CURRENT ? "out" : marks[i] & RELATED ? "ker" : "in");
  }
  if (cells.includes(cursor)) outline(pen, color, cursor, view, "accent");
}

// ---------------------------------------------------------------- cells

/**
 * Cells with their numbers; nothing of a cell stands outside it, so that one can be painted alone.
 * A pen changes its colour once for each kind of cells, not for each cell.
 * @param {Pen} pen @param {Color} color @param {Big} view
 */
function write(pen, color, view) {
  const { cols, cell, cells, longest, text = [], css = [] } = view, shadeOf = (/** @type {string} */ kind) => kind.split(" ")[0] || "q0";
  /** @type {Map<string, number[]>} */
  const kinds = new Map();
  for (const i of cells) {
    const like = kinds.get(css[i]);
    if (like) like.push(i);
    else kinds.set(css[i], [i]);
  }
  for (const i of cells) pen.clearRect((i % cols) * cell, Math.floor(i / cols) * cell, cell, cell); // a shade may be no colour
  for (const [kind, like] of kinds) {
    pen.fillStyle = color(shadeOf(kind));
    for (const i of like) pen.fillRect((i % cols) * cell, Math.floor(i / cols) * cell, cell, cell);
  }
  rule(pen, color("pad"), view, kinds);
  Object.assign(pen, { textAlign: "center", textBaseline: "middle", font: `${[13, 13, 13, 13, 11][longest] ?? 9}px system-ui, sans-serif` });
  for (const [kind, like] of kinds) {
    const won = kind.includes(" win");
    pen.fillStyle = color(inkOf(shadeOf(kind)));
    for (const i of like) {
      const x = i % cols, y = Math.floor(i / cols);
      if (text[i]) pen.fillText(text[i], (x + 0.5) * cell, (y + 0.5) * cell + 0.5);
      if (won) { pen.beginPath(); pen.arc((x + 0.84) * cell, (y + 0.82) * cell, 2, 0, 7); pen.fill(); }
    }
  }
}

const PADDED = [[0, 0.5, 0.5, 0], [0, 1, 1, 0], [0.5, 1, 1, 0.5]];
const UNREAD = [[0, 0.75, 0.25, 1], [0, 0.5, 0.5, 1], [0, 0.25, 0.75, 1], [0, 0, 1, 1], [0.25, 0, 1, 0.75], [0.5, 0, 1, 0.5], [0.75, 0, 1, 0.25]];

/**
 * Lines between the cells, and the hatches of padding and of cells that no window reads.
 * @param {Pen} pen @param {string} color @param {Big} view @param {Map<string, number[]>} kinds
 */
function rule(pen, color, { rows, cols, cell, cells }, kinds) {
  const hatch = (/** @type {number} */ alpha, /** @type {string} */ name, /** @type {number[][]} */ lines) => {
    const hatched = [...kinds].flatMap(([kind, like]) => (kind.split(" ").includes(name) ? like : [])), inside = cell - 2; // of a line's width
    if (!hatched.length) return;
    pen.globalAlpha = alpha;
    pen.beginPath();
    for (const i of hatched) {
      const x = (i % cols) * cell + 1, y = Math.floor(i / cols) * cell + 1;
      for (const [a, b, c, d] of lines) { pen.moveTo(x + a * inside, y + b * inside); pen.lineTo(x + c * inside, y + d * inside); }
    }
    pen.stroke();
  };
  Object.assign(pen, { strokeStyle: color, fillStyle: color, lineWidth: 1 });
  hatch(0.55, "pad", PADDED);
  hatch(1, "unread", UNREAD);
  pen.globalAlpha = 0.35;
  if (cells.length === rows * cols) { // long lines, which are fewer
    for (let c = 1; c <= cols; c++) pen.fillRect(c * cell - 1, 0, 1, rows * cell);
    for (let r = 1; r <= rows; r++) pen.fillRect(0, r * cell - 1, cols * cell, 1);
  } else for (const i of cells) {
    const x = (i % cols) * cell, y = Math.floor(i / cols) * cell;
    pen.fillRect(x + cell - 1, y, 1, cell);
    pen.fillRect(x, y + cell - 1, cell, 1);
  }
  pen.globalAlpha = 1;
}

const inkOf = (/** @type {string} */ name) => {
  const strength = Number(name.replace(/\D+/, ""));
  if (name[0] === "c") return strength < 5 ? "count-lo" : "count-hi";
  return strength < 11 ? "ink-lo" : strength < 16 ? "ink-mid" : "ink-hi";
};

// ---------------------------------------------------------------- pixels

/** One dot for each pixel, to be enlarged. @param {HTMLCanvasElement} canvas @param {number} rows @param {number} cols @param {NonNullable<Big["pixels"]>} pixels @param {Color} color */
export function dot(canvas, rows, cols, { values, most, scale }, color) {
  const image = new ImageData(cols, rows), out = new Uint32Array(image.data.buffer), grey = new Uint8ClampedArray(1), count = scale === "count";
  /** @type {Map<number, number>} */
  const known = new Map();
  for (let i = 0; i < out.length; i++) {
    if (scale === "grey") {
      grey[0] = (255 * values[i]) / most;
      out[i] = opaque(grey[0], grey[0], grey[0]);
      continue;
    }
    const strength = count ? Math.ceil((10 * values[i]) / most) : step(values[i], most);
    let ink = known.get(strength);
    if (ink === undefined) known.set(strength, ink = opaque(...rgb(color(count ? counted(values[i], most) : shade(strength)))));
    out[i] = ink;
  }
  if (canvas.width !== cols || canvas.height !== rows) Object.assign(canvas, { width: cols, height: rows });
  /** @type {Pen} */ (canvas.getContext("2d")).putImageData(image, 0, 0);
}

/** As an image holds it. @param {number} red @param {number} green @param {number} blue */
const opaque = (red, green, blue) => (255 << 24) | (blue << 16) | (green << 8) | red;

/** The parts of a colour such as #0af or #00aaff. @param {string} hex @returns {[number, number, number]} */
function rgb(hex) {
  const long = hex.length > 4 ? hex.slice(1) : [...hex.slice(1)].map((d) => d + d).join(""), all = parseInt(long, 16);
  return [(all >> 16) & 255, (all >> 8) & 255, all & 255];
}

// ---------------------------------------------------------------- marks

/** Lines around the marked pixels together, for one alone is too small for its own. @param {Pen} pen @param {Color} color @param {Big} view @param {number[]} marked */
function surround(pen, color, { rows, cols, cell, marks }, marked) {
  for (const [bit, role] of /** @type {[number, string][]} */ ([[RELATED, "ker"], [TAP, "in"], [CURRENT, "out"]])) {
    const edge = new Path2D(), free = (/** @type {number} */ r, /** @type {number} */ c) => r < 0 || c < 0 || r >= rows || c >= cols || !(marks[r * cols + c] & bit);
    const line = (/** @type {number} */ r, /** @type {number} */ c, /** @type {number} */ right, /** @type {number} */ down) => {
      edge.moveTo(c * cell, r * cell);
      edge.lineTo((c + right) * cell, (r + down) * cell);
    };
    let any = false;
    for (const i of marked) {
      if (!(marks[i] & bit)) continue;
      const r = Math.floor(i / cols), c = i % cols;
      any = true;
      if (free(r - 1, c)) line(r, c, 1, 0);
      if (free(r + 1, c)) line(r + 1, c, 1, 0);
      if (free(r, c - 1)) line(r, c, 0, 1);
      if (free(r, c + 1)) line(r, c + 1, 0, 1);
    }
    if (any) for (const [width, style] of /** @type {[number, string][]} */ ([[4, color("q0")], [2, color(role)]])) {
      Object.assign(pen, { lineWidth: width, strokeStyle: style });
      pen.setLineDash(role === "ker" && width === 2 ? [4, 2] : []);
      pen.stroke(edge);
    }
  }
  pen.setLineDash([]);
}

/** @param {Pen} pen @param {Color} color @param {number} i @param {Big} view @param {string} role */
function outline(pen, color, i, { cols, cell }, role) {
  const x = (i % cols) * cell, y = Math.floor(i / cols) * cell;
  pen.setLineDash(role === "ker" ? [4, 2] : []);
  const wide = pen.lineWidth = role === "accent" ? 3 : 2;
  pen.strokeStyle = color(role);
  pen.strokeRect(x + wide / 2, y + wide / 2, cell - wide, cell - wide);
  pen.setLineDash([]);
  pen.lineWidth = 1;
  pen.strokeStyle = color("q0");
  pen.strokeRect(x + 2.5, y + 2.5, cell - 5, cell - 5);
  if (role === "out") { pen.strokeStyle = color(role); pen.strokeRect(x + 3.5, y + 3.5, cell - 7, cell - 7); }
}
