"""The fold of a solution on a page says what it holds."""

import sys

from docutils import nodes
from docutils.utils import new_document

from tools.chapters import ROOT

sys.path.insert(0, str(ROOT / "_ext"))
import solutions


def cell(source: str, *tags: str, hidden: bool = True) -> nodes.container:
    """Return a code cell as myst-nb puts it into a document."""
    made = nodes.container(nb_element="cell_code", cell_metadata={"tags": list(tags)})
    made += nodes.literal_block(source, source)
    if hidden:
        made["hide_mode"] = "all"
    made["prompt_show"] = made["prompt_hide"] = "Show code cell content"
    return made


def prompts(*cells: nodes.container) -> list[str]:
    """Return what the folds say after the extension saw the document."""
    document = new_document("sample")
    document += list(cells)
    solutions.doctree_read(None, document)
    assert all(one["prompt_show"] == one["prompt_hide"] for one in cells)
    return [one["prompt_show"] for one in cells]


def test_a_fold_names_its_exercise():
    assert prompts(
        cell('def f():\n    return 1\n\n\ncheck("f", f)', "solution", "hide-cell"),
        cell('discussion("why")', "solution", "hide-cell"),
        cell("assert 1 + 1 == 2", "solution", "hide-cell"),
    ) == ["Solution: f", "Solution: why", "Solution"]


def test_other_cells_keep_their_words():
    other = "Show code cell content"
    assert (
        prompts(
            cell('check("f", f)', "hide-cell"),
            cell('check("f", f)', "solution", hidden=False),
            nodes.container(prompt_show=other, prompt_hide=other),
        )
        == [other] * 3
    )
