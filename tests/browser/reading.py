"""What an explorer shows, read from the page, beside what its Python class says it must show.

A reading is a plain dictionary. `READ` makes one from a live or a still part of the page,
`expected` makes one from a `Picture`. Sums are evaluated as arithmetic, copied code is executed.
"""

import ast
import contextlib
import io
import math
import operator
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from d2lmini.explorers.base import Explorer
from tools import states

SHADES = Path(__file__).resolve().parents[2] / "assets/js/shades.css"
# Runs before a page's own scripts: what is copied, and what a canvas was painted from.
SPY = """() => {
  Object.defineProperty(navigator, 'clipboard',
    {value: {writeText: async text => { window.got = text; }}});
  const draw = CanvasRenderingContext2D.prototype.drawImage;
  CanvasRenderingContext2D.prototype.drawImage = function (source, ...rest) {
    this.canvas.dots = source; return draw.call(this, source, ...rest); };
}"""
READ = """box => {
  const MARKS = ['tap', 'cur', 'rel'], text = e => e?.textContent ?? '';
  const one = name => text(box.querySelector(`.d2lx-${name}:not([hidden])`));
  const many = css => [...box.querySelectorAll(css)].map(text);
  const cells = figure => [...figure.querySelectorAll('tr')].map(row => [...row.children].map(td =>
    [td.textContent, [...td.classList].filter(c => !MARKS.includes(c)).sort().join(' ')]));
  const dots = figure => {
    const at = figure.querySelector('canvas')?.dots;
    if (!at) return null;
    const { data, width } = at.getContext('2d').getImageData(0, 0, at.width, at.height), out = [];
    for (let i = 0; i < data.length; i += 4 * width) out.push(Array.from({length: width}, (_, c) =>
      [0, 1, 2].map(k => data[i + 4 * c + k])));
    return out;
  };
  const frame = figure => {
    const style = figure.querySelector('.d2lx-frame')?.style;
    return style && ['top', 'left', 'rows', 'cols'].map(n => +style.getPropertyValue(`--${n}`));
  };
  return {
    words: one('verdict'), error: text(box.querySelector('.d2lx-error:not([hidden]) p')),
    lines: many('.d2lx-lines > p'), sum: one('sum'), formula: many('.d2lx-formula > div'),
    code: text(box.querySelector('.d2lx-torch:not([hidden]) code')),
    grids: [...box.querySelectorAll('.d2lx-grids > figure')].map(figure => ({
      name: figure.dataset.grid, caption: text(figure.querySelector('figcaption')),
      role: /d2lx-(input|kernel|output|plain)/.exec(figure.className)?.[1],
      inner: frame(figure) ?? null, cells: cells(figure), dots: dots(figure)})),
  }; }"""


# ---------------------------------------------------------------- what Python says


def hexes() -> dict[str, str]:
    """Return the colour of every shade in the light theme."""
    light = SHADES.read_text(encoding="utf-8").split("@media not print")[0]
    return dict(re.findall(r"--(q?n?c?\d+): (#\w+);", light))


def rgb(color: str) -> list[int]:
    """Return the parts of a colour such as #0af or #00aaff."""
    digits = color[1:] if len(color) == 7 else "".join(2 * digit for digit in color[1:])
    return [int(digits[i : i + 2], 16) for i in (0, 2, 4)]


def shade(value: float, most: float) -> str:
    """Return the class of a signed value: the nearest of 41 steps, halves away from zero."""
    step = math.floor((40 * abs(value) + most) / (2 * most)) if most else 0
    return f"q{'n' if value < 0 and step else ''}{step}"


def dots(pixels: Any) -> list[list[list[int]]]:
    """Return the colour of every pixel of a grid without numbers."""
    colors = {name: rgb(color) for name, color in hexes().items()}
    most = pixels.most

    def color(value: float) -> list[int]:
        if pixels.scale == "grey":
            return [min(255, max(0, round(255 * value / most)))] * 3
        return colors[
            shade(value, most)
            if pixels.scale == "signed"
            else f"c{math.ceil(10 * value / most) if value else 0}"
        ]

    return [[color(value) for value in row] for row in pixels.values]


def framed(inner: Any) -> list[int] | None:
    """Return the frame around the real cells as top, left, rows and columns."""
    if not inner:
        return None
    return [inner[0], inner[0], inner[1], inner[1]] if len(inner) == 2 else list(inner)


