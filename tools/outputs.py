"""What is kept of a cell's outputs, and when two outputs say and show the same."""

import base64
import io
import struct
from types import SimpleNamespace
from typing import Any

import numpy as np
from nbformat import NotebookNode, from_dict

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
RECORD = "application/papermill.record/"
PNG_TEXT = (b"tEXt", b"zTXt", b"iTXt", b"tIME")


def clean(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Return outputs without widget views, versions in pictures and paths in tracebacks."""
    from nbval.plugin import coalesce_streams

    kept = []
    for output in coalesce_streams(outputs):
        if output.output_type == "error":
            output = from_dict({**output, "traceback": [f"{output.ename}: {output.evalue}"]})
        if "data" in output:
            data = {kind: value for kind, value in output.data.items() if kind != WIDGET_VIEW}
            if not data:
                continue
            if "image/png" in data:
                data["image/png"] = without_text(data["image/png"])
            output = from_dict({**output, "data": data})
        kept.append(output)
    return kept


def without_text(png: str) -> str:
    """Return a base64 PNG without its text chunks, where matplotlib writes its version.

    Raises:
        ValueError: it is no PNG.
    """
    data = base64.b64decode(png)
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("an output of type image/png holds no PNG")
    kept, at = [data[:8]], 8
    while at < len(data):
        end = at + 12 + struct.unpack(">I", data[at : at + 4])[0]
        if data[at + 4 : at + 8] not in PNG_TEXT:
            kept.append(data[at:end])
        at = end
    return base64.b64encode(b"".join(kept)).decode()


def glued(code: list[NotebookNode]) -> dict[str, str]:
    """Return what the cells glued: name to ``text/plain``.

    Raises:
        ValueError: two cells glue the same name.
    """
    found: dict[str, str] = {}
    for cell in code:
        for output in cell.outputs:
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            if name is None:
                continue
            if name in found:
                raise ValueError(f"two cells glue {name!r}")
            prefix = output.metadata["scrapbook"].get("mime_prefix", "")
            found[name] = output.data.get(f"{prefix}text/plain", "")
    return found


def same_outputs(fresh: list[NotebookNode], stored: list[NotebookNode]) -> bool:
    """Say whether outputs are equal by nbval's rules and their pictures look the same."""
    pictures = [
        [o.data["image/png"] for o in some if "image/png" in o.get("data", {})]
        for some in (fresh, stored)
    ]
    return (
        _nbval_equal(fresh, stored)
        and len(pictures[0]) == len(pictures[1])
        and all(same_picture(a, b) for a, b in zip(*pictures, strict=True))
    )


def _nbval_equal(fresh: list[NotebookNode], stored: list[NotebookNode]) -> bool:
    """Ask nbval itself, so that the two never disagree."""
    from nbval.plugin import IPyNbCell, nocolors

    skip = ("metadata", "traceback", "prompt_number", "output_type", "name", "execution_count")
    parent = SimpleNamespace(skip_compare=(*skip, WIDGET_VIEW, "image/png", "image/jpeg"))
    cell: Any = SimpleNamespace(
        parent=parent,
        colors=nocolors,
        sanitize=lambda text: text,
        format_output_compare=lambda *_: None,
    )
    return bool(IPyNbCell.compare_outputs(cell, fresh, stored))


def same_picture(a: str, b: str) -> bool:
    """Say whether two base64 PNGs look the same: at most 1 pixel in 1,000 differs clearly.

    Letters and edges differ by shades between versions of the font renderer; a line that moved
    differs by more.
    """
    if a.strip() == b.strip():
        return True
    import matplotlib.image

    left, right = (
        matplotlib.image.imread(io.BytesIO(base64.b64decode(png)), format="png") for png in (a, b)
    )
    if left.shape != right.shape:
        return False
    return bool((np.abs(left - right).max(axis=-1) > 0.25).mean() <= 0.001)
