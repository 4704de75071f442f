// @ts-check
// A small drawing of lines and dots. Numbers that matter stand beside it in words and tables.
import { h } from "./dom.js";

const WIDE = 300, HIGH = 150;

/**
 * A figure; `draw` shows lines and dots inside the box [left, right, bottom, top] of their own units.
 * @returns {{ element: HTMLElement, draw: (what: { caption: string, box: number[], lines: [string, number[][]][], dots: [string, number[]][], texts: [string, number, number][] }) => void }}
 */
export function plot() {
  const caption = h("figcaption"), paper = h("div"); // texts stand at parts of the box and end there
  return {
    element: h("figure", { class: "d2lx-fig d2lx-plot" }, caption, paper),
    draw({ caption: text, box: [left, right, bottom, top], lines, dots, texts }) {
      const at = (/** @type {number[]} */ [x, y]) => [
        Math.max(-999, Math.min(999, WIDE * (x - left) / (right - left))).toFixed(1),
        Math.max(-999, Math.min(999, HIGH * (top - y) / (top - bottom))).toFixed(1)];
      caption.textContent = text;
      paper.innerHTML = `<svg viewBox="-34 -6 ${WIDE + 40} ${HIGH + 24}" aria-hidden="true"><path d="M0 0V${HIGH}H${WIDE}"/><svg width="${WIDE}" height="${HIGH}">` +
        lines.map(([css, points]) => `<polyline class="${css}" points="${points.map((p) => at(p).join()).join(" ")}"/>`).join("") +
        dots.map(([css, p]) => `<circle class="${css}" r="4" cx="${at(p)[0]}" cy="${at(p)[1]}"/>`).join("") + "</svg>" +
        texts.map(([words, x, y]) => `<text x="${x * WIDE}" y="${y * HIGH}" text-anchor="end">${words}</text>`).join("") + "</svg>";
    },
  };
}
