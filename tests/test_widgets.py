"""Explorers on the Python side: traits, still pictures, what a cell displays."""

import html
import itertools
import json
import random
import re
import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F
import traitlets
from IPython.core.interactiveshell import InteractiveShell

from d2lmini.explorers.base import listed, shade
from d2lmini.explorers.conv_shape import FIELDS, ConvShape
from d2lmini.explorers.setting import Setting
from d2lmini.explorers.shape_picture import PATTERNS, ShapePicture
from d2lmini.ops import size_problem
from d2lmini.widgets import Explorer, glue, on_site, page_box
from tools import states

VIEW = "application/vnd.jupyter.widget-view+json"


def bundle(widget) -> dict:
    """Return what a cell would display."""
    return widget._repr_mimebundle_()[0]


@pytest.fixture
def site(monkeypatch):
    """Make this process a kernel of the book's build."""
    monkeypatch.setenv("D2LMINI_SITE", "1")


# ---------------------------------------------------------------- values


@pytest.mark.parametrize("name", "nkpsd")
def test_a_value_out_of_its_range_is_refused_with_value_and_limit(name):
    field = FIELDS[name]
    for value, limit in ((field["min"] - 1, field["min"]), (field["max"] + 1, field["max"])):
        with pytest.raises(traitlets.TraitError) as error:
            ConvShape("shape", **{name: value})
        said = str(error.value)
        assert f"'{name}'" in said and str(value) in said and str(limit) in said, said


@pytest.mark.parametrize("value", ["3", 2.5, float("nan"), None])
def test_a_value_that_is_no_whole_number_is_refused(value):
    with pytest.raises(traitlets.TraitError, match="'k'"):
        ConvShape("shape", k=value)


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"ConvShape has no \['stride'\]; it has \['n', 'k', 'p'"):
        ConvShape("shape", stride=2)


@pytest.mark.parametrize("id", ["", "a b", "a.b", 'a"b', "é", 3, None])
def test_an_id_that_an_address_cannot_hold_is_refused(id):
    with pytest.raises(ValueError, match="letters, digits and hyphens"):
        ConvShape(id)


def test_a_start_without_output_is_refused_in_the_words_of_out_size():
    problem = size_problem(3, 5, 0, 1, 1)
    with pytest.raises(ValueError, match=re.escape(problem)):
        ConvShape("shape", n=3, k=5)


@pytest.mark.parametrize(
    "x, said",
    [
        ([[1, 2], [3]], r"rows of one width, 1 to 16, got 2 rows of width \[1, 2\]"),
        ([], "1 to 16 rows"),
        ([[]], "1 to 16 rows"),
        ([[0] * 17] * 3, r"got 3 rows of width \[17\]"),
        ([[0] * 3] * 17, "got 17 rows"),
        ([1, 2], "rows of whole numbers"),
        ("ab", "rows of whole numbers"),
        ([[True]], "whole numbers, got True"),
        ([[1.5]], "whole numbers, got 1.5"),
        ([["a"]], "whole numbers, got 'a'"),
        ([[float("nan")]], "whole numbers, got nan"),
        ([[float("inf")]], "whole numbers, got inf"),
        (3, "rows of whole numbers"),
    ],
)
def test_numbers_that_form_no_block_are_refused(x, said):
    with pytest.raises(ValueError, match=said):
        ConvShape("shape", x=x, k=1)


def test_a_kernel_must_be_square_and_an_input_need_not():
    with pytest.raises(ValueError, match=r"w must be a square of 1 to 7 rows, got 1 rows of width"):
        ConvShape("shape", w=[[1, 2]])
    machine = ConvShape("shape", x=[[1, 2, 3], [4, 5, 6]], k=2)
    assert (machine.n, machine.nw, machine.square) == (2, 3, False)
    assert machine.output().shape == (1, 2)


