"""Explorers: one front end for the static site and for a kernel.

The sources of the front end stand in ``assets/js``; ``make explorers`` bundles them into
``d2lmini/static``. An explorer's state is its typed traits; the page, the address and the kernel
hold the same values. Each explorer of the course has a module in :mod:`d2lmini.explorers`.
"""

# Older traitlets, as on Colab, cannot be subscripted at run time.
from __future__ import annotations

import base64
import html
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets as T

STATIC = Path(__file__).parent / "static"


def on_site() -> bool:
    """Return whether the book is being built; the Sphinx extension sets the flag."""
    return os.environ.get("D2LMINI_SITE") == "1"


def with_solutions() -> bool:
    """Return whether answers may be shown; ``make site SOLUTIONS=none`` says no."""
    return os.environ.get("D2LMINI_SOLUTIONS") != "none"


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
    """Base class: a subclass gives ``kind``, ``label``, traits, ``fields`` and ``picture``.

    Args:
        id: name of the explorer on its page and in the address (``?id.field=value``).
        values: starting values of the traits in ``fields``.

    Raises:
        ValueError: an unknown trait, an id that an address cannot hold, values without a result.
        traitlets.TraitError: a value out of its range; the message holds both numbers.
    """

    _esm = STATIC / "explorers.mjs"
    _css = STATIC / "explorers.css"
    kind = T.Unicode().tag(sync=True)
    label = T.Unicode().tag(sync=True)
    start = T.Dict().tag(sync=True)
    fields: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()  # traits that the page holds beside the fields

    def __init__(self, id: str, **values: object) -> None:
        if unknown := sorted(set(values) - set(self.fields)):
            raise ValueError(f"{type(self).__name__} has no {unknown}; it has {list(self.fields)}")
        self.id = check_id(id)
        super().__init__(**values)
        if problem := self.problem():
            raise ValueError(problem)
        self.start = self.state()

    def state(self) -> dict[str, Any]:
        """Return the values of all fields."""
        return {name: getattr(self, name) for name in self.fields}

    def page_state(self) -> dict[str, Any]:
        """Return what the page holds: all fields and what is fixed beside them."""
        return self.state() | {name: getattr(self, name) for name in self.fixed}

    def problem(self) -> str | None:
        """Return why the current state has no result, or None."""
        return None

    def picture(self) -> Any:
        """Return the current state in full, a :class:`d2lmini.explorers.base.Picture`."""
        raise NotImplementedError

    def still(self) -> str:
        """Return the current state as HTML that needs no script."""
        if problem := self.problem():
            return f"<p>{html.escape(problem[0].upper() + problem[1:])}.</p>"
        return str(self.picture().html())

    def still_png(self) -> bytes:
        """Return the current state as a PNG picture, for output formats without HTML."""
        return bytes(self.picture().png())

    def __repr__(self) -> str:
        start = {name: self.traits()[name].default_value for name in self.fields}
        said = [
            f"{name}={value!r}"
            for name, value in self.state().items()
            if not isinstance(value, (list, dict)) and value != start[name]
        ]
        return f"{type(self).__name__}({', '.join(said)})"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, meta = super()._repr_mimebundle_(**kwargs) or ({}, {})
        data["text/html"] = page_box(
            self.id, self.kind, self.label, self.page_state(), self.still()
        )
        return data | self.without_html(), meta

    def without_html(self) -> dict[str, str]:
        """Return what formats without HTML show, by MIME type: a picture for the book's PDF."""
        if not on_site():
            return {}
        return {"image/png": base64.b64encode(self.still_png()).decode()}
