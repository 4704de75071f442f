"""The exercises of a chapter: their directives, and the cells that belong to each.

An exercise is an ``{exercise}`` directive. The cells after it, tagged ``exercise``, ask for one
answer each; cells tagged ``solution`` and dropdowns of the class ``solution`` answer them. What is
tagged or classed ``solution`` is cut from copies without solutions.
"""

import ast
import builtins
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.chapters import HEADING, TARGET, Block, Cell, split_blocks

ASKS, SOLVES = "exercise", "solution"  # tags of cells, and the class of a dropdown
PLACEHOLDER = "...  # your code here"
SECTION = "Exercises"
NAMELESS = "its last line must be check(...), discussion(...) or quiz(...) with a name in quotes"
Found = tuple[int, str]


@dataclass
class Part:
    """One answer that an exercise asks for: the cell to fill, and the cells that solve it."""

    name: str
    stub: Cell
    solutions: list[Cell] = field(default_factory=list)

    @property
    def released(self) -> list[Cell]:
        """The cells that become an assignment: the stub, and the solution in code that is checked.

        Other cells of a solution draw or count something; they stay in the chapter.
        """
        return [self.stub, *(cell for cell in self.solutions if ends_in(cell, "check", self.name))]


@dataclass
class Task:
    """One exercise: its directive and its parts."""

    block: Block
    parts: list[Part] = field(default_factory=list)


def variable(name: str) -> str:
    """Return the Python name under which a notebook keeps an answer.

    >>> variable("padding-last-layer")
    'padding_last_layer'
    """
    return name.replace("-", "_")


def solves(block: Block) -> bool:
    """Say whether a directive holds a solution and nothing else."""
    options = block.options  # a dropdown of the site takes the second one
    words = f"{options.get('class', '')} {options.get('class-container', '')}".split()
    return block.name.startswith("solution") or SOLVES in words


def parsed(source: str) -> ast.Module:
    """Return a cell as a tree, without magics; an empty one where it is no Python."""
    rows = ["" if re.match(r"\s*[%!]", row) else row for row in source.split("\n")]
    try:
        return ast.parse("\n".join(rows))
    except SyntaxError:
        return ast.parse("")