def test_a_width_of_its_own_makes_a_rectangle():
    assert not ConvShape("shape", nw=4).square and ConvShape("shape", n=4, nw=4).square
    assert ConvShape("shape", n=4, nw=9).output().shape == (2, 7)
    assert ConvShape("shape", n=4, nw=9, square=True).output().shape == (2, 2)


REFUSED = {
    "kernel size 5 spans 5 places, but the padded input has only 4 in width: ": {"n": 9, "nw": 4},
    "kernel size 5 spans 5 places, but the padded input has only 4 in height: ": {"n": 4, "nw": 9},
    "kernel size 5 spans 5 places, but the padded input has only 3: ": {"n": 3, "pad": "valid"},
    "padding same needs stride 1, but the stride is 2: ": {"pad": "same", "s": 2},
    "mode reflect needs padding of at most 5 for input size 6, but the padding is 6: ": {
        "mode": "reflect",
        "p": 6,
    },
    "mode circular needs padding of at most 2 for input size 2 in width, but the padding is 3: ": {
        "mode": "circular",
        "p": 3,
        "nw": 2,
    },
}


@pytest.mark.parametrize("words", REFUSED)
def test_each_rule_of_torch_is_refused_in_words(words):
    with pytest.raises(ValueError, match=f"^{re.escape(words)}"):
        ConvShape("shape", k=5, **REFUSED[words])
    machine = ConvShape("shape")
    for name, value in {"k": 5, "square": "nw" not in REFUSED[words], **REFUSED[words]}.items():
        machine.set_trait(name, value)
    with pytest.raises(ValueError, match=f"^{re.escape(words)}"):
        machine.output()


def test_a_number_outside_minus_9_to_9_is_refused():
    with pytest.raises(traitlets.TraitError, match="10"):
        ConvShape("shape", x=[[10]], k=1)


def test_own_numbers_set_the_size_and_may_be_tensors():
    X, K = torch.arange(9).reshape(3, 3), torch.tensor([[0.0, 1.0], [2.0, 3.0]])
    machine = ConvShape("shape", x=X, w=K, p=1)
    want = [[0, 3, 8, 4], [9, 19, 25, 10], [21, 37, 43, 16], [6, 7, 8, 0]]
    assert machine.output().tolist() == want
    assert ConvShape("shape", n=3, k=2, p=1).output().tolist() == want, "the pattern's own corner"


def test_two_explorers_do_not_share_their_numbers():
    one, other = ConvShape("one"), ConvShape("other")
    one.x = [[1] * 16 for _ in range(16)]
    assert other.x == PATTERNS["x"] and one.start["x"] == PATTERNS["x"]


# ---------------------------------------------------------------- numbers and words


SETTING = [name for name in FIELDS if name not in ("usage", "x", "w")]


def legal_settings(count: int, seed: int = 5) -> list[dict]:
    """Return settings that have an output, drawn from all that the controls reach."""
    draw, found = random.Random(seed), []
    while len(found) < count:
        q = {name: draw.choice(states.reach(FIELDS, name)) for name in SETTING}
        if Setting(**q).problem() is None:
            found.append(q)
    return found


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_output_equals_torchs_layer_in_sampled_settings():
    X, W = (torch.tensor([[PATTERNS[name]]], dtype=torch.float64) for name in "xw")
    for q in legal_settings(300):
        padding = q["p"] if q["pad"] == "per side" else q["pad"]
        layer = torch.nn.Conv2d(1, 1, q["k"], q["s"], padding, q["d"], bias=False,
                                padding_mode=q["mode"])  # fmt: skip
        layer.weight = torch.nn.Parameter(W[..., : q["k"], : q["k"]])
        Y = layer(X[..., : q["n"], : q["n" if q["square"] else "nw"]])
        assert ShapePicture(**q).Y.tolist() == Y[0, 0].to(torch.int64).tolist(), q


