"""Explorers: one front end for the static site and for a kernel.

The sources of the front end stand in ``assets/js``; ``make explorers`` bundles them into
``d2lmini/static``. An explorer's state is its typed traits; the page, the address and the kernel
hold the same values. ``static/conv_shape.json`` is the one table of limits.
"""

# Older traitlets, as on Colab, cannot be subscripted at run time.
from __future__ import annotations

import base64
import html
import json
import os
from collections.abc import Mapping
from numbers import Real
from pathlib import Path
from typing import Any

import anywidget
import traitlets as T

from . import shape_picture as picture
from .ops import size_problem

STATIC = Path(__file__).parent / "static"
SHAPE_FIELDS: dict[str, dict[str, Any]] = json.loads(
    (STATIC / "conv_shape.json").read_text(encoding="utf-8")
)


def on_site() -> bool:
    """Return whether the book is being built; the Sphinx extension sets the flag."""
    return os.environ.get("D2LMINI_SITE") == "1"


def page_box(id: str, kind: str, label: str, state: Mapping[str, object], still: str) -> str:
    """Return what a page holds: the state for the script, a still picture for everyone else."""
    data = json.dumps(state, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return (
        f'<div id="{html.escape(id)}" data-d2lx="{kind}" data-label="{html.escape(label)}">'
        f'<script type="application/json">{data}</script>'
        f'<div class="d2lx-still">{still}</div></div>'
    )


def check_id(id: object) -> str:
    """Return ``id`` when it can stand in an address and in a page, else raise ValueError."""
    if not isinstance(id, str) or not id.isascii() or not id.replace("-", "").isalnum():
        raise ValueError(f"id must hold letters, digits and hyphens only, got {id!r}")
    return id


def glue(name: str, value: object) -> None:
    """Store ``value`` under ``name`` for the text of a page: ``{glue:text}`name:.2f```.

    It displays the record that myst-nb collects, without needing myst-nb, which Colab lacks.
    A notebook shows nothing for it.

    >>> glue("steps", 3)
    """
    from IPython.core.formatters import format_display_data
    from IPython.display import display

    prefix = "application/papermill.record/"
    data, metadata = format_display_data(value)  # type: ignore[no-untyped-call]
    display(  # type: ignore[no-untyped-call]
        {prefix + mime: item for mime, item in data.items()},
        raw=True,
        metadata={**metadata, "scrapbook": {"name": name, "mime_prefix": prefix}},
    )


class Explorer(anywidget.AnyWidget):
    """Base class of explorers: a subclass gives ``kind``, ``label``, traits, ``fields``, ``still``.

    Args:
        id: name of the explorer on its page and in the address (``?id.field=value``).
        values: starting values of the traits in ``fields``.

    Raises:
        ValueError: an unknown trait or an id that an address cannot hold.
        traitlets.TraitError: a value out of its range; the message holds both numbers.
    """

    _esm = STATIC / "explorers.mjs"
    _css = STATIC / "explorers.css"
    kind = T.Unicode().tag(sync=True)
    label = T.Unicode().tag(sync=True)
    start = T.Dict().tag(sync=True)
    fields: tuple[str, ...] = ()

    def __init__(self, id: str, **values: object) -> None:
        if unknown := sorted(set(values) - set(self.fields)):
            raise ValueError(f"{type(self).__name__} has no {unknown}; it has {list(self.fields)}")
        self.id = check_id(id)
        super().__init__(**values)
        self.start = self.state()

    def state(self) -> dict[str, Any]:
        """Return the values of all fields."""
        return {name: getattr(self, name) for name in self.fields}

    def still(self) -> str:
        """Return the current state as HTML that needs no script."""
        raise NotImplementedError

    def still_png(self) -> bytes:
        """Return the current state as a PNG picture, for output formats without HTML."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, meta = super()._repr_mimebundle_(**kwargs) or ({}, {})
        data["text/html"] = page_box(self.id, self.kind, self.label, self.state(), self.still())
        return data | self.without_html(), meta

    def without_html(self) -> dict[str, str]:
        """Return what formats without HTML show, by MIME type: a picture for the book's PDF."""
        if not on_site():
            return {}
        return {"image/png": base64.b64encode(self.still_png()).decode()}


def _int_trait(name: str) -> T.Int[Any, Any]:
    field = SHAPE_FIELDS[name]
    return T.Int(field["init"], min=field["min"], max=field["max"]).tag(sync=True)


def _rows_trait(name: str) -> T.List[Any]:
    field = SHAPE_FIELDS[name]
    cell = T.Int(min=field["min"], max=field["max"])
    size = field["size"]
    row: T.List[Any] = T.List(cell, minlen=size, maxlen=size)
    rows: T.List[Any] = T.List(
        row, minlen=size, maxlen=size, default_value=picture.PATTERNS[name]
    ).tag(sync=True)
    return rows


def _square(name: str, values: Any) -> list[list[int]]:
    """Return ``values`` as rows of whole numbers after checking that they form a small square."""
    rows = values.tolist() if hasattr(values, "tolist") else values
    most = SHAPE_FIELDS[name]["size"]
    if not isinstance(rows, (list, tuple)) or not all(isinstance(r, (list, tuple)) for r in rows):
        raise ValueError(f"{name} must be rows of whole numbers, got {values!r}")
    if not 1 <= len(rows) <= most or any(len(row) != len(rows) for row in rows):
        widths = sorted({len(row) for row in rows})
        raise ValueError(
            f"{name} must be a square of 1 to {most} rows, got {len(rows)} rows of width {widths}"
        )
    for value in (value for row in rows for value in row):
        real = isinstance(value, Real) and not isinstance(value, bool)
        if not real or not float(value).is_integer():
            raise ValueError(f"{name} must hold whole numbers, got {value!r}")
    return [[int(value) for value in row] for row in rows]


class ConvShape(Explorer):
    """Show how input, kernel, padding, stride and dilation make the output: the Shape machine.

    Args:
        id: name on the page and in the address.
        n, k, p, s, d: input size, kernel size, padding per side, stride, dilation.
        usage: start with the count of windows in each input cell instead of its value.
        x, w: numbers of input and kernel, a square of whole numbers from -9 to 9; they fill the
            top left corner of the stored pattern, and set ``n`` or ``k`` where it is not given.

    Raises:
        ValueError: the starting setting has no output, or ``x`` or ``w`` is not such a square.
        traitlets.TraitError: a number out of its range; the message holds number and range.

    >>> ConvShape("shape", n=3, k=2, p=1)
    ConvShape(n=3, k=2, p=1, s=1, d=1)
    >>> ConvShape("shape", x=[[1, 2], [3, 4]], k=1).output().tolist()
    [[0, 0], [0, 0]]
    """

    kind = T.Unicode("conv_shape").tag(sync=True)
    label = T.Unicode("Shape machine").tag(sync=True)
    fields = tuple(SHAPE_FIELDS)
    n = _int_trait("n")
    k = _int_trait("k")
    p = _int_trait("p")
    s = _int_trait("s")
    d = _int_trait("d")
    usage = T.Bool(SHAPE_FIELDS["usage"]["init"]).tag(sync=True)
    x = _rows_trait("x")
    w = _rows_trait("w")

    def __init__(self, id: str, **values: Any) -> None:
        for name, size in (("x", "n"), ("w", "k")):
            if name in values:
                part = _square(name, values[name])
                values.setdefault(size, len(part))
                values[name] = picture.put(part, picture.PATTERNS[name])
        super().__init__(id, **values)
        if problem := size_problem(**self.setting()):
            raise ValueError(problem)

    def setting(self) -> dict[str, int]:
        """Return ``n, k, p, s, d``."""
        return {name: getattr(self, name) for name in "nkpsd"}

    def output(self) -> Any:
        """Return the output as an int64 tensor of shape ``(m, m)``.

        Raises:
            ValueError: the current setting has no output.
        """
        return self._picture().Y

    def _picture(self) -> picture.ShapePicture:
        return picture.ShapePicture(**self.setting(), usage=self.usage, x=self.x, w=self.w)

    def still(self) -> str:
        """Return the setting, its numbers, its formula and one sum as HTML."""
        if problem := size_problem(**self.setting()):
            return f"<p>{html.escape(problem[0].upper() + problem[1:])}.</p>"
        return self._picture().html()

    def still_png(self) -> bytes:
        """Return the three grids as a PNG picture."""
        return self._picture().png()

    def __repr__(self) -> str:
        return f"ConvShape({', '.join(f'{k}={v}' for k, v in self.setting().items())})"
