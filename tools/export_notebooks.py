"""Make ``chapters/NAME.ipynb`` from ``chapters/NAME.md``: converted, executed, ready to commit.

    python tools/export_notebooks.py                # what changed; executes where code changed
    python tools/export_notebooks.py lenet --force  # this one, executed in any case
    python tools/export_notebooks.py --check        # executes nothing, exits 1 when one is stale

A notebook remembers the digest of its code cells and of the package. While that digest stands,
only its text is made again. Fresh outputs that equal the stored ones, as nbval and the eye compare,
leave the stored ones in place, so that git shows no change where a reader would see none.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode, v4

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.chapters import ROOT, Book, Cell, ChapterError, Label, read_book, read_cells, read_labels
from tools.notebook_text import Converter
from tools.outputs import clean, glued, same_outputs

TIMEOUT = 600
SILENT = {
    "D2LMINI_QUIET": "1",
    "OMP_NUM_THREADS": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}
WITHOUT_ADDRESS = """\
from importlib.util import find_spec

if find_spec("d2lmini") is None:
    raise ImportError("d2lmini is not installed: run `pip install .` in a checkout of the course")
"""
WITH_ADDRESS = """\
from importlib.util import find_spec

if find_spec("d2lmini") is None:
    # Colab opens one file: fetch the package, never its dependencies (torch, numpy and
    # matplotlib stay Colab's own)
    %pip install -q --no-deps "d2lmini @ git+ADDRESS@BRANCH"
    %pip install -q anywidget
"""
COLAB = """\
try:  # Colab shows explorers only when asked to
    from google.colab import output
except ImportError:
    pass
else:
    output.enable_custom_widget_manager()
"""
HIDDEN = {
    "hide-input": {"source_hidden": True},
    "remove-input": {"source_hidden": True},
    "hide-output": {"outputs_hidden": True},
    "hide-cell": {"source_hidden": True, "outputs_hidden": True},
    "remove-cell": {"source_hidden": True, "outputs_hidden": True},
}


def bootstrap(book: Book) -> str:
    """Return the code of the first cell, which fetches the package where it is missing."""
    text = WITH_ADDRESS if book.address else WITHOUT_ADDRESS
    text = text.replace("ADDRESS", book.address).replace("BRANCH", book.branch)
    return (text + COLAB).rstrip("\n")


# ---------------------------------------------------------------- digest


def package_digest(root: Path = ROOT) -> str:
    """Return the digest of everything in the package that can change an output."""
    digest = hashlib.sha256()
    package = root / "d2lmini"
    modules = (p for p in package.rglob("*.py") if p.parent.name != "grading")  # no page uses it
    for path in sorted([*modules, *package.glob("stored/*.json")]):
        digest.update(
            path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0"
        )
    return digest.hexdigest()


def digest_of(code: list[str], package: str) -> str:
    """Return the digest of a chapter's code cells and the package: what its outputs hang on."""
    return hashlib.sha256("\0".join([package, *code]).encode()).hexdigest()[:16]


# ---------------------------------------------------------------- structure


def cell_id(chapter: str, position: int) -> str:
    """Return an id that stays the same from one export to the next."""
    return hashlib.sha256(f"{chapter}:{position}".encode()).hexdigest()[:12]


def code_cell(source: str, metadata: dict[str, Any]) -> NotebookNode:
    """Return a code cell; tags that hide it on the page fold it in Jupyter and on Colab too."""
    metadata = dict(metadata)
    for tag in metadata.get("tags", []):
        if tag in HIDDEN:
            metadata["jupyter"] = metadata.get("jupyter", {}) | HIDDEN[tag]
            metadata["cellView"] = "form"
    return v4.new_code_cell(source, metadata=metadata)


def code_cells(book: Book, cells: list[Cell]) -> list[NotebookNode]:
    """Return the bootstrap cell and the chapter's code cells, without outputs."""
    first = code_cell(bootstrap(book), {"tags": ["bootstrap", "hide-input"]})
    return [
        first,
        *(code_cell(cell.source, cell.metadata) for cell in cells if cell.kind == "code"),
    ]


