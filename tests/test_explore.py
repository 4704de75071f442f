"""explore(): sliders over a drawing, with a kernel and on the site."""

import itertools
import json
import re
from urllib.parse import unquote

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure

from d2lmini.explore import MAX_FRAMES, RESERVED, explore, picture_bytes

VIEW = "application/vnd.jupyter.widget-view+json"


def draw(k, s=1):
    """Draw one line."""
    figure, axis = plt.subplots(figsize=(2, 1))
    axis.plot([0, k], [0, s])
    axis.set(title=f"to {k}, {s}")
    return figure


def words(k, s=1):
    """Say what draw shows."""
    return f"A line to {k}, {s}, <b>."


def tool(**more):
    """Return an explore() of six settings."""
    given = {"k": [1, 2, 3], "s": [1, 2], "describe": words, "id": "lines"} | more
    return explore(draw, **given)


@pytest.fixture
def site(monkeypatch):
    """Make this process a kernel of the book's build."""
    monkeypatch.setenv("D2LMINI_SITE", "1")


def test_every_slider_position_draws_its_own_picture_with_its_words():
    lines, seen = tool(), set()
    for k, s in itertools.product([1, 2, 3], [1, 2]):
        lines.sliders["k"].value, lines.sliders["s"].value = k, s
        shown = lines.view.value
        assert shown.count(f"A line to {k}, {s}, &lt;b&gt;.") == 2, "alternative text and caption"
        svg = unquote(re.search(r'svg\+xml,([^"]+)"', shown)[1])
        assert svg.startswith("<svg") and f"to {k}, {s}" in svg
        seen.add(svg)
        assert repr(lines) == f"explore(k={k}, s={s})"
    assert len(seen) == 6


def test_a_setting_is_drawn_once_and_no_figure_stays_open():
    drawn = []

    def counted(k):
        drawn.append(k)
        return draw(k)

    lines = explore(counted, describe=words, id="lines", k=[1, 2])
    for value in (2, 1, 2):
        lines.sliders["k"].value = value
    assert drawn == [1, 2] and plt.get_fignums() == []


def test_labels_and_start_are_taken():
    lines = tool(labels={"k": "kernel size"}, at={"k": 3})
    assert lines.values == {"k": 3, "s": 1}
    assert lines.sliders["k"].description == "kernel size"
    assert lines.sliders["s"].description == "s"


@pytest.mark.parametrize(
    "change, said",
    [
        ({"k": range(31)}, "62 settings; 1 to 60 are allowed"),
        ({"k": []}, "0 settings"),
        ({"k": [1, 1]}, "k has a value twice"),
        ({"at": {"k": 9}}, r"at has k=9, which is not one of \[1, 2, 3\]"),
        ({"at": {"q": 1}}, r"at names \['q'\], but the controls are \['k', 's'\]"),
        ({"labels": {"K": "x"}}, r"labels names \['K'\]"),
        ({"id": "a b"}, "letters, digits and hyphens"),
        ({"describe": lambda k, s: ""}, "describe must return a sentence, got ''"),
        ({"describe": lambda k, s: None}, "describe must return a sentence, got None"),
    ],
)
def test_what_cannot_work_is_refused_in_words(change, said):
    with pytest.raises(ValueError, match=said):
        tool(**change)


def test_no_control_is_refused():
    with pytest.raises(ValueError, match="settings"):
        explore(draw, describe=words, id="lines")


@pytest.mark.parametrize("name", RESERVED)
def test_a_name_that_the_page_needs_is_refused(name):
    with pytest.raises(ValueError, match="cannot name a control"):
        explore(lambda **_: Figure(), describe=lambda **_: "x", id="lines", **{name: [1]})


def test_a_control_that_draw_does_not_know_is_an_error_at_once():
    with pytest.raises(TypeError, match="stride"):
        tool(stride=[1])


@pytest.mark.parametrize("result", [None, 3, "figure"])
def test_a_draw_that_returns_no_figure_is_refused(result):
    with pytest.raises(ValueError, match=f"Figure, got {type(result).__name__}"):
        explore(lambda k: result, describe=words, id="lines", k=[1])


def test_a_figure_made_without_pyplot_is_welcome():
    def plain(k):
        figure = Figure(figsize=(2, 1))
        figure.subplots().plot([0, k])
        return figure

    assert "<figure" in explore(plain, describe=words, id="lines", k=[1]).view.value


def test_sixty_frames_are_allowed():
    lines = explore(draw, describe=words, id="lines", k=list(range(MAX_FRAMES)))
    assert len(list(lines.settings())) == MAX_FRAMES


def test_with_a_kernel_a_cell_holds_a_view_and_a_picture_for_viewers_without_one():
    data = tool()._repr_mimebundle_()
    assert set(data) == {VIEW, "text/plain", "image/png"}
    assert data["text/plain"] == "explore(k=1, s=1)"


def test_on_the_site_every_setting_is_on_the_page(site):
    lines = tool(at={"k": 2})
    data = lines._repr_mimebundle_()
    box = data["text/html"]
    assert box.startswith('<div id="lines" data-d2lx="frames" data-label="Sliders: k, s">')
    state = json.loads(re.search(r'<script type="application/json">(.*?)</script>', box)[1])
    assert [c["text"] for c in state["controls"]] == [["1", "2", "3"], ["1", "2"]]
    assert [c["at"] for c in state["controls"]] == [1, 0]
    settings = list(itertools.product([1, 2, 3], [1, 2]))
    assert [said for _, said in state["frames"]] == [words(*q) for q in settings]
    for (svg, _), (k, s) in zip(state["frames"], settings, strict=True):
        assert svg.startswith("<svg") and f"to {k}, {s}" in svg
    assert "</svg>" not in box.split("</script>")[1], "the still picture is an image"
    assert box.endswith("</figcaption></figure></div></div>")


def test_pictures_are_the_same_bytes_each_time():
    for kind in ("svg", "png"):
        assert picture_bytes(draw(2), kind) == picture_bytes(draw(2), kind)


def test_a_picture_names_no_date():
    assert b"<dc:date>" not in picture_bytes(draw(2), "svg")
