"""The Kernel lab: what any kernel makes of any picture, down to the numbers of one window.

Everything is counted in whole numbers: grey values from 0 to 255, whole weights, and one whole
number that every sum is divided by. The front end says the same words; a test compares the two.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
import traitlets as T
from torch import Tensor

from ..weights import STORED, stored
from .base import Explorer, Picture
from .base import trait as field_trait
from .lab_picture import FIELDS, OWN, LabPicture
from .pixels import as_picture, decode, encode

TABLE = 5  # rows of the table of weights; a 3×3 kernel lies in its middle


@cache
def pictures() -> dict[str, str]:
    """Return the codes of the built-in pictures: what :func:`pixels.decode` reads."""
    text = (STORED / "pictures.json").read_text(encoding="utf-8")
    found: dict[str, str] = json.loads(text)["pictures"]
    return found


@cache
def learned() -> list[list[int]]:
    """Return the first kernels of the stored LeNet as [size, divisor, weights row by row]."""
    layer = stored("modern").numbers[0]
    steps, scales = layer.steps.flatten(1).tolist(), layer.scale.expand(len(layer.steps)).tolist()
    return [
        [layer.steps.shape[-1], round(1 / scale), *weights]
        for weights, scale in zip(steps, scales, strict=True)
    ]


def presets() -> dict[str, list[int]]:
    """Return every kernel that has a name as [size, divisor, weights row by row].

    >>> presets()["Sobel x"]
    [3, 1, 1, 0, -1, 2, 0, -2, 1, 0, -1]
    """
    mine = {f"learned {place}": kernel for place, kernel in enumerate(learned(), 1)}
    named: dict[str, list[int]] = FIELDS["w"]["presets"]
    return named | mine


def in_table(weights: Any) -> list[list[int]]:
    """Return a 3×3 or 5×5 kernel in the middle of a 5×5 table of zeros.

    Raises:
        ValueError: another shape, or weights that are no whole numbers.

    >>> in_table([[1, 2, 3], [4, 5, 6], [7, 8, 9]])[1]
    [0, 1, 2, 3, 0]
    """
    kernel = torch.as_tensor(weights)
    size = kernel.shape[0] if kernel.ndim else 0
    if kernel.shape not in ((3, 3), (5, 5)) or not kernel.equal(kernel.round()):
        raise ValueError(
            "w must be 3 or 5 rows of as many whole numbers (divide with div), got "
            f"shape {tuple(kernel.shape)}"
        )
    rows: list[list[int]] = F.pad(kernel.long(), [(TABLE - size) // 2] * 4).tolist()
    return rows


class KernelLab(Explorer):
    """Show what a kernel makes of a picture: built in, drawn, from a file or from the camera.

    Args:
        id: name on the page and in the address.
        source: which picture is shown, one of the built-in ones or ``"own picture"``.
        view: response with signs, absolute, or clipped to 0 to 255.
        ink: what a pointer draws on the picture, or ``"off"``.
        preset: name of a kernel to start with; it gives ``w``, ``k`` and ``div``.
        w: weights, 3 or 5 rows of whole numbers from -127 to 127.
        div: a whole number that every sum is divided by.
        x: a picture of one's own, rows of grey values (whole from 0 to 255 or floating point from
            0 to 1), 5 to 64 on each side.

    Raises:
        ValueError: an unknown preset, or ``x`` or ``w`` is not of that form.
        traitlets.TraitError: a number out of its range; the message holds number and range.

    >>> lab = KernelLab("lab", preset="shift", x=[[0, 0, 0, 0, 0], [0, 9, 8, 7, 6]] + [[0] * 5] * 3)
    >>> lab.output().tolist()
    [[8.0, 7.0, 6.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """

    kind = T.Unicode("kernel_lab").tag(sync=True)
    label = T.Unicode("Kernel lab").tag(sync=True)
    fields = tuple(FIELDS)
    fixed = ("pictures", "learned")
    source = field_trait(FIELDS["source"])
    view = field_trait(FIELDS["view"])
    ink = field_trait(FIELDS["ink"])
    k = field_trait(FIELDS["k"])
    div = field_trait(FIELDS["div"])
    w = field_trait(FIELDS["w"], in_table([[1, 0, -1], [2, 0, -2], [1, 0, -1]]))
    own = field_trait(FIELDS["own"])
    pictures = T.Dict().tag(sync=True)
    learned: T.List[Any] = T.List().tag(sync=True)

    @T.default("pictures")
    def _pictures(self) -> dict[str, str]:
        return pictures()

    @T.default("learned")
    def _learned(self) -> list[list[int]]:
        return learned()

    def __init__(self, id: str, **values: Any) -> None:
        values = _kernel_values(values)
        if "x" in values:
            own = FIELDS["own"]
            values["own"] = encode(as_picture(values.pop("x"), own["min"], own["max"]))
            values.setdefault("source", OWN)
        super().__init__(id, **values)

    @T.validate("own")
    def _check_own(self, proposal: Mapping[str, Any]) -> str:
        own = FIELDS["own"]
        code: str = proposal["value"]
        as_picture(decode(code), own["min"], own["max"])
        return encode(decode(code))

    def _lab(self) -> LabPicture:
        size = int(self.k)
        middle = slice((TABLE - size) // 2, (TABLE + size) // 2)
        K = torch.tensor(self.w)[middle, middle]
        flat = [size, self.div, *K.flatten().tolist()]
        name = next((name for name, kernel in presets().items() if kernel == flat), None)
        code = self.own if self.source == OWN else self.pictures[self.source]
        return LabPicture(code, K, self.div, self.view, self.source, name)

    def output(self) -> Tensor:
        """Return the response as it is shown, float64, two axes."""
        shown_sums: Tensor = self._lab().visible.double() / self.div
        return shown_sums

    def picture(self) -> Picture:
        """Return the state in full, computed by PyTorch."""
        return self._lab().picture()


def _kernel_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``values`` with ``preset`` and a small ``w`` turned into traits."""
    rest = dict(values)
    if (name := rest.pop("preset", None)) is not None:
        if name not in presets():
            raise ValueError(f"no kernel is called {name!r}; there are {', '.join(presets())}")
        size, div, *weights = presets()[name]
        rest = {"div": div, "w": torch.tensor(weights).reshape(size, size)} | rest
    if "w" in rest:
        kernel, rest["w"] = rest["w"], in_table(rest["w"])
        rest.setdefault("k", str(len(kernel)))
    return rest