def assemble(
    book: Book, labels: dict[str, Label], path: Path, cells: list[Cell], code: list[NotebookNode]
) -> NotebookNode:
    """Return the notebook: ``code`` with its outputs between the converted Markdown."""
    from tools.citations import citations

    glue = glued(code)
    convert = Converter(book, labels, path, glue, citations(book))
    rest = iter(code[1:])
    done = [code[0]]
    for cell in cells:
        if cell.kind == "code":
            done.append(next(rest))
        elif cell.kind == "markdown":
            text = convert.cell(cell.source, cell.line)
            if not text:
                continue
            node = v4.new_markdown_cell(text, metadata=cell.metadata)
            if convert.attachments:
                node["attachments"] = convert.attachments
            done.append(node)
        else:
            raise ChapterError(path, cell.line, f"a notebook cannot show a {cell.kind} cell")
    for position, node in enumerate(done):
        node["id"] = cell_id(path.stem, position)
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "d2lmini": {"source": f"{path.parent.name}/{path.name}"},
    }
    if reads_full_data(code):
        metadata["d2lmini"]["data"] = "full"  # chapters/conftest.py compares only with these data
    return v4.new_notebook(cells=done, metadata=metadata)


def dumps(notebook: NotebookNode) -> str:
    """Return a notebook as text: sorted keys, newline at the end."""
    nbformat.validate(notebook)
    split = v4.nbjson.JSONWriter().writes(notebook, sort_keys=True, indent=1, ensure_ascii=False)
    return str(split).rstrip("\n") + "\n"