def test_the_sum_is_true_and_names_every_factor():
    for q in legal_settings(60):
        picture = ShapePicture(**q)
        m, mw = picture.Y.shape
        for i, j in {(0, 0), (m - 1, 0), (m // 2, mw - 1)}:
            text = picture.arithmetic(i, j).replace("−", "-").replace("·", "*")
            label, total, result = text.split(" = ")
            assert label == f"Y[{i}, {j}]" and total.count("*") == q["k"] ** 2
            assert eval(total) == int(result) == int(picture.Y[i, j])


def test_reads_counts_the_windows_of_each_row():
    for q in legal_settings(60):
        for side in Setting(**q).axes():
            ones = torch.ones(1, 1, side.room, 1, requires_grad=True)
            F.conv2d(
                ones, torch.ones(1, 1, q["k"], 1), stride=(q["s"], 1), dilation=(q["d"], 1)
            ).sum().backward()
            assert ones.grad is not None
            assert ones.grad.flatten().int().tolist() == side.reads


def places_in(said: str, one: str, many: str, end: int) -> list[int]:
    """Return the places that a sentence of `dropped` names as unread, along one axis."""
    gaps = re.search(rf"(?i)(?:^|\. )(?:{one}|{many}) ([−\d, and]+) lies? between", said)
    found = [int(g.replace("−", "-")) for g in re.findall(r"−?\d+", gaps[1])] if gaps else []
    last = re.search(rf"drops the last (?:(\d+) {many}|{one}) \(", said)
    return found + list(range(end - int(last[1] or 1), end) if last else [])


def test_dropped_rows_are_those_that_no_window_reads():
    for q in legal_settings(300):
        said, sides = ShapePicture(**q).dropped(), Setting(**q).axes()
        names = [("row", "rows"), ("column", "columns")]
        if q["square"]:
            names = [("row and column", "rows and columns")]
        for side, (one, many) in zip(sides, names, strict=False):
            free = [r - side.before for r, count in enumerate(side.reads) if not count]
            assert places_in(said, one, many, side.n + side.after) == free, (q, said)
        whole = all(count for side in sides for count in side.reads)
        assert (said == "Every cell of the padded input is read.") == whole


def test_the_ruler_says_where_windows_start_and_what_no_window_reads():
    above, below = ShapePicture(6, 3, 1, 2).cells("ruler")
    assert [text for text, _ in above] == ["−1", "0", "1", "2", "3", "4", "5", "6"]
    assert [text for text, _ in below] == ["0", "", "1", "", "2", "", "", "×"]
    assert [css for _, css in above] == ["q0 pad", *["q0"] * 6, "q0 pad unread"]
    for q in legal_settings(100):
        wide, (above, below) = Setting(**q).axes()[1], ShapePicture(**q).cells("ruler")
        starts = [c for c, (text, _) in enumerate(below) if text.isdigit()]
        assert starts == list(range(0, wide.m * q["s"], q["s"])), q
        assert [text == "×" for text, _ in below] == [not count for count in wide.reads], q


def test_words_for_one_and_many():
    assert ShapePicture(5, 3, 0, 3, 1).dropped() == (
        "The division leaves 2, so the floor drops the last 2 rows and columns "
        "(2 of input, 0 of padding)."
    )
    assert "last row and column (all padding)" in ShapePicture(6, 3, 1, 2, 1).dropped()
    assert ShapePicture(3, 2, 0, 1, 2).dropped() == (
        "Row and column 1 lies between the taps: no window reads it."
    )
    assert listed([-2, 0, 3]) == "−2, 0 and 3"


def test_shades_are_odd_and_steady():
    steps = [shade(v, 9) for v in range(-9, 10)]
    assert steps[0] == "qn20" and steps[9] == "q0" and steps[-1] == "q20"
    assert [s.replace("q", "qn") for s in steps[10:]] == steps[8::-1]
    assert shade(0, 0) == "q0" and shade(-1, 1000) == "q0"


# ---------------------------------------------------------------- what a cell displays


def test_a_cell_holds_a_view_for_a_kernel_and_a_complete_still_picture():
    machine = ConvShape("shape", n=4, k=2, s=2)
    data = bundle(machine)
    assert set(data) == {VIEW, "text/html", "text/plain"}
    assert data["text/plain"] == "ConvShape(n=4, k=2, s=2)"
    box = data["text/html"]
    assert box.startswith('<div id="shape" data-d2lx="conv_shape" data-label="Shape machine">')
    text = re.search(r'<script type="application/json">(.*?)</script>', box)[1]
    assert json.loads(text) == machine.state()
    assert box.count("<td") == 16 + 4 + 4 + 2 * 4
    for row in machine.output().tolist():
        assert all(f">{value}</td>".replace("-", "−") in box for value in row)
    for words in ("output 2×2", "Y[0, 0] = ", "⌊(4 + 2·0 − 1·(2 − 1) − 1) / 2⌋", "F.conv2d"):
        assert words in box


def test_on_the_site_a_picture_for_print_is_added(site):
    assert on_site()
    png = bundle(ConvShape("shape"))["image/png"]
    assert png.startswith("iVBOR") and len(png) > 5000
    assert png == bundle(ConvShape("shape"))["image/png"], "the same bytes each time"


def test_the_same_cell_displays_the_same_text_each_time():
    first, second = bundle(ConvShape("shape")), bundle(ConvShape("shape"))
    assert first["text/html"] == second["text/html"] and first["text/plain"] == second["text/plain"]


def test_a_state_without_output_is_said_in_words():
    machine = ConvShape("shape")
    machine.set_trait("n", 2)
    still = machine.still()
    assert still == f"<p>K{html.escape(size_problem(2, 3), quote=True)[1:]}.</p>"


def test_a_script_cannot_leave_the_state():
    box = page_box("a", "frames", '"<i>', {"words": "</script><b>"}, "")
    assert box.count("</script>") == 1 and 'data-label="&quot;&lt;i&gt;"' in box


def test_every_slider_position_redraws_in_python():
    machine = ConvShape("shape", n=16, p=6)
    for name in "nkpsd":
        field = FIELDS[name]
        for value in range(field["min"], field["max"] + 1):
            with machine.hold_trait_notifications():
                machine.set_trait(name, value)
            m = len(machine.output())
            assert f"output {m}×{m}." in machine.still()
        machine.set_trait(name, {"n": 16, "k": 3, "p": 6}.get(name, 1))


def test_counts_stand_in_the_still_picture_when_asked_for():
    cells = ConvShape("shape", n=8, k=3, p=1, usage=True)._shape().cells("input")
    inner = [[int(cells[r][c][0]) for c in (1, 2, 4)] for r in (1, 2, 4)]
    assert inner == [[4, 6, 6], [6, 9, 9], [6, 9, 9]]


def test_the_base_class_leaves_still_to_its_subclasses():
    for method in (Explorer("base").still, Explorer("base").still_png):
        with pytest.raises(NotImplementedError):
            method()


# ---------------------------------------------------------------- imports and glue


def test_importing_widgets_does_not_import_matplotlib():
    code = "import sys, d2lmini.widgets; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("value", [0.8675, 3, "a word", [1, 2]])
def test_glue_displays_the_record_of_myst_nb(monkeypatch, value):
    theirs = pytest.importorskip("myst_nb").glue
    shown = []
    monkeypatch.setattr(InteractiveShell, "instance", InteractiveShell.instance)
    for module in ("IPython.display", "myst_nb.ext.glue"):
        name = "display" if module == "IPython.display" else "ipy_display"
        monkeypatch.setattr(f"{module}.{name}", lambda *a, **k: shown.append((a, k)))
    glue("x", value)
    theirs("x", value, display=False)
    assert shown[0] == shown[1]


def test_limits_give_the_settings_that_the_parity_test_covers():
    sizes = [range(FIELDS[s]["min"], FIELDS[s]["max"] + 1) for s in "nkpsd"]
    assert sum(1 for _ in itertools.product(*sizes)) == 15_680