def expected(picture: Any) -> dict[str, Any]:
    """Return the reading that a picture of Python must give."""
    grids = []
    for grid in picture.grids:
        painted = getattr(grid, "pixels", None)
        rows = [] if painted else grid.cells
        cells = [[[text, " ".join(sorted(css.split()))] for text, css in row] for row in rows]
        grids.append(
            {
                "name": grid.name,
                "caption": grid.caption,
                "role": grid.role,
                "inner": framed(grid.inner),
                "cells": [
                    [[text, " ".join(sorted(css.split()))] for text, css in row] for row in cells
                ],
                "dots": dots(painted) if painted else None,
            }
        )
    return {
        "words": picture.words,
        "error": "",
        "lines": list(picture.lines),
        "sum": picture.sum,
        "formula": list(picture.formula),
        "code": picture.code,
        "grids": grids,
    }


def differences(seen: Any, wanted: Any, where: str = "") -> list[str]:
    """Return where two readings differ, one sentence each; a grey may be off by one."""
    if isinstance(seen, dict) and isinstance(wanted, dict):
        names = dict.fromkeys([*wanted, *seen])
        return [d for n in names for d in differences(seen.get(n), wanted.get(n), f"{where}.{n}")]
    if isinstance(seen, list) and isinstance(wanted, list) and len(seen) == len(wanted):
        pairs = enumerate(zip(seen, wanted, strict=True))
        return [d for i, (a, b) in pairs for d in differences(a, b, f"{where}[{i}]")]
    if ".dots" in where and isinstance(seen, int) and isinstance(wanted, int):
        return [] if abs(seen - wanted) <= 1 else [f"{where[1:]}: {seen} instead of {wanted}"]
    return [] if seen == wanted else [f"{where[1:]}: the page has {seen!r}, Python {wanted!r}"]


def python_reading(explorer: Explorer, state: states.State) -> dict[str, Any]:
    """Return what Python says about a state."""
    states.put(explorer, state)
    return expected(explorer.picture())


# ---------------------------------------------------------------- sums

OPERATORS: dict[type, Callable[..., float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.Pow: operator.pow, ast.USub: operator.neg,
}  # fmt: skip
FUNCTIONS = {"max": max, "min": min, "floor": math.floor, "ceil": math.ceil, "exp": math.exp,
             "sqrt": math.sqrt, "log": math.log}  # fmt: skip
SIGNS = {"−": "-", "·": "*", "×": "*", "⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")",
         "√": "sqrt", "²": "**2", "∞": "1e999"}  # fmt: skip


def ascii_math(text: str) -> str:
    """Return arithmetic as Python writes it."""
    for sign, plain in SIGNS.items():
        text = text.replace(sign, plain)
    return text


def value(text: str) -> float:
    """Evaluate arithmetic made of numbers, + − · / ² brackets and a few functions."""

    def go(node: ast.AST) -> float:
        match node:
            case ast.Expression(body):
                return go(body)
            case ast.Constant(number) if isinstance(number, int | float):
                return number
            case ast.UnaryOp(sign, operand):
                return OPERATORS[type(sign)](go(operand))
            case ast.BinOp(left, sign, right):
                return OPERATORS[type(sign)](go(left), go(right))
            case ast.Call(ast.Name(name), arguments):
                return FUNCTIONS[name](*map(go, arguments))
        raise ValueError(f"no arithmetic: {ast.dump(node)} in {text!r}")

    return go(ast.parse(ascii_math(text), mode="eval"))


def wrong_sum(sentence: str) -> str:
    """Say what is wrong with `LABEL = arithmetic = result`, or return "".

    Every part after the label must have the same value; after ≈ to the digits that stand there.
    """
    label, *rest = re.split(r" (=|≈) ", sentence)
    if len(rest) < 4:
        return f"no sum: {sentence!r}"
    signs, parts = rest[::2], rest[1::2]
    if not re.search(r"[A-Za-z]", label):
        return f"nothing is named before the first sign: {sentence!r}"
    values = [value(part) for part in parts]
    for sign, before, after, text in zip(signs[1:], values, values[1:], parts[1:], strict=False):
        decimals = len(re.search(r"\.?(\d*)$", text)[1]) if "." in text else 0
        room = 0.5000001 * 10**-decimals if sign == "≈" else 1e-9 * max(1.0, abs(before))
        if not (before == after or abs(before - after) <= room):
            return f"{before!r} {sign} {text} is wrong in {sentence!r}"
    return ""


def number(text: str) -> float:
    """Return the number that a cell shows, 0 where it is left empty; NaN for a text or "?"."""
    if not text:
        return 0.0
    plain = text.replace("−", "-").replace("∞", "inf")
    return float(plain) if re.fullmatch(r"-?(inf|\d+(\.\d+(e\d+)?)?)", plain) else math.nan


def executed(code: str) -> Any:
    """Run copied code and return its Y."""
    space: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(code, "copied code", "exec"), space)
    return space["Y"]
