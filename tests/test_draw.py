"""The figures: what they show is right, they read without colour, and each appears once."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch.nn import functional as F

from d2lmini import draw
from d2lmini.draw.style import ink_on
from d2lmini.ops import corr2d_windows, out_size, pixel_usage
from d2lmini.scenes import hidden_glyph

RUNS = [[0.70, 0.80, 0.84], [0.74, 0.82, 0.88]]
LABELS = ["shirt", "coat", "bag"]
COUNTS = [[90, 8, 2], [10, 85, 5], [0, 1, 199]]
SCENE, GLYPH = hidden_glyph(seed=0, target=(2, 5))
SCORE = corr2d_windows(SCENE, GLYPH)

FIGURES = {
    "images": lambda ax=None: draw.images(torch.rand(3, 1, 6, 5), ["a", "b", "c"], ax=ax),
    "signed_maps": lambda ax=None: draw.signed_maps(torch.randn(6, 4, 4), columns=3, ax=ax),
    "true_size": lambda ax=None: draw.true_size(torch.rand(4, 4), frame=6, canvas=8, ax=ax),
    "numbers": lambda ax=None: draw.numbers(torch.arange(9).reshape(3, 3), "X", ax=ax),
    "heat": lambda ax=None: draw.heat(pixel_usage(4, 3), "uses", ax=ax),
    "curves": lambda ax=None: draw.curves({"LeNet": RUNS, "MLP": [0.7, 0.8, 0.8]}, ax=ax),
    "step_losses": lambda ax=None: draw.step_losses(
        {"sigmoid": [2.3] * 8, "ReLU": [2.3, 2, 1.5, 1, 0.8, 0.7, 0.7, 0.6]},
        level=(2.303, "ln 10"), steps_per_epoch=4, ax=ax,
    ),
    "confusion": lambda ax=None: draw.confusion(COUNTS, LABELS, ax=ax),
    "ruler": lambda ax=None: draw.ruler(8, 3, p=1, s=2, ax=ax),
    "strips": lambda ax=None: draw.strips({"in": (0, [0, 1]), "out": (0, [1])}, mark=0, ax=ax),
    "sampled": lambda ax=None: draw.sampled(np.cos, stop=4, ax=ax),
    "bars": lambda ax=None: draw.bars({"dense": 100.0, "grouped": 25.0}, "MACs", ax=ax),
    "colour": lambda ax=None: draw.colour(torch.rand(2, 3, 4, 5), ["a", "b"], ax=ax),
    "desk": lambda ax=None: draw.desk(
        torch.rand(3, 4, 4), torch.eye(3), torch.zeros(3), torch.rand(3, 4, 4), ax=ax
    ),
    "signals": lambda ax=None: draw.signals({"left": [0.0, 1], "right": [2.0, 0]}, ax=ax),
    "slide_axes": lambda ax=None: draw.slide_axes(ax=ax),
    "wiring": lambda ax=None: draw.wiring([torch.ones(2, 3), torch.eye(2)], ["a", "b"], ax=ax),
    "connections": lambda ax=None: draw.connections([torch.eye(3)] * 3, ["a\n1", "b", "c"], ax=ax),
    "weight_matrix": lambda ax=None: draw.weight_matrix(torch.eye(6), (2, 3), (1, 2), ax=ax),
    "puzzle": lambda ax=None: draw.puzzle(torch.zeros(58, 76), tile=5, pitch=9, ax=ax),
    "search": lambda ax=None: draw.search(SCENE, SCORE, (5, 5), limit=25, ax=ax),
    "response": lambda ax=None: draw.response(torch.eye(6, 8), torch.tensor([[1, -1]]), ax=ax),
    "weights": lambda ax=None: draw.weights([torch.randn(5, 5)], ["learned"], ax=ax),
    "rates": lambda ax=None: draw.rates([0.01, 0.02, 0.05], {"(0, 0)": [3, 2, 1]}, ax=ax),
    "gradient_arrows": lambda ax=None: draw.gradient_arrows(
        {name: ([[0, 1], [3, 4]], 4, [[0, 0], [0, 1]]) for name in ("maximum", "again", "a tie")},
        ax=ax,
    ),
}  # fmt: skip


def words(figure: Figure) -> list[str]:
    """Return every text that the figure shows, in drawing order."""
    figure.draw_without_rendering()
    found = [text.get_text() for text in figure.findobj(plt.Text) if text.get_visible()]
    return [text for text in found if text]


def all_axes(figure: Figure) -> list[plt.Axes]:
    return [ax for top in figure.axes for ax in (top, *top.child_axes)]


def contrast(a: str | tuple, b: str | tuple) -> float:
    """Return the WCAG contrast of two colours."""

    def light(colour: str | tuple) -> float:
        parts = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)
        ]
        return float(np.dot(parts, [0.2126, 0.7152, 0.0722]))

    high, low = sorted((light(a), light(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


# ---------------------------------------------------------------- every figure


def test_every_public_drawing_is_tested_here() -> None:
    drawings = {
        name for name, thing in vars(draw).items()
        if hasattr(thing, "__wrapped__") and not name.startswith("_")
    }  # fmt: skip
    assert drawings == set(FIGURES)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_returned_and_closed_so_that_a_cell_shows_it_once(name: str) -> None:
    before = plt.get_fignums()
    figure = FIGURES[name]()
    assert isinstance(figure, Figure)
    assert plt.get_fignums() == before


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_drawn_into_given_axes_belongs_to_their_figure(name: str) -> None:
    figure, (left, right) = plt.subplots(1, 2)
    plt.close(figure)
    assert FIGURES[name](ax=left) is figure
    assert not right.has_data()
    figure.draw_without_rendering()


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_leaves_the_global_style_alone(name: str) -> None:
    before = plt.rcParams.copy()
    FIGURES[name]()
    assert plt.rcParams == before


@pytest.mark.parametrize("name", FIGURES)
def test_text_is_still_nine_pixels_high_on_a_screen_of_360(name: str) -> None:
    figure = FIGURES[name]()
    words(figure)
    column = 304  # pixels that a page of 360 leaves for a picture on its card
    shrunk = min(1.0, column / (figure.get_figwidth() * 96)) * 96 / 72
    sizes = [t.get_fontsize() for t in figure.findobj(plt.Text) if t.get_visible() and t.get_text()]
    assert all(size * shrunk >= 8.95 for size in sizes)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_has_a_white_ground_in_both_themes(name: str) -> None:
    assert to_rgb(FIGURES[name]().get_facecolor()[:3]) == (1, 1, 1)


# ---------------------------------------------------------------- colours


def test_the_signed_map_treats_both_signs_alike() -> None:
    for t in np.linspace(0, 0.5, 11):
        up, down = draw.SIGNED(0.5 + t), draw.SIGNED(0.5 - t)
        assert contrast(up[:3], "white") == pytest.approx(contrast(down[:3], "white"), rel=0.12)
    assert draw.SIGNED(0.5)[:3] == pytest.approx(to_rgb("#f5f5f5"), abs=0.01)
    orange, blue = draw.SIGNED(0.0), draw.SIGNED(1.0)
    assert orange[0] > orange[2] and blue[2] > blue[0]


def test_numbers_can_be_read_on_every_shade() -> None:
    shades = [
        cmap(t) for cmap in (draw.SIGNED, plt.get_cmap(draw.COUNTS)) for t in np.linspace(0, 1, 41)
    ]
    assert min(contrast(ink_on(shade), shade[:3]) for shade in shades) >= 4.5


@pytest.mark.parametrize("colour", [*(line[0] for line in draw.LINES), draw.GREY, draw.ERROR])
def test_words_in_a_role_colour_can_be_read_on_paper(colour: str) -> None:
    assert contrast(colour, draw.PAPER) >= 4.5


def test_lines_differ_in_dashes_and_markers_not_in_colour_alone() -> None:
    _, dashes, markers = zip(*draw.LINES, strict=True)
    assert len(set(map(str, dashes))) == len(set(markers)) == len(draw.LINES)


# ---------------------------------------------------------------- pictures


def test_pictures_share_one_grey_scale() -> None:
    figure = draw.images([torch.zeros(2, 2), torch.ones(2, 2), torch.full((1, 2, 2), 3.0)])
    assert {image.get_clim() for ax in figure.axes for image in ax.images} == {(0.0, 3.0)}


def test_maps_share_one_symmetric_scale() -> None:
    figure = draw.signed_maps([torch.full((2, 2), -4.0), torch.ones(2, 2)])
    assert {ax.images[0].get_clim() for ax in figure.axes[:2]} == {(-4.0, 4.0)}
    assert {"\N{MINUS SIGN}4", "0", "4"} <= set(words(figure))


def test_maps_of_nothing_but_zeros_can_be_drawn() -> None:
    assert draw.signed_maps(torch.zeros(2, 3, 3)).axes[0].images[0].get_clim() == (-1.0, 1.0)


def test_a_picture_keeps_its_size_when_another_is_compared_with_it() -> None:
    for m in (2, 5, 8):
        ax = draw.true_size(torch.zeros(m, m), frame=6, canvas=8).axes[0]
        left, right, *_ = ax.images[0].get_extent()
        assert right - left == m and ax.get_xlim() == (-4, 4)


def test_a_table_writes_each_number_and_hatches_the_border() -> None:
    X = torch.tensor([[0, 0, 0], [0, -7, 0], [0, 0, 0]])
    figure = draw.numbers(X, padding=1)
    assert sorted(words(figure)) == sorted(["0"] * 8 + ["\N{MINUS SIGN}7"])
    hatched = [p for p in figure.axes[0].patches if p.get_hatch()]
    assert len(hatched) == 8


def test_a_heat_map_writes_each_count() -> None:
    usage = pixel_usage(5, 3)
    shown = [text for text in words(draw.heat(usage)) if text.isdigit()]
    assert shown == [str(v) for v in usage.flatten().tolist()]


# ---------------------------------------------------------------- training


def test_a_curve_is_the_mean_and_its_band_one_standard_deviation() -> None:
    ax = draw.curves({"LeNet": RUNS}).axes[0]
    x, y = ax.lines[0].get_data()
    assert x.tolist() == [1, 2, 3]
    assert y == pytest.approx(np.mean(RUNS, axis=0))
    vertices = ax.collections[0].get_paths()[0].vertices[:, 1]
    spread = np.std(RUNS, axis=0, ddof=1)
    assert vertices.min() == pytest.approx((y - spread).min())
    assert vertices.max() == pytest.approx((y + spread).max())


def test_a_band_of_the_range_reaches_from_the_worst_run_to_the_best() -> None:
    vertices = (
        draw.curves({"LeNet": RUNS}, band="range").axes[0].collections[0].get_paths()[0].vertices
    )
    assert (vertices[:, 1].min(), vertices[:, 1].max()) == pytest.approx((0.70, 0.88))


def test_names_stand_at_the_ends_of_the_lines_and_do_not_overlap() -> None:
    figure = draw.curves({name: [0.5, 0.8 + i / 1e4] for i, name in enumerate("ABCDE")})
    assert figure.axes[0].get_legend() is None
    words(figure)
    boxes = [note.get_window_extent() for note in figure.axes[0].texts]
    assert len(boxes) == 5
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))


def test_names_at_the_ends_stay_inside_the_figure() -> None:
    figure = draw.curves({"a rather long name": RUNS, "another long one": RUNS})
    words(figure)
    for note in figure.axes[0].texts:
        box = note.get_window_extent()
        assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1


def test_the_running_mean_of_losses_keeps_its_place() -> None:
    ax = draw.step_losses({"a": [4.0, 2.0, 0.0, 2.0]}, smooth=2).axes[0]
    x, y = ax.lines[0].get_data()
    assert x.tolist() == [2, 3, 4] and y.tolist() == [3, 1, 1]


def test_the_level_to_compare_with_is_drawn_and_named() -> None:
    figure = draw.step_losses({"a": [2.0, 1.0]}, level=(2.5, "guessing"))
    assert "guessing" in words(figure)
    assert any(set(line.get_ydata()) == {2.5} for line in figure.axes[0].lines)


def test_a_confusion_matrix_writes_shares_of_the_true_class() -> None:
    figure = draw.confusion(COUNTS, LABELS)
    written = {t.get_position(): t.get_text() for t in figure.axes[0].texts}
    assert written[1, 0] == "8"  # true shirt, called coat: column 1, row 0
    assert written[0, 1] == "10" and written[2, 2] == "100"
    assert (0, 2) not in written  # nothing to write for zero
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == LABELS


# ---------------------------------------------------------------- padding and stride


def reads(n: int, k: int, p: int, s: int, d: int) -> set[int]:
    """Return the padded places that reach an output, by gradient: an independent source."""
    x = torch.zeros(1, 1, n + 2 * p, requires_grad=True)
    F.conv1d(x, torch.ones(1, 1, k), stride=s, dilation=d).sum().backward()
    assert x.grad is not None
    return set(x.grad[0, 0].nonzero().flatten().tolist())


def test_unread_places_are_those_without_a_gradient() -> None:
    compared = 0
    sizes = itertools.product(range(1, 9), range(1, 5), range(3), range(1, 6), range(1, 3))
    for n, k, p, s, d in sizes:
        if d * (k - 1) + 1 <= n + 2 * p:
            everywhere = set(range(n + 2 * p))
            assert draw.unread(n, k, p, s, d) == sorted(everywhere - reads(n, k, p, s, d))
            compared += 1
    assert compared > 800


SETTINGS = [(8, 3, 0, 3, 1), (6, 3, 1, 2, 1), (7, 3, 0, 1, 2)]


@pytest.mark.parametrize(("n", "k", "p", "s", "d"), SETTINGS)
def test_a_ruler_shows_one_bar_for_each_window(n: int, k: int, p: int, s: int, d: int) -> None:
    figure = draw.ruler(n, k, p, s, d)
    named = [text for text in words(figure) if text.startswith("output")]
    assert named == [f"output {i}" for i in range(out_size(n, k, p, s, d))]
    assert ("unread" in words(figure)) == bool(draw.unread(n, k, p, s, d))


def test_neighbouring_unread_places_are_named_once() -> None:
    assert words(draw.ruler(8, 3, s=3)).count("unread") == 1
    assert words(draw.ruler(9, 1, s=3)).count("unread") == 3


def test_strips_hatch_only_the_places_that_are_padding() -> None:
    figure = draw.strips({"a": (-1, [0, 5, 6])}, border={"a": [-1]})
    cells = [p for p in figure.axes[0].patches if isinstance(p, Rectangle)]
    assert [cell.get_x() for cell in cells if cell.get_hatch()] == [-1]


def test_samples_stand_where_the_stride_puts_them() -> None:
    figure = draw.sampled(lambda t: np.cos(np.pi * t), stop=8)
    for ax, times in zip(figure.axes, ([*range(9)], [0, 2, 4, 6, 8]), strict=True):
        x, y = ax.lines[-1].get_data()
        assert x.tolist() == times and y == pytest.approx(np.cos(np.pi * np.array(times)))


# ---------------------------------------------------------------- weights


def shown(ax: plt.Axes) -> np.ndarray:
    """Return the values of the one picture in these axes."""
    (image,) = ax.images
    return np.asarray(image.get_array())


def test_a_line_joins_what_a_weight_joins() -> None:
    W = torch.tensor([[1.0, 0, -2], [0, 3, 0]])
    (ax,) = draw.connections([W], ["one"]).axes
    lines = [(line.get_xdata(), line.get_ydata(), line.get_color()) for line in ax.lines]
    ends = [(tuple(x), tuple(y)) for x, y, _ in lines]
    assert ends == [((0, 0), (0, 1)), ((2, 0), (0, 1)), ((1, 1), (0, 1))]
    assert lines[1][2] == draw.SIGNED(0.5 - 0.5 * (0.4 + 0.6 * 2 / 3))
    assert lines[2][2] == draw.SIGNED(1.0)
    assert [len(dots.get_offsets()) for dots in ax.collections] == [3, 2]


def test_a_unit_is_the_row_of_the_matrix_that_is_framed() -> None:
    W = torch.arange(36).reshape(6, 6)
    left, right = draw.weight_matrix(W, (2, 3), (1, 0)).axes
    assert np.array_equal(shown(left), W) and np.array_equal(shown(right), W[3].reshape(2, 3))
    (frame,), (mark,) = left.patches, right.patches
    assert (frame.get_xy(), frame.get_width(), frame.get_height()) == ((-0.5, 2.5), 6, 1)
    assert (mark.get_xy(), mark.get_width(), mark.get_height()) == ((-0.5, 0.5), 1, 1)
    for panel in (left, right):
        assert panel.images[0].get_clim() == (-35, 35)


def test_rows_and_columns_are_named_at_the_middle_of_their_tiles() -> None:
    (ax,) = draw.puzzle(SCENE, tile=5, pitch=9).axes
    assert [t.get_text() for t in ax.get_yticklabels()] == [f"row {i}" for i in range(6)]
    assert [t.get_text() for t in ax.get_xticklabels()] == [*"01234567"]
    assert ax.get_yticks().tolist() == [6 + 9 * i for i in range(6)]
    assert ax.get_xticks().tolist() == [6 + 9 * j for j in range(8)]


def test_the_best_score_is_framed_in_the_scene_and_ringed_in_the_map() -> None:
    left, right = draw.search(SCENE, SCORE, (5, 5), limit=25).axes
    assert np.array_equal(shown(left), SCENE) and np.array_equal(shown(right), SCORE)
    for frame in left.patches:
        assert (frame.get_xy(), frame.get_width(), frame.get_height()) == ((47.5, 20.5), 7, 7)
    assert right.collections[0].get_offsets().tolist() == [[49, 22]]
    assert right.get_title() == "score, best 25"
    assert right.images[0].get_clim() == (-25, 25)


# ---------------------------------------------------------------- pooling


def test_arrows_go_only_where_the_gradient_goes() -> None:
    figure = draw.gradient_arrows({"a": ([[1, 2], [3, 4]], 4, [[0, 0.5], [0, 0.25]])})
    arrows = [t for t in figure.axes[0].texts if getattr(t, "arrow_patch", None)]
    assert len(arrows) == 2
    assert {"0.5", "0.25", "1", "2", "3", "4", "a"} == set(words(figure))
    written = {t.get_text(): t.get_position() for t in figure.axes[0].texts}
    assert written["0.5"][1] < written["0.25"][1]  # the y axis points down
    assert all(arrow.xy[0] > arrow.get_position()[0] for arrow in arrows)  # both to the right


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("attempt", "sentence"),
    [
        (lambda: draw.images([]), "no picture to draw"),
        (lambda: draw.images(torch.zeros(2, 3, 4, 4)), "expected 2 axes"),
        (lambda: draw.images(torch.zeros(2, 4, 4), ["one"]), "2 pictures but 1 titles"),
        (lambda: draw.numbers(torch.zeros(3)), r"expected 2 axes .* got \(3,\)"),
        (lambda: draw.true_size(torch.zeros(9, 9), frame=6, canvas=8), r"\(9, 9\) or frame 6"),
        (lambda: draw.curves({}), "at least one series"),
        (lambda: draw.curves({"a": RUNS}, band="iqr"), "'iqr'"),
        (lambda: draw.step_losses({"a": [1.0, 2.0]}, smooth=3), "smooth=3"),
        (lambda: draw.confusion(COUNTS, ["shirt"]), r"1 labels .* got \(3, 3\)"),
        (lambda: draw.confusion([[0, 0], [1, 1]], ["a", "b"]), "has no examples"),
        (lambda: draw.ruler(3, 5), "kernel size 5 spans 5 places"),
        (lambda: draw.strips({}), "no rows to draw"),
        (lambda: draw.sampled(np.cos, 4, (1, 0)), r"got \(1, 0\)"),
        (lambda: draw.connections([torch.eye(3)], ["a", "b"]), "1 pictures but 2 titles"),
        (
            lambda: draw.weight_matrix(torch.eye(6), (2, 2), (0, 0)),
            r"matrix \(4, 4\), got \(6, 6\)",
        ),
        (lambda: draw.weight_matrix(torch.eye(6), (2, 3), (2, 0)), r"unit \(2, 0\) is not in"),
        (lambda: draw.weight_matrix(torch.eye(6), (2, 3), (0, -1)), r"unit \(0, -1\) is not in"),
        (lambda: draw.search(SCENE, SCORE[1:], (5, 5), limit=1), r"\(54, 72\) scores, got"),
        (lambda: draw.gradient_arrows({}), "no window to draw"),
        (lambda: draw.gradient_arrows({"a": ([[1]], 1, [[1]])}), r"a: .* 2×2, got \(1, 1\)"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(attempt: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        attempt()  # type: ignore[operator]
