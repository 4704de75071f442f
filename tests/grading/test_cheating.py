"""Notebooks that cheat, break or wander: they earn nothing by it, and cost nobody else anything.

Each attack leaves the second question to an honest answer, which must get its points.
"""

import pytest

from d2lmini.grading import session
from tests.grading.classroom import QUIZ, SCALE, TRIANGLE, graded, notebook, points

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("walls")]

WRONG = "def scale(x, k):\n    return x"
ATTACKS = {
    "a tensor that equals everything": """
class Same(torch.Tensor):
    def __eq__(self, other): return torch.ones((), dtype=torch.bool)
    def __sub__(self, other): return 0 * self
def scale(x, k):
    return torch.zeros_like(x).as_subclass(Same)
""",
    "an object that equals everything": """
class Same:
    def __eq__(self, other): return True
    def __array__(self, dtype=None, copy=None): return np.zeros(1)
def scale(x, k):
    return Same()
""",
    "patched comparisons": f"""
import builtins, numpy.testing
for module, names in ((np, "isclose allclose array_equal isfinite"), (torch, "equal allclose"),
                      (numpy.testing, "assert_allclose assert_array_equal")):
    for name in names.split():
        setattr(module, name, lambda *a, **k: True)
builtins.all = builtins.any = lambda *a: True
builtins.isinstance = lambda *a: True
builtins.len = lambda *a: 1
{WRONG}
""",
    "patched saving": """
_savez = np.savez
def savez(file, **arrays):
    _savez(file, **{key: np.zeros_like(value) for key, value in arrays.items()
                    if not key.endswith("failed")})
def scale(x, k):
    np.savez = savez
    try:
        return torch.ones(3)
    finally:
        pass
""",
    "patched check": f"""
import d2lmini.exercises
d2lmini.exercises.check = check = lambda *a, **k: "passed, 4 of 4 points"
print("scale: passed, 4 of 4 points.")
{WRONG}
""",
    "forged results": """
import threading, pathlib, time
def forge():
    while True:
        for path in pathlib.Path("/in").glob("*.npz"):
            for name in (path.name, "verdict.json", "scale.json"):
                try:
                    pathlib.Path("/box", name).write_text('{"points": 4, "scale": true}')
                except OSError:
                    pass
        time.sleep(0.001)
def scale(x, k):
    thread = threading.Thread(target=forge, daemon=True)
    thread.start()
    return x
""",
    "looking for the answer": """
import gc, sys, os
def scale(x, k):
    found = [name for name in sys.modules if name.startswith("d2lmini.grading")]
    found += [v for v in os.environ.values() if "seed" in v.lower()]
    frame, seen, names = sys._getframe(), [], ("expected", "right", "secret", "seed")
    while frame:
        seen += [v for n, v in frame.f_locals.items() if n in names]
        frame = frame.f_back
    for value in [*found, *seen]:
        if torch.is_tensor(value):
            return value
    return torch.zeros_like(x)
""",
    "a result written down": """
def scale(x, k):
    return {(1, 1): torch.tensor([[-0.6912]])}.get(tuple(x.shape), torch.zeros_like(x))
""",
    "the kernel's exit": "import os\ndef scale(x, k):\n    os._exit(0)",
    "an exit that is raised": "import sys\ndef scale(x, k):\n    sys.exit(0)",
    "Ctrl-C raised": "def scale(x, k):\n    raise KeyboardInterrupt",
    "a hook on every cell": """
def scale(x, k):
    ip = get_ipython()
    ip.input_transformers_cleanup.append(lambda lines: ["_r = {'text': b'a'}\\n"])
    return x
""",
    "a lie about numbers": """
class Liar(np.ndarray):
    @property
    def shape(self): return (1, 1)
def scale(x, k):
    return np.zeros(3, dtype=np.float32).view(Liar)
""",
    "every input refused": "def scale(x, k):\n    raise SystemError(repr(x))",
    "a huge array": "def scale(x, k):\n    return torch.zeros(1).expand(9000, 9000, 90)",
    "nothing but a docstring and a trick": """
def scale(x, k):
    '''Return k times x: passed, 4 of 4 points.'''
    return ...
""",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_earns_nothing_and_costs_no_other_question(attack: str) -> None:
    result = graded(notebook({"scale": ATTACKS[attack], "triangle": TRIANGLE, "demo_quiz": QUIZ}))
    scale, triangle, quiz = (result["questions"][n] for n in ("scale", "triangle", "demo-quiz"))
    assert scale["points"] == 0, scale
    assert len(scale["reason"]) > 10
    assert "-0.6912" not in scale["reason"] and "tensor(" not in scale["reason"]
    if attack != "patched saving":  # that one spoils the student's own later answers
        assert (triangle["points"], quiz["points"]) == (3, 1), result


def test_a_loop_in_a_cell_and_in_a_function_cost_only_themselves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session, "CELL", 6)
    book = notebook(
        {"scale": "def scale(x, k):\n    while True:\n        pass", "triangle": TRIANGLE},
        "while True:\n    pass",
        QUIZ,
    )
    result = graded(book)
    assert points(result)[:3] == [0, 3, 1]
    assert result["questions"]["scale"]["reason"].startswith("twice: ")
    assert "within 9" in result["questions"]["scale"]["reason"]
    assert len(result["limits"]) == 2 and result["limits"][0].startswith("cell 9: ")
    assert "within 6" in result["limits"][0]


def test_a_stopped_cell_takes_what_it_defines_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "CELL", 6)
    result = graded(notebook({"scale": SCALE + "\nwhile True:\n    pass", "triangle": TRIANGLE}))
    assert points(result)[:2] == [0, 3]
    assert "its cell was stopped" in result["questions"]["scale"]["reason"]


def test_time_for_the_whole_notebook_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "WHOLE", -4)  # the exercises add their own four seconds
    result = graded(notebook({"scale": SCALE, "triangle": TRIANGLE}))
    assert points(result)[:3] == [0, 0, 0]
    assert "the whole notebook" in result["questions"]["triangle"]["reason"]


def test_magics_and_shell_run_inside_and_harm_nothing() -> None:
    first = "!touch /usr/here\n!cat /etc/shadow\n%cd /\n%who\n%pip --version\nimport torch"
    cells = ["%%bash\nkill -9 1; rm -rf / 2>/dev/null; true", "%%timeit -n1 -r1\n1 + 1", "input()"]
    result = graded(notebook({"scale": SCALE, "triangle": TRIANGLE}, *cells, QUIZ, first=first))
    assert points(result)[:3] == [4, 3, 1], result


def test_locked_cells_may_be_edited_doubled_or_deleted() -> None:
    book = notebook({"scale": WRONG, "triangle": TRIANGLE, "demo_quiz": QUIZ})
    by_id = {c["metadata"]["nbgrader"]["grade_id"]: c for c in book["cells"]}
    by_id["check-scale"]["source"] = SCALE  # runs nowhere: a check cell is not the student's
    book["cells"].append(dict(by_id["check-triangle"]))
    book["cells"].remove(by_id["check-demo_quiz"])
    result = graded(book)
    assert points(result)[:3] == [0, 3, 1]
    notes = "\n".join(result["notes"])
    assert "check cell of scale was edited" in notes
    assert "check cell of triangle was there 2 times" in notes
    assert "check cell of demo-quiz was deleted" in notes
