"""States of any explorer, drawn from its table of limits, and the addresses that ask for them.

Nothing here knows an explorer. A kind of field that is new needs one function in each of the three
tables at the end: a value to draw, its text in an address, and texts that an address must survive.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import torch

from d2lmini.explorers.pixels import encode

Field = dict[str, Any]
State = dict[str, Any]
EDGE = 0.3  # share of numbers that are drawn from the ends of their range
CHANGED = 6  # cells of a table that differ from the start, at most
SIDE = 20  # of a drawn picture, at most
CORNER = 4  # rows and columns in which every second changed cell lies: a small setting shows them


def shape(field: Field) -> tuple[int, int]:
    """Return rows and columns of a table of whole numbers."""
    size = field.get("size")
    return field.get("rows", size), field.get("cols", size)


def _int(field: Field, start: int, draw: random.Random) -> int:
    ends = (field["min"], field["max"])
    return draw.choice(ends) if draw.random() < EDGE else draw.randint(*ends)


def _ints(field: Field, start: list[list[int]], draw: random.Random) -> list[list[int]]:
    rows, cols = shape(field)
    made = [list(row) for row in start]
    for turn in range(draw.randint(0, CHANGED)):
        high, wide = (min(rows, CORNER), min(cols, CORNER)) if turn % 2 else (rows, cols)
        made[draw.randrange(high)][draw.randrange(wide)] = draw.randint(field["min"], field["max"])
    return made


def _pixels(field: Field, start: str, draw: random.Random) -> str:
    most = max(field["min"], min(field["max"], SIDE))
    rows, cols = (draw.randint(field["min"], most) for _ in range(2))
    greys = [draw.randrange(256) for _ in range(3)]
    return encode(torch.tensor(draw.choices(greys, k=rows * cols)).reshape(rows, cols))


def _layers(field: Field, start: str, draw: random.Random) -> str:
    def layer() -> str:
        numbers = (f"{name}{draw.randint(*field[name])}" for name in "kspd")
        return draw.choice("cm") + "".join(numbers)[1:]

    return "-".join(layer() for _ in range(draw.randint(1, field["most"])))


def _cells(field: Field, value: list[list[int]], start: list[list[int]]) -> str:
    rows, cols = shape(field)
    return "_".join(
        f"{r}.{c}.{value[r][c]}"
        for r in range(rows)
        for c in range(cols)
        if value[r][c] != start[r][c]
    )


def _hostile_int(field: Field) -> Iterator[tuple[str, object]]:
    low, high = field["min"], field["max"]
    yield from ((str(high + 1), high), (str(low - 1), low), ("1e9", high), ("-1e9", low))
    yield from ((text, None) for text in ("five", "", "2.5", "NaN", "0x3", "Infinity"))


def _hostile_ints(field: Field) -> Iterator[tuple[str, object]]:
    rows, cols = shape(field)
    over, under = field["max"] + 1, field["min"] - 1
    for text in ("junk", "", "1.2", f"{rows}.0.1", f"0.{cols}.1", "0.0.0.0", "0.0.x", "_"):
        yield text, None
    yield f"0.0.{over}", {(0, 0): field["max"]}
    if under < 0:
        yield f"0.0.{under}", {(0, 0): field["min"]}


def _hostile_layers(field: Field) -> Iterator[tuple[str, object]]:
    yield from ((text, None) for text in ("junk", "", "1e9", "-1", "x3s1p0d1", "c3 s1"))
    low, high = ("c" + "".join(f"{n}{field[n][end]}" for n in "kspd")[1:] for end in (0, 1))
    yield "c999s999p999d999", high
    yield f"c0s0p{field['p'][0]}d0", low
    yield f"{low}-junk", low


DRAW: dict[str, Callable[[Field, Any, random.Random], Any]] = {
    "int": _int,
    "bool": lambda field, start, draw: draw.random() < 0.5,
    "choice": lambda field, start, draw: draw.choice(field["of"]),
    "ints": _ints,
    "pixels": _pixels,
    "layers": _layers,
}
TEXT: dict[str, Callable[[Field, Any, Any], str]] = {
    "int": lambda field, value, start: str(value),
    "bool": lambda field, value, start: str(int(value)),
    "choice": lambda field, value, start: value,
    "ints": _cells,
    "pixels": lambda field, value, start: value,
    "layers": lambda field, value, start: value,
}
# A text that is wrong, and what stands in its place; None: the value of the start.
HOSTILE: dict[str, Callable[[Field], Iterator[tuple[str, object]]]] = {
    "int": _hostile_int,
    "bool": lambda field: ((text, None) for text in ("maybe", "", "2", "true", "-1")),
    "choice": lambda field: ((text, None) for text in ("no such", "", "1e9", "constructor")),
    "ints": _hostile_ints,
    "pixels": lambda field: (
        (text, None) for text in ("junk", "", "1x1-00", "5x5-00", "99x99-00", "5x5-zz", "-1")
    ),
    "layers": _hostile_layers,
}


# Values that a trait must not take.
BEYOND: dict[str, Callable[[Field, Any], list[Any]]] = {
    "int": lambda field, start: [field["min"] - 1, field["max"] + 1, 1.5, "1", None],
    "bool": lambda field, start: [2, "yes", None],
    "choice": lambda field, start: ["no such", 1.5, None],
    "ints": lambda field, start: [
        [], start[:-1], [row[:-1] for row in start], [[field["max"] + 1] * len(r) for r in start],
    ],
    "pixels": lambda field, start: ["junk", "1x1-00", 1],
    "layers": lambda field, start: ["junk", "", 1],
}  # fmt: skip


def extreme(fields: dict[str, Field], start: State, end: int) -> State:
    """Return the state with every value at one end of its range; texts stay."""

    def far(field: Field, value: Any) -> Any:
        match field["kind"]:
            case "int":
                return (field["min"], field["max"])[end]
            case "bool":
                return bool(end)
            case "choice":
                return field["of"][-end]
            case "ints":
                return [[(field["min"], field["max"])[end]] * len(row) for row in value]
        return value

    return {name: far(field, start[name]) for name, field in fields.items()}


def another(field: Field, value: Any) -> Any:
    """Return a valid value other than `value`."""
    draw = random.Random(1)
    drawn = (DRAW[field["kind"]](field, value, draw) for _ in range(1000))
    return next(other for other in drawn if other != value)


def repaired(start: State, name: str, value: Any) -> State:
    """Return the start with what a hostile text leaves of one field."""
    if isinstance(value, dict):  # cells of a table
        rows = [list(row) for row in start[name]]
        for (r, c), number in value.items():
            rows[r][c] = number
        value = rows
    return dict(start) if value is None else start | {name: value}


@dataclass(frozen=True)
class Case:
    """One state of an explorer; `bad` is Python's reason why it has no output, or None."""

    state: State
    bad: str | None


