"""The Shape machine: what input, kernel, padding, stride and dilation make of an output size."""

from __future__ import annotations

from numbers import Real
from typing import Any

import traitlets as T

from .base import Explorer, Picture, Rows, fields_of, put, trait
from .shape_picture import PATTERNS, ShapePicture

FIELDS = fields_of("conv_shape")


def _rows(name: str, values: Any) -> Rows:
    """Return ``values`` as rows of whole numbers after checking that they fill a small block."""
    rows = values.tolist() if hasattr(values, "tolist") else values
    most = FIELDS[name]["rows"]
    if not isinstance(rows, (list, tuple)) or not all(isinstance(r, (list, tuple)) for r in rows):
        raise ValueError(f"{name} must be rows of whole numbers, got {values!r}")
    widths = sorted({len(row) for row in rows})
    if len(widths) != 1 or not 1 <= min(len(rows), widths[0]) <= max(len(rows), widths[0]) <= most:
        raise ValueError(
            f"{name} must have 1 to {most} rows of one width, 1 to {most}, "
            f"got {len(rows)} rows of width {widths}"
        )
    if name == "w" and len(rows) != widths[0]:
        raise ValueError(f"w must be square, got {len(rows)} rows of width {widths[0]}")
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
        square: height and width are both ``n``; when false, the width is ``nw``.
        nw: input width; where it is given and differs from ``n``, ``square`` is false.
        pad: ``"per side"`` (``p`` counts), ``"same"`` or ``"valid"``.
        mode: what the padding holds: ``"zeros"``, ``"reflect"``, ``"replicate"``, ``"circular"``.
        usage: start with the count of windows in each input cell instead of its value.
        x, w: numbers of input and kernel, rows of whole numbers from -9 to 9, ``w`` a square; they
            fill the top left corner of the stored pattern and set the sizes that are not given.

    Raises:
        ValueError: the starting setting has no output, or ``x`` or ``w`` are not such rows.
        traitlets.TraitError: a number out of its range; the message holds number and range.

    >>> ConvShape("shape", n=3, k=2, p=1)
    ConvShape(n=3, k=2, p=1)
    >>> ConvShape("shape", n=4, nw=7, pad="same", mode="reflect")
    ConvShape(n=4, square=False, nw=7, pad='same', mode='reflect')
    >>> ConvShape("shape", x=[[1, 2], [3, 4]], k=1).output().tolist()
    [[0, 0], [0, 0]]
    """

    kind = T.Unicode("conv_shape").tag(sync=True)
    label = T.Unicode("Shape machine").tag(sync=True)
    fields = tuple(FIELDS)
    n = trait(FIELDS["n"])
    k = trait(FIELDS["k"])
    p = trait(FIELDS["p"])
    s = trait(FIELDS["s"])
    d = trait(FIELDS["d"])
    square = trait(FIELDS["square"])
    nw = trait(FIELDS["nw"])
    pad = trait(FIELDS["pad"])
    mode = trait(FIELDS["mode"])
    usage = trait(FIELDS["usage"])
    x = trait(FIELDS["x"], PATTERNS["x"])
    w = trait(FIELDS["w"], PATTERNS["w"])

    def __init__(self, id: str, **values: Any) -> None:
        for name, size in (("x", "n"), ("w", "k")):
            if name in values:
                part = _rows(name, values[name])
                values.setdefault(size, len(part))
                if len(part[0]) != len(part):
                    values.setdefault("nw", len(part[0]))
                values[name] = put(part, PATTERNS[name])
        if "nw" in values:
            values.setdefault("square", values["nw"] == values.get("n", FIELDS["n"]["init"]))
        super().__init__(id, **values)

    def problem(self) -> str | None:
        """Return why the setting has no output, or None."""
        return self._shape().problem()

    def output(self) -> Any:
        """Return the output as an int64 tensor of shape ``(height, width)``.

        Raises:
            ValueError: the current setting has no output.
        """
        if problem := self.problem():
            raise ValueError(problem)
        return self._shape().Y

    def _shape(self) -> ShapePicture:
        return ShapePicture(**self.state())

    def picture(self) -> Picture:
        """Return the setting in full, computed by :mod:`d2lmini.ops`."""
        return self._shape().picture()
