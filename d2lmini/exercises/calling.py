"""Call a student's function with the inputs of some cases and return plain arrays.

This module runs in two places: in the reader's kernel (``check``) and, sent there as text, in the
grader's sandbox. So it imports NumPy and PyTorch alone, and what it returns can travel: arrays of
booleans, whole numbers and floats. Whoever reads them must not believe more than their values.
"""

from typing import Any

import numpy as np
import torch

REFUSED, FAILED, AFTER = "refused", "failed", "after "
NOTHING = "it returned nothing (None)"


def as_inputs(given: dict[str, Any]) -> dict[str, Any]:
    """Return what the function gets: tensors for arrays, Python's own numbers and texts."""
    made: dict[str, Any] = {}
    for name, value in given.items():
        array = value.detach().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)
        made[name] = torch.from_numpy(array.copy()) if array.ndim else array.item()
    return made


def as_array(value: Any) -> Any:
    """Return a tensor, an array or a number as an array; raise TypeError for anything else."""
    if isinstance(value, torch.Tensor):
        if value.device.type != "cpu":
            raise TypeError(f"it returned a tensor on {value.device}; move it with .cpu()")
        value = value.detach().numpy()
    if isinstance(value, (bool, int, float, np.ndarray, np.generic)):
        array = np.asarray(value)
        if array.dtype.kind in "biuf":
            return array
        raise TypeError(f"it returned numbers of the kind {array.dtype}")
    raise TypeError(
        NOTHING if value is None else f"it returned something of type {type(value).__name__}"
    )


def as_arrays(result: Any) -> dict[str, Any]:
    """Return a result under names: "" for a single one, "0", "1", … in a tuple, a dict's keys."""
    if isinstance(result, dict):
        return {str(name): as_array(value) for name, value in result.items()}
    if isinstance(result, tuple):
        return {str(i): as_array(value) for i, value in enumerate(result)}
    return {"": as_array(result)}


def call_once(statements: Any, given: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    """Execute the call of an exercise for one case.

    Args:
        statements: the exercise's ``call``, text or code.
        given: the inputs of the case.
        names: the names that the student's notebook defines; they are not changed.

    Returns:
        the result under its names; ``"refused"`` after a ValueError and ``"failed"`` after any
        other exception, each with the message as UTF-8 bytes; and each tensor input as it is after
        the call under ``"after NAME"``.
    """
    inputs = as_inputs(given)
    space = {**names, "torch": torch, "np": np, **inputs}
    try:
        exec(statements, space)
        got = as_arrays(space["result"])
    except ValueError as problem:
        got = {REFUSED: as_bytes(str(problem))}
    except (Exception, SystemExit) as problem:
        ours = isinstance(problem, TypeError) and str(problem).startswith("it returned")
        kind = "" if ours else f"it raised {type(problem).__name__}: "
        got = {FAILED: as_bytes(kind + str(problem))}
    after = {AFTER + name: v.detach().numpy() for name, v in inputs.items() if hasattr(v, "detach")}
    return {**got, **after}


def as_bytes(text: str) -> Any:
    """Return the first line of a text as UTF-8 bytes in an array."""
    line = (text.strip().split("\n", 1)[0] or "no message")[:300]
    return np.frombuffer(line.encode("utf-8", "replace"), dtype=np.uint8)


def call_all(
    statements: str, given: list[dict[str, Any]], names: dict[str, Any]
) -> list[dict[str, Any]]:
    """Execute the call for each case in turn."""
    code = compile(statements, "<call>", "exec")
    return [call_once(code, inputs, names) for inputs in given]
