"""The fold of a solution says what it holds: "Solution: my_out_size".

Without this every folded cell of a page has the same words, "Show code cell content".
"""

import sys
from pathlib import Path

from docutils import nodes

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tools.tasks import SOLVES, last_call  # noqa: E402


def label(source: str) -> str:
    """Return the words on the fold of a solution."""
    found = last_call(source)
    return f"Solution: {found[1]}" if found else "Solution"


def doctree_read(app, doctree) -> None:
    """Give the cells tagged as solutions their own words, before they are folded."""
    for cell in doctree.findall(nodes.container):
        tags = (cell.get("cell_metadata") or {}).get("tags", [])
        if SOLVES in tags and cell.get("hide_mode"):
            code = next(iter(cell.findall(nodes.literal_block)), None)
            cell["prompt_show"] = cell["prompt_hide"] = label(code.astext() if code else "")


def setup(app) -> dict:
    """Change the words after a page was read; the fold itself is made when it is written."""
    app.connect("doctree-read", doctree_read)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
