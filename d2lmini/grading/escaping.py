"""Make a notebook that a teacher's browser can show from one that a student handed in.

nbgrader shows Markdown as it stands, scripts included, to a teacher who is logged in. So everything
that a browser could run is turned into text; locked cells are restored by nbgrader afterwards.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from d2lmini.grading.reading import Cell, Unreadable, read_cells

ENTITY = re.compile(r"&(?=#|[A-Za-z]\w*;)")
HARM = re.compile(r"((?:java|vb)script|data)(\s*:)", re.IGNORECASE)
LINK = re.compile(r"\\(href|style|class|cssId|require|unicode)\b", re.IGNORECASE)  # of MathJax
PICTURES = ("image/png", "image/jpeg", "image/gif")
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def as_shown(markdown: str) -> str:
    r"""Return Markdown in which nothing can run: no HTML, no entities, no scripts as addresses.

    >>> as_shown("a <b>, [c](javascript:d) &#60; & $\\href{e}{f}$")
    'a &lt;b>, [c](javascript&#8203;d) &amp;#60; & $\\text{e}{f}$'
    """
    text = ENTITY.sub("&amp;", markdown).replace("<", "&lt;")
    return LINK.sub(r"\\text", HARM.sub(r"\1&#8203;", text))


def presentable(text: str, released: list[dict[str, Any]], remark: str = "") -> str:
    """Return a notebook with a student's cells, rebuilt from nothing but their texts.

    Args:
        text: what the student handed in.
        released: the cells that were released; a cell of theirs keeps its metadata, once.
        remark: a sentence at the end, for the student and the teacher.

    Returns:
        JSON; the released notebook itself where the student's cannot be read.
    """
    about = {cell["metadata"]["nbgrader"]["grade_id"]: cell for cell in released
             if "nbgrader" in cell["metadata"]}  # fmt: skip
    try:
        cells = list(_cells(read_cells(text), json.loads(text)["cells"], about))
    except Unreadable:
        cells = [dict(cell) for cell in released]
    if remark:
        cells.append({"cell_type": "markdown", "metadata": {}, "source": as_shown(remark)})
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    book = {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, indent=1, ensure_ascii=False) + "\n"


def _cells(
    read: list[Cell], raw: list[dict[str, Any]], about: dict[str, dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    for cell, theirs in zip(read, raw, strict=True):
        ours = about.get(cell.grade_id)
        known = ours is not None and cell.grade_id not in seen and cell.kind == ours["cell_type"]
        made: dict[str, Any] = {"metadata": {}, "source": cell.source}
        if ours is not None and known:
            seen.add(cell.grade_id)
            made["metadata"] = ours["metadata"]
        if cell.kind == "code":
            made |= {"cell_type": "code", "execution_count": None, "outputs": []}
        else:
            made |= {"cell_type": "markdown", "source": as_shown(cell.source)}
            made |= _pictures(theirs.get("attachments"))
        yield made


def _pictures(attachments: Any) -> dict[str, Any]:
    """Return the pictures that are attached to a cell, and nothing else that is."""
    kept: dict[str, dict[str, str]] = {}
    for name, kinds in attachments.items() if isinstance(attachments, dict) else ():
        for kind, data in kinds.items() if isinstance(kinds, dict) else ():
            if kind in PICTURES and isinstance(data, str) and BASE64.fullmatch(data):
                kept.setdefault(name, {})[kind] = data
    return {"attachments": kept} if kept else {}