def reach(fields: dict[str, Field], name: str) -> list[Any]:
    """Return every value that the control of a field reaches; the field is no table and no text."""
    field = fields[name]
    if field["kind"] == "int":
        return list(range(field["min"], field["max"] + 1))
    return list(field["of"]) if field["kind"] == "choice" else [False, True]


def any_state(fields: dict[str, Field], start: State, draw: random.Random) -> State:
    """Draw a state, whether or not it has an output."""
    return {name: DRAW[field["kind"]](field, start[name], draw) for name, field in fields.items()}


def valid(field: Field, value: Any) -> bool:
    """Return whether a field may have a value."""
    if field["kind"] == "int":
        return isinstance(value, int) and field["min"] <= value <= field["max"]
    return isinstance(value, bool) if field["kind"] == "bool" else value in field["of"]


def put(explorer: Any, state: State) -> None:
    """Give an explorer of Python a state, whether or not the state has an output."""
    for name, value in state.items():
        explorer.set_trait(name, value)


def sample(explorer: Any, fields: dict[str, Field], count: int, seed: int) -> list[Case]:
    """Draw `count` different states: where some are refused, at most every fifth of them is."""
    draw, start = random.Random(seed), explorer.state()
    found: list[Case] = []
    refused, seen = 0, set()
    for _ in range(200 * count):
        state = any_state(fields, start, draw)
        if draw.random() < 0.5:  # a state near the start: one or two values differ
            near = draw.sample(list(fields), min(2, len(fields)))
            state = {name: state[name] if name in near else start[name] for name in fields}
        put(explorer, state)
        bad = explorer.problem()
        if repr(state) in seen or (bad and refused >= count // 5):
            continue
        seen.add(repr(state))
        refused += bad is not None
        found.append(Case(state, bad))
        if len(found) == count:
            break
    put(explorer, start)
    draw.shuffle(found)
    return found


def text(field: Field, value: Any, start: Any) -> str:
    """Return a value as it stands in an address."""
    return quote(TEXT[field["kind"]](field, value, start))


def query(id: str, fields: dict[str, Field], start: State, state: State) -> str:
    """Return the part of an address that asks for a state, without the question mark."""
    said = []
    for name, field in fields.items():
        now, before = (text(field, values[name], start[name]) for values in (state, start))
        if now != before:
            said.append(f"{id}.{name}={now}")
    return "&".join(said)
