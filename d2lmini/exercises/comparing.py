"""Say what is wrong with the arrays that came back for a case, to a reader and to the grader."""

from collections.abc import Callable, Mapping

import numpy as np

from d2lmini.exercises.calling import AFTER, FAILED, NOTHING, REFUSED, as_arrays, as_inputs
from d2lmini.exercises.spec import Array, Case, Code

__all__ = ["NOTHING", "expected_of", "shown", "text_of", "unequal", "wrong"]

SHOWN = 24  # numbers of an array that a message holds
KINDS = {"b": "truth values", "i": "whole numbers", "u": "whole numbers", "f": "floats"}


def wrong(spec: Code, case: Case, got: Mapping[str, Array]) -> str | None:
    """Return what is wrong with an answer, as a sentence without its full stop, or None.

    Args:
        spec: the exercise.
        case: the case, as it was made; its inputs were not given away, only copies of them.
        got: what :func:`d2lmini.exercises.calling.call_once` returned, or a forgery of it.
    """
    if FAILED in got:
        return text_of(got[FAILED])
    expected = None if spec.oracle is None else expected_of(spec, case)
    if REFUSED in got and (expected is None or REFUSED not in expected):
        return f"it raised ValueError: {text_of(got[REFUSED])}"
    if spec.judge is not None:
        problem = _judged(spec.judge, case, got)
    else:
        problem = _different(spec, expected or {}, got)
    return problem or changed(case, got)


def expected_of(spec: Code, case: Case) -> dict[str, Array]:
    """Return the expected arrays of a case; ``{"refused": …}`` where refusing is right."""
    assert spec.oracle is not None
    try:
        return as_arrays(spec.oracle(**as_inputs(dict(case.inputs))))
    except ValueError:
        return {REFUSED: np.zeros(0)}


def _judged(
    judge: Callable[[Case, Mapping[str, Array]], str | None], case: Case, got: Mapping[str, Array]
) -> str | None:
    try:
        return judge(case, got)
    except (KeyError, IndexError, ValueError, TypeError):  # of shapes and names nobody asked for
        return "the answer does not have the form that the task asks for"


def _different(spec: Code, expected: Mapping[str, Array], got: Mapping[str, Array]) -> str | None:
    if REFUSED in expected:
        return None if REFUSED in got else "a ValueError was expected, and none was raised"
    names = [name for name in got if not name.startswith(AFTER)]
    if set(names) != set(expected):
        return f"expected {_count(expected)}, got {_count(names)}"
    for name, right in expected.items():
        if problem := unequal(right, got[name], spec.rtol, spec.atol):
            return f"{name}: {problem}" if name else problem
    return None


def _count(names: Mapping[str, Array] | list[str]) -> str:
    named = sorted(name for name in names if name)
    return f"{len(named)} results ({', '.join(named)})" if named else "one result"


def unequal(right: Array, got: Array, rtol: float, atol: float) -> str | None:
    """Return how an array differs from the right one in shape, kind, dtype or value, or None."""
    right, got = np.asarray(right), np.asarray(got)
    if got.shape != right.shape:
        return f"expected the shape {right.shape}, got {got.shape}"
    same = got.dtype.kind == right.dtype.kind or {got.dtype.kind, right.dtype.kind} <= set("iu")
    if not same:
        return f"expected {KINDS[right.dtype.kind]} ({right.dtype}), got {got.dtype}: {shown(got)}"
    if right.ndim and right.dtype.kind == "f" and got.dtype != right.dtype:
        return f"expected the dtype {right.dtype}, got {got.dtype}"
    if got.dtype.kind == "f" and not np.isfinite(got[np.isfinite(right)]).all():
        return f"not every number is finite: {shown(got)}"
    exact = got.dtype.kind != "f"
    close = got == right if exact else np.isclose(got, right, rtol, atol, equal_nan=True)
    return None if close.all() else f"expected {shown(right)}, got {shown(got)}"


def changed(case: Case, got: Mapping[str, Array]) -> str | None:
    """Return which input the call changed, or None."""
    for name, value in as_inputs(dict(case.inputs)).items():
        after = got.get(AFTER + name)
        if after is not None and not np.array_equal(after, np.asarray(value), equal_nan=True):
            return f"it changed its input {name}; work on a copy"
    return None


def text_of(message: Array) -> str:
    """Return a message that travelled as bytes, as one line of printable text."""
    if np.asarray(message).dtype != np.uint8:
        return "an answer that cannot be read"
    text = np.asarray(message).tobytes()[:300].decode("utf-8", "replace")
    return "".join(c if c.isprintable() else " " for c in text).strip() or "no message"


def shown(array: Array) -> str:
    """Return an array as readers write it, on one line, shortened when it is long.

    >>> shown(np.array([[1.0, -0.25]], dtype=np.float32)), shown(np.array(3))
    ('[[1, -0.25]]', '3')
    """
    array = np.asarray(array)
    if array.size > SHOWN:
        return f"{array.dtype} of the shape {array.shape}, first {shown(array.ravel()[:6])}"
    kind = array.dtype.kind
    form = {"float_kind": lambda v: f"{v:.6g}"} if kind == "f" else None
    text = np.array2string(array, separator=", ", formatter=form, max_line_width=10**6)  # type: ignore[arg-type]
    return " ".join(text.split()).replace("[ ", "[")
