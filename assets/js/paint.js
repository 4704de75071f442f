// @ts-check
// A big grid on a canvas: cells with their numbers, or pixels without; then the marks and the cursor.
import { counted, shade, step } from "./scale.js";

export const TAP = 1, CURRENT = 2, RELATED = 4;

/** @typedef {import("./types").Pen} Pen @typedef {import("./types").Color} Color @typedef {import("./types").Big} Big */

/** @param {Pen} pen @param {Color} color @param {Big} view */
export function paint(pen, color, view) {
  const { rows, cols, cell, marks, dots, cursor } = view, marked = [];
  for (let i = 0; i < marks.length; i++) if (marks[i]) marked.push(i);
  if (dots) {
    pen.imageSmoothingEnabled = false;
    pen.drawImage(dots, 0, 0, cols * cell, rows * cell);
    surround(pen, color, view, marked);
  } else {
    write(pen, color, view);
    for (const i of marked) outline(pen, color, i, view, marks[i] & CURRENT ? "out" : marks[i] & RELATED ? "ker" : "in");
  }
  if (cursor >= 0) outline(pen, color, cursor, view, "accent");
}

// ---------------------------------------------------------------- cells

/** Cells with their numbers. A pen changes its colour once for each kind of cells, not for each cell. @param {Pen} pen @param {Color} color @param {Big} view */
function write(pen, color, { rows, cols, cell, text = [], css = [] }) {
  /** @type {Map<string, number[]>} */
  const kinds = new Map();
  let longest = 0;
  for (let i = 0; i < css.length; i++) {
    const cells = kinds.get(css[i]);
    if (cells) cells.push(i);
    else kinds.set(css[i], [i]);
    longest = Math.max(longest, text[i].length);
  }
  const shadeOf = (/** @type {string} */ kind) => kind.split(" ")[0] || "q0";
  for (const [kind, cells] of kinds) {
    pen.fillStyle = color(shadeOf(kind));
    for (const i of cells) pen.fillRect((i % cols) * cell, Math.floor(i / cols) * cell, cell, cell);
  }
  rule(pen, color("pad"), rows, cols, cell, kinds);
  Object.assign(pen, { textAlign: "center", textBaseline: "middle", font: `${[13, 13, 13, 13, 11][longest] ?? 9}px system-ui, sans-serif` });
  for (const [kind, cells] of kinds) {
    const won = kind.includes(" win");
    pen.fillStyle = color(inkOf(shadeOf(kind)));
    for (const i of cells) {
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
 * @param {Pen} pen @param {string} color @param {number} rows @param {number} cols @param {number} cell @param {Map<string, number[]>} kinds
 */
function rule(pen, color, rows, cols, cell, kinds) {
  const stroke = (/** @type {number} */ alpha, /** @type {() => void} */ lines) => {
    Object.assign(pen, { strokeStyle: color, globalAlpha: alpha, lineWidth: 1 });
    pen.beginPath();
    lines();
    pen.stroke();
    pen.globalAlpha = 1;
  };
  const hatch = (/** @type {number} */ alpha, /** @type {string} */ name, /** @type {number[][]} */ lines) => {
    const hatched = [...kinds].flatMap(([kind, cells]) => (kind.split(" ").includes(name) ? cells : []));
    if (hatched.length) stroke(alpha, () => {
      for (const i of hatched) {
        const x = i % cols, y = Math.floor(i / cols);
        for (const [a, b, c, d] of lines) { pen.moveTo((x + a) * cell, (y + b) * cell); pen.lineTo((x + c) * cell, (y + d) * cell); }
      }
    });
  };
  hatch(0.55, "pad", PADDED);
  hatch(1, "unread", UNREAD);
  stroke(0.35, () => {
    for (let c = 1; c <= cols; c++) { pen.moveTo(c * cell - 0.5, 0); pen.lineTo(c * cell - 0.5, rows * cell); }
    for (let r = 1; r <= rows; r++) { pen.moveTo(0, r * cell - 0.5); pen.lineTo(cols * cell, r * cell - 0.5); }
  });
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
  pen.lineWidth = role === "accent" ? 3 : 2;
  pen.strokeStyle = color(role);
  pen.strokeRect(x + 1, y + 1, cell - 2, cell - 2);
  pen.setLineDash([]);
  pen.lineWidth = 1;
  pen.strokeStyle = color("q0");
  pen.strokeRect(x + 2.5, y + 2.5, cell - 5, cell - 5);
  if (role === "out") { pen.strokeStyle = color(role); pen.strokeRect(x + 3.5, y + 3.5, cell - 7, cell - 7); }
}