def bare(notebook: NotebookNode) -> dict[str, Any]:
    """Return a notebook without its outputs and what belongs to them."""
    copy = json.loads(json.dumps(notebook))
    copy["metadata"].get("d2lmini", {}).pop("outputs", None)
    for cell in copy["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return dict(copy)


# ---------------------------------------------------------------- execution


def reads_full_data(code: list[NotebookNode]) -> bool:
    """Say whether a chapter loads the best Fashion-MNIST there is, so that outputs hang on it."""
    return any(
        re.search(r"fashion_mnist\((?!\s*(source=)?[\"']subset)", cell.source) for cell in code
    )


def execute(path: Path, code: list[NotebookNode], lines: list[int]) -> None:
    """Run the code cells in the chapter's folder, in this Python; outputs go into the cells.

    Raises:
        ChapterError: a cell fails, writes to stderr, ends its kernel or takes longer than 600 s.
    """
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
    from nbval.kernel import CURRENT_ENV_KERNEL_NAME, NbvalKernelspecManager

    notebook = v4.new_notebook(cells=code)
    notebook.metadata["kernelspec"] = {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    }
    kernel = AsyncKernelManager(
        kernel_name=CURRENT_ENV_KERNEL_NAME, kernel_spec_manager=NbvalKernelspecManager()
    )
    client = NotebookClient(
        notebook,
        km=kernel,
        timeout=TIMEOUT,
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    running = [0]
    client.on_cell_start = lambda cell, cell_index: running.append(cell_index)
    os.environ.update(SILENT)
    os.environ.pop("D2LMINI_SITE", None)
    try:
        client.execute(
            stderr=subprocess.DEVNULL
        )  # the kernel's own log; what cells write comes otherwise
    except CellExecutionError as error:
        raise ChapterError(path, *_failure(error, lines[running[-1]])) from None
    except CellTimeoutError:
        raise ChapterError(
            path, lines[running[-1]], f"a cell takes longer than {TIMEOUT} s"
        ) from None
    except DeadKernelError:
        raise ChapterError(path, lines[running[-1]], "the kernel died") from None
    for cell, line in zip(code, lines, strict=True):
        cell["metadata"].pop("execution", None)
        cell["outputs"] = clean(cell.outputs)
        for output in cell.outputs:
            if output.get("name") == "stderr":
                raise ChapterError(
                    path, line, f"a cell writes to stderr: {output.text.strip()[:300]}"
                )


def _failure(error: Any, line: int) -> tuple[int, str]:
    """Return the line in the chapter where a cell fails, and what it says there."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", error.traceback)
    arrow = re.search(r"^-+> (\d+) (.*)$", plain, re.M)  # the cell itself comes first
    code = f" in `{arrow[2].strip()}`" if arrow else ""
    said = f"{error.ename}: {error.evalue}" if error.evalue else error.ename
    return line + (int(arrow[1]) - 1 if arrow else 0), f"a cell fails{code}: {said}"


def keep_stored(code: list[NotebookNode], stored: NotebookNode | None) -> None:
    """Put stored outputs back where the fresh ones say and show the same."""
    old = [cell for cell in stored.cells if cell.cell_type == "code"] if stored else []
    for fresh, kept in zip(code, old, strict=False):
        if fresh.source == kept.source and same_outputs(fresh.outputs, kept.outputs):
            fresh["outputs"] = kept.outputs


# ---------------------------------------------------------------- one chapter


def read_stored(path: Path) -> NotebookNode | None:
    """Return the committed notebook of a chapter, None when there is none."""
    file = path.with_suffix(".ipynb")
    return nbformat.read(file, as_version=4) if file.exists() else None


def with_stored_outputs(code: list[NotebookNode], stored: NotebookNode) -> None:
    """Take outputs from the stored notebook, cell by cell."""
    old = [cell for cell in stored.cells if cell.cell_type == "code"]
    for fresh, kept in zip(code, old, strict=False):
        fresh["outputs"], fresh["execution_count"] = kept.outputs, kept.execution_count


def problems(book: Book, labels: dict[str, Label], path: Path, package: str) -> list[str]:
    """Say in sentences how a committed notebook differs from its source; executes nothing."""
    name = f"{path.parent.name}/{path.stem}.ipynb"
    stored = read_stored(path)
    if stored is None:
        return [f"{name} is missing: run `make notebooks`"]
    cells = read_cells(path)
    code = code_cells(book, cells)
    found = []
    if stored.metadata.get("d2lmini", {}).get("outputs") != digest_of(
        [cell.source for cell in code], package
    ):
        found.append(
            f"{name}: its outputs are older than its code or the package: run `make notebooks`"
        )
    with_stored_outputs(code, stored)
    made, kept = bare(assemble(book, labels, path, cells, code)), bare(stored)
    if made == kept:
        return found
    for i, (ours, theirs) in enumerate(zip(made["cells"], kept["cells"], strict=False)):
        if ours != theirs:
            return [*found, f"{name}: cell {i} is not what {path.name} says: run `make notebooks`"]
    return [
        *found,
        f"{name}: {len(kept['cells'])} cells or other metadata, "
        f"{path.name} gives {len(made['cells'])}",
    ]


def export(
    book: Book, labels: dict[str, Label], path: Path, package: str, force: bool = False
) -> str:
    """Write one notebook and say what was done.

    Raises:
        ChapterError: the chapter cannot be converted or executed.
    """
    cells = read_cells(path)
    code = code_cells(book, cells)
    digest = digest_of([cell.source for cell in code], package)
    stored = read_stored(path)
    done = "text only"
    if (
        not force
        and stored is not None
        and stored.metadata.get("d2lmini", {}).get("outputs") == digest
    ):
        with_stored_outputs(code, stored)
    else:
        _refuse_subset(path, code)
        start = time.perf_counter()
        execute(path, code, [1, *(cell.line for cell in cells if cell.kind == "code")])
        keep_stored(code, None if force else stored)
        done = f"executed in {time.perf_counter() - start:.0f} s"
    notebook = assemble(book, labels, path, cells, code)
    notebook.metadata["d2lmini"]["outputs"] = digest
    text, file = dumps(notebook), path.with_suffix(".ipynb")
    _refuse_paths(path, text)
    if file.exists() and file.read_text(encoding="utf-8") == text:
        return f"{file.name}: unchanged ({done})"
    file.write_text(text, encoding="utf-8", newline="\n")
    return f"{file.name}: written ({done}, {len(text) / 1000:.0f} kB)"


def _refuse_subset(path: Path, code: list[NotebookNode]) -> None:
    if not reads_full_data(code):
        return
    from d2lmini.data import source

    if source() != "full":
        raise ChapterError(
            path, 1, "its stored outputs come from the full Fashion-MNIST, here is only the "
            "subset: install the package dataset-fashion-mnist or set D2LMINI_DATA"
        )  # fmt: skip


def _refuse_paths(path: Path, text: str) -> None:
    for folder in {str(ROOT), sys.prefix}:
        if len(folder) > 1 and folder in text:
            raise ChapterError(path, 1, f"an output names a folder of this machine, {folder}")


def main(arguments: list[str] | None = None) -> int:
    """Run the exporter from a command line."""
    parser = argparse.ArgumentParser(description="Make the notebooks from the chapters.")
    parser.add_argument("names", nargs="*", help="chapters, all if none is named")
    parser.add_argument(
        "--check", action="store_true", help="execute nothing; exit 1 when a notebook is stale"
    )
    parser.add_argument("--force", action="store_true", help="execute also what did not change")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    try:
        book = read_book(options.root.resolve())
        labels, package = read_labels(book), package_digest(book.root)
        failed = False
        for path in book.chapters(options.names):
            if options.check:
                found = problems(book, labels, path, package)
                failed = failed or bool(found)
                print("\n".join(found) or f"{path.stem}.ipynb: as its source says", flush=True)
            else:
                print(export(book, labels, path, package, options.force), flush=True)
    except (ChapterError, ValueError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 1
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