def last_call(source: str) -> tuple[str, str, ast.Call] | None:
    """Return function, name and node of the call in the last line of a cell, or None."""
    body = parsed(source).body
    call = body[-1].value if body and isinstance(body[-1], ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or not call.args:
        return None
    name = call.args[0]
    if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
        return None
    return call.func.id, name.value, call


def ends_in(cell: Cell, function: str, name: str) -> bool:
    """Say whether the last line of a cell calls a function with this name."""
    found = last_call(cell.source)
    return found is not None and found[:2] == (function, name)


def without_call(source: str) -> str:
    """Return a cell without the call in its last line."""
    body = parsed(source).body
    return "\n".join(source.split("\n")[: body[-1].lineno - 1]).rstrip()


def pieces(cells: Sequence[Cell]) -> Iterator[Block | Cell]:
    """Yield directives, code fences and text of the Markdown, and the code cells, in order."""
    for cell in cells:
        if cell.kind == "markdown":
            yield from split_blocks(cell.source.split("\n"), cell.line)
        elif cell.kind == "code":
            yield cell


def walk(cells: Sequence[Cell]) -> tuple[list[Task], list[Found]]:
    """Return a chapter's exercises, and what is out of place with its line."""
    tasks: list[Task] = []
    wrong: list[Found] = []
    task: Task | None = None
    section = ""
    for piece in pieces(cells):
        if isinstance(piece, Cell):
            wrong += _cell(piece, task, section)
        elif piece.kind == "directive" and piece.name == "exercise":
            task = Task(piece)
            tasks.append(task)
        elif piece.kind != "text":
            wrong += _dropdown(piece)
            task = task if solves(piece) else None
        else:
            titles = [HEADING.match(row) for row in piece.lines]
            section = next((t[2] for t in reversed(titles) if t and len(t[1]) == 2), section)
            task = None if any(map(_says, piece.lines)) else task
    return tasks, wrong


def _says(row: str) -> bool:
    return bool(row.strip()) and not row.startswith("%") and not TARGET.match(row)


def _dropdown(block: Block) -> Iterator[Found]:
    if (
        block.name == "dropdown"
        and re.match("solution", block.argument, re.I)
        and not solves(block)
    ):
        yield block.opened, "a dropdown with a solution needs :class-container: solution"


def _cell(cell: Cell, task: Task | None, section: str) -> Iterator[Found]:
    """Add a cell to the exercise in hand; yield what is wrong with its place or last line."""
    mine = {ASKS, SOLVES} & set(cell.tags)
    if not mine:
        if section == SECTION and "hide-cell" in cell.tags:
            yield cell.line, f"what is folded among the exercises needs the tag {SOLVES}"
        return
    if len(mine) == 2:
        yield cell.line, f"a cell is tagged {ASKS} or {SOLVES}, not both"
        return
    if task is None:
        yield cell.line, "a cell of no exercise: only solutions stand between directive and cell"
        return
    found = last_call(cell.source)
    if SOLVES in mine:
        if not task.parts:
            yield cell.line, "a solution before the cell that asks for it"
        else:
            task.parts[-1].solutions.append(cell)
    elif found is None or found[0] not in ("check", "quiz"):
        yield cell.line, f"tagged {ASKS}: {NAMELESS}"
    else:
        task.parts.append(Part(found[1], cell))


def read_tasks(cells: Sequence[Cell]) -> list[Task]:
    """Return the exercises that have cells, in the chapter's order."""
    return [task for task in walk(cells)[0] if task.parts]


def parts(tasks: Sequence[Task]) -> list[Part]:
    """Return the parts of all exercises."""
    return [part for task in tasks for part in task.parts]


# ---------------------------------------------------------------- set-up


def setup_cell(cells: Sequence[Cell]) -> Cell | None:
    """Return the cell with a chapter's imports: its first code cell."""
    return next((cell for cell in cells if cell.kind == "code"), None)


def imported(source: str) -> dict[str, ast.Import | ast.ImportFrom]:
    """Return the names that a cell imports, each with its statement."""
    return {
        (alias.asname or alias.name).split(".")[0]: node
        for node in parsed(source).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }


def loaded(source: str) -> set[str]:
    """Return the names that a cell uses and does not bind itself."""
    used, bound = set(), set(vars(builtins))
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
    return used - bound


def signatures(source: str) -> dict[str, str]:
    """Return the functions and classes of a cell with their arguments; methods as ``C.f``."""
    found: dict[str, str] = {}

    def collect(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.FunctionDef):
                found[prefix + node.name] = ast.unparse(node.args)
            elif isinstance(node, ast.ClassDef):
                found[prefix + node.name] = ", ".join(map(ast.unparse, node.bases))
                collect(node.body, f"{prefix}{node.name}.")

    collect(parsed(source).body, "")
    return found


# ---------------------------------------------------------------- rules


def problems(cells: Sequence[Cell], records: Sequence[Any]) -> Iterator[Found]:
    """Yield what is wrong with a chapter's exercises; ``records`` are its ``EXERCISES``."""
    tasks, wrong = walk(cells)
    yield from wrong
    kinds = {record.name: type(record).__name__ for record in records}
    setup = setup_cell(cells)
    known = set(imported(setup.source)) if setup else set()
    asked = parts(tasks)
    for part in asked:
        if part.name not in kinds:
            yield part.stub.line, f"no exercise of this chapter is called {part.name!r}"
            continue
        yield from _asks(part, kinds[part.name])
        yield from _solved(part, kinds[part.name])
        for cell in part.released:
            if missing := sorted(loaded(cell.source) - known):
                yield cell.line, f"not imported in the set-up cell: {', '.join(missing)}"
        known |= {variable(part.name), *signatures(part.stub.source)}
    yield from _order([part.name for part in asked], list(kinds), setup.line if setup else 1)


def _order(asked: list[str], known: list[str], line: int) -> Iterator[Found]:
    names = [name for name in asked if name in known]
    if absent := [name for name in known if name not in names]:
        yield line, f"exercises without a cell tagged {ASKS}: {', '.join(absent)}"
    elif names != known:
        first = next((a for a, b in zip(names, known, strict=False) if a != b), names[-1])
        yield line, f"cells and EXERCISES differ in order or number, first at {first!r}"


def _asks(part: Part, kind: str) -> Iterator[Found]:
    """Yield what is wrong with the cell that a student fills."""
    cell, call = part.stub, last_call(part.stub.source)
    asks = "quiz" if kind == "Quiz" else "check"
    if call is None or call[0] != asks:
        yield cell.line, f"{part.name} is a {kind}: the last line must call {asks}"
    elif kind != "Quiz" and [ast.unparse(arg) for arg in call[2].args[1:]] != [part.name]:
        yield cell.line, f'the last line must be check("{part.name}", {part.name})'
    if kind == "Code" and PLACEHOLDER not in cell.source:
        yield cell.line, f"an empty function holds the line {PLACEHOLDER!r}"
    if kind == "Discussion" and not re.search(rf'^{part.name} = ""', cell.source, re.M):
        yield cell.line, f'an empty answer is the line {part.name} = ""'


def _solved(part: Part, kind: str) -> Iterator[Found]:
    """Yield what is wrong with the solution of a part."""
    for cell in part.solutions:
        if not {"hide-cell", "remove-cell"} & set(cell.tags):
            yield cell.line, "a solution is folded: add the tag hide-cell"
    if kind == "Quiz":
        return
    wanted = "check" if kind == "Code" else "discussion"
    ends = [cell for cell in part.solutions if ends_in(cell, wanted, part.name)]
    if len(ends) != 1:
        yield part.stub.line, f"{part.name} has {len(ends)} solution cells that end in {wanted}"
    elif kind == "Code":
        made = signatures(ends[0].source)
        for name, arguments in signatures(part.stub.source).items():
            if made.get(name) != arguments:
                yield ends[0].line, f"the solution of {name} has other arguments than its stub"
