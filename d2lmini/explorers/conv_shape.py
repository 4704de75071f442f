"""The Shape machine: what input, kernel, padding, stride and dilation make of an output size."""

from __future__ import annotations

from typing import Any

import traitlets as T

from .base import Explorer, Picture, corners, fields_of, trait
from .shape_picture import PATTERNS, ShapePicture

FIELDS = fields_of("conv_shape")


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
        corners(values, PATTERNS, x="n nw", w="k")
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
