"""explore(draw, ...): sliders over any figure, live with a kernel and pre-drawn on the site."""

import base64
import functools
import html
import io
import itertools
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import ipywidgets as W
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from .widgets import check_id, on_site, page_box

MAX_FRAMES = 60
SAVED: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "d2lmini",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],  # each text of an SVG repeats the list
}
RESERVED = ("controls", "frames", "kind", "label", "notes", "start")


def picture_bytes(figure: Figure, kind: str, dpi: int = 96) -> bytes:
    """Return ``figure`` as ``"svg"`` or ``"png"``, the same bytes each time, and close it."""
    out = io.BytesIO()
    unstable = {"svg": {"Date": None}, "png": {"Software": None}}[kind]
    with plt.rc_context(SAVED):
        figure.savefig(out, format=kind, dpi=dpi, metadata=unstable)
    plt.close(figure)
    return out.getvalue()


def still_html(svg: str, words: str) -> str:
    """Return a picture with its words: alternative text and caption."""
    lines = re.sub(r"\s*\n\s*", " ", svg)
    src = "data:image/svg+xml," + quote(lines, safe=" '/:=;,.()!*@+")  # packs better than base64
    said = html.escape(words)
    return (
        f'<figure class="d2lx-card"><img alt="{said}" src="{src}">'
        f'<figcaption aria-live="polite">{said}</figcaption></figure>'
    )


def check_controls(
    controls: Mapping[str, Sequence[object]], labels: Mapping[str, str], at: Mapping[str, object]
) -> None:
    """Raise ValueError when the sliders do not make 1 to 60 settings with one start."""
    count = math.prod(map(len, controls.values()))
    if not controls or not 1 <= count <= MAX_FRAMES:
        raise ValueError(f"{count} settings; 1 to {MAX_FRAMES} are allowed: use fewer values")
    if taken := [name for name in controls if name in RESERVED]:
        raise ValueError(f"{taken} cannot name a control: rename the parameter of draw")
    for what, given in (("labels", labels), ("at", at)):
        if unknown := [name for name in given if name not in controls]:
            raise ValueError(f"{what} names {unknown}, but the controls are {list(controls)}")
    for name, values in controls.items():
        if len(set(map(str, values))) != len(values):
            raise ValueError(f"{name} has a value twice: {list(map(str, values))}")
        if name in at and at[name] not in values:
            raise ValueError(f"at has {name}={at[name]!r}, which is not one of {values}")


class explore(W.VBox):  # type: ignore[misc]  # a function's name: chapters call it like one
    """Show ``draw(**values)``, a figure, for every setting of some sliders.

    Args:
        draw: takes one value of each control and returns a matplotlib Figure; it only draws, so
            whatever is slow is computed in an earlier cell.
        describe: takes the same values and returns one sentence: alternative text and caption.
        id: name on the page and in the address.
        labels: words for a control; its name stands where none is given.
        at: starting values; the first value of a control stands where none is given.
        controls: the values of each slider; at most 60 settings in all.

    Raises:
        ValueError: no setting or more than 60, an unknown name, or ``draw`` returns no Figure.

    With a kernel the sliders redraw at once; on the site every setting was drawn at build time.
    """

    def __init__(
        self,
        draw: Callable[..., Figure],
        *,
        describe: Callable[..., str],
        id: str,
        labels: Mapping[str, str] | None = None,
        at: Mapping[str, object] | None = None,
        **controls: Sequence[object],
    ) -> None:
        self.controls: dict[str, list[object]] = {k: list(v) for k, v in controls.items()}
        labels, at = labels or {}, at or {}
        check_controls(self.controls, labels, at)
        self.id = check_id(id)
        self.labels = {name: labels.get(name, name) for name in self.controls}
        self._draw, self._describe = draw, describe
        self.frame = functools.lru_cache(maxsize=MAX_FRAMES)(self._frame)
        self.sliders = {
            name: W.SelectionSlider(
                options=[(str(value), value) for value in values],
                value=at.get(name, values[0]),
                description=self.labels[name],
                style={"description_width": "initial"},
            )
            for name, values in self.controls.items()
        }
        self.view = W.HTML()
        super().__init__([*self.sliders.values(), self.view])
        for slider in self.sliders.values():
            slider.observe(self._redraw, "value")
        self._redraw()

    def figure(self, **values: object) -> Figure:
        """Return ``draw(**values)`` after checking that it is a Figure."""
        figure = self._draw(**values)
        if not isinstance(figure, Figure):
            raise ValueError(f"draw must return a matplotlib Figure, got {type(figure).__name__}")
        return figure

    def _frame(self, *values: object) -> tuple[str, str]:
        setting = dict(zip(self.controls, values, strict=True))
        svg = picture_bytes(self.figure(**setting), "svg").decode()
        words = self._describe(**setting)
        if not isinstance(words, str) or not words.strip():
            raise ValueError(f"describe must return a sentence, got {words!r} for {setting}")
        return svg[svg.index("<svg") :], words

    @property
    def values(self) -> dict[str, object]:
        """The value of each slider."""
        return {name: slider.value for name, slider in self.sliders.items()}

    def settings(self) -> Iterator[tuple[object, ...]]:
        """Yield every setting, the last control changing fastest."""
        return itertools.product(*self.controls.values())

    def _redraw(self, change: object = None) -> None:
        self.view.value = still_html(*self.frame(*self.values.values()))

    def page_state(self) -> dict[str, Any]:
        """Return what the page holds: controls with their texts, and all frames."""
        controls = [
            {
                "name": name,
                "label": self.labels[name],
                "text": [str(value) for value in values],
                "at": values.index(self.values[name]),
            }
            for name, values in self.controls.items()
        ]
        return {"controls": controls, "frames": [self.frame(*values) for values in self.settings()]}

    def __repr__(self) -> str:
        return f"explore({', '.join(f'{name}={value!r}' for name, value in self.values.items())})"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        data: dict[str, Any] = super()._repr_mimebundle_(**kwargs)
        dpi = 150 if on_site() else 96
        png = picture_bytes(self.figure(**self.values), "png", dpi)
        data["image/png"] = base64.b64encode(png).decode()
        if on_site():
            still = still_html(*self.frame(*self.values.values()))
            label = "Sliders: " + ", ".join(self.labels.values())
            data["text/html"] = page_box(self.id, "frames", label, self.page_state(), still)
        return data
