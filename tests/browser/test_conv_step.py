"""One number at a time: what the script computes and says equals torch in every setting."""

import itertools
import json
import re

import pytest
import torch
import torch.nn.functional as F

from d2lmini.explorers.conv_step import FIELDS, PATTERNS, ConvStep
from d2lmini.widgets import STATIC, page_box
from tools import states

from .test_parity import js, load, numbers
from .test_shape_machine import minus, show

pytestmark = pytest.mark.browser

# All that a reader can set, one answer for each window; sentences lose their tags.
RUN = """json => { const { settings, x, w } = JSON.parse(json), { spec } = kit.EXPLORERS.conv_step;
  const at = [...Array(8).keys()].flatMap(i => [...Array(8).keys()].map(j => [i, j]));
  return JSON.stringify(settings.map(([n, k, u, flip]) => {
    const q = { n, k, u, flip, hide: false, i: 0, j: 0, x, w }, bad = spec.verdict(q);
    if (bad) return [bad];
    return [null, spec.look(q).out, at.map(([i, j]) => {
      const now = { ...q, i, j }, view = spec.look(now);
      const { marks, sum, grids } = spec.point(now, view, {});
      return [view.i, view.j, grids.products.text.join(" "),
        sum.replace(/<[^>]*>/g, ""), marks.input.map(m => m.slice(0, 2))];
    })]; })); }"""
SETTINGS = list(
    itertools.product(range(3, 9), range(1, 6), range(-9, 10), (False, True))
)  # the limits are checked below
MUTATIONS = {
    "kernel not turned": (js(r"\?(@)\[@-1-@\]\[@-1-@\]:"), r"?\1[0][0]:"),
    "turned along one axis": (js(r"\?(@)\[(@-1-@)\]\[@-1-(@)\]:"), r"?\1[\2][\3]:"),
    "bias forgotten": (js(r"(out\.map\(@=>@)\+@\)"), r"\1)"),
    "window one row late": (js(r"i:Math\.min\((@),(@)-1\)"), r"i:Math.min(\1+1,\2-1)"),
}


@pytest.fixture(scope="module")
def bundle() -> str:
    """Return the bundle that a kernel and, in another wrapping, the site use."""
    return (STATIC / "explorers.mjs").read_text(encoding="utf-8")


def disagreements(page, source: str, settings, seed: int = 1) -> list[str]:
    """Run a bundle and return a sentence for each setting or window that torch sees otherwise."""
    load(page, source)
    x, w = numbers(8, seed), numbers(5, seed + 1)
    answers = json.loads(page.evaluate(RUN, json.dumps({"settings": settings, "x": x, "w": w})))
    wrong = []
    for setting, answer in zip(settings, answers, strict=True):
        wrong += [f"n={setting[0]} k={setting[1]} u={setting[2]} flip={setting[3]}: {said}"
                  for said in compare(setting, answer, x, w)]  # fmt: skip
    return wrong


def compare(setting, answer, x, w):
    """Yield what is wrong about one setting."""
    n, k, u, flip = setting
    X = torch.tensor(x, dtype=torch.float64)[:n, :n]
    K = torch.tensor(w, dtype=torch.float64)[:k, :k]
    K = torch.flip(K, (0, 1)) if flip else K
    try:
        Y = F.conv2d(X[None, None], K[None, None], torch.tensor([u]).double())[0, 0].long()
    except RuntimeError:
        if answer[0] is None:
            yield "torch refuses, the explorer does not"
        return
    if answer[0] is not None:
        yield f"the explorer says {answer[0]!r}, torch computes"
        return
    if answer[1] != Y.flatten().tolist():
        yield f"output {answer[1][:3]}, torch has {Y.flatten()[:3].tolist()}"
    windows = X.long().unfold(0, k, 1).unfold(1, k, 1)
    products, m = (windows * K.long()).flatten(2).tolist(), n - k + 1
    values = Y.tolist()
    for (row, col), (i, j, shown, total, taps) in zip(
        itertools.product(range(8), repeat=2), answer[2], strict=True
    ):
        if (i, j) != (min(row, m - 1), min(col, m - 1)):
            yield f"window {row}, {col} stands at {i}, {j}"
        elif [int(v) for v in minus(shown).split()] != products[i][j]:
            yield f"products of {i}, {j}: {shown}, torch has {products[i][j]}"
        elif not sentence_holds(total, i, j, values[i][j], k * k + bool(u)):
            yield f"{total!r}, torch has {values[i][j]}"
        elif taps != [[i + a, j + b] for a in range(k) for b in range(k)]:
            yield f"window {i}, {j} marks {taps}"


def sentence_holds(said: str, i: int, j: int, value: int, terms: int) -> bool:
    """Say whether a sum names its output, has all its terms and gives the value on both sides."""
    label, total, result = minus(said).split(" = ")
    return (
        label == f"Y[{i}, {j}]"
        and eval(total) == int(result) == value
        and total.count(" + ") + 1 == terms
    )


def test_every_setting_and_window_equals_torch(page, bundle):
    sizes = [states.reach(FIELDS, name) for name in "nku"]
    assert sizes == [[*range(3, 9)], [*range(1, 6)], [*range(-9, 10)]]
    windows = [states.reach(FIELDS, name) for name in "ij"]
    assert windows == [[*range(8)]] * 2, "every window is tested"
    assert not (wrong := disagreements(page, bundle, SETTINGS)), wrong[:3]


@pytest.mark.parametrize("slip", MUTATIONS)
def test_an_explorer_that_is_off_is_named(page, bundle, slip):
    pattern, change = MUTATIONS[slip]
    mutant, found = re.subn(pattern, change, bundle, count=1)
    assert found == 1, f"the pattern for {slip!r} finds nothing in the bundle"
    assert disagreements(page, mutant, [(5, 2, 3, True), (5, 3, -1, False)]), slip


# ---------------------------------------------------------------- step, play, choose


def box(**values) -> str:
    """Return the page part of an explorer, as Python writes it."""
    made = ConvStep("window", **values)
    return page_box("window", made.kind, made.label, made.state(), made.still())


def words(live) -> str:
    """Return the sentence that an explorer speaks."""
    return live.locator(".d2lx-verdict").inner_text()


def texts(live, grid: str) -> list[str]:
    """Return the cells of a grid."""
    return live.locator(f"[data-grid={grid}] td").all_inner_texts()


def press(live, name: str) -> None:
    """Press a button."""
    live.get_by_role("button", name=name, exact=True).click()


def at(place: tuple[int, int], value: int) -> str:
    """Return the end of the sentence for a window of the first example."""
    return f"The window at row {place[0]}, column {place[1]} gives {value}."


STOPS = [at((0, 0), 19), at((0, 1), 25), at((1, 0), 37), at((1, 1), 43)]


def test_step_and_back_move_the_window_and_say_where_the_way_ends(page):
    live = show(page, "", box(hide=True))
    assert texts(live, "output") == ["19", "?", "?", "?"]
    for stop, seen in zip(STOPS[1:], (2, 3, 4), strict=True):
        press(live, "Step ▶")
        assert words(live).endswith(stop)
        assert texts(live, "output") == ["19", "25", "37", "43"][:seen] + ["?"] * (4 - seen)
    spoken = live.locator(".d2lx-live")
    for button, said in (("Step ▶", "last"), ("First", ""), ("◀ Back", "first")):
        press(live, button)
        if said:
            page.wait_for_function(
                f"e => e.textContent === 'This is the {said} window.'", arg=spoken.element_handle()
            )
    assert words(live).endswith(STOPS[0])
    press(live, "Undo")
    assert words(live).endswith(STOPS[0]), "steps in a row are one step back"
    assert live.get_by_role("button", name="Undo").is_disabled()


def test_nothing_plays_by_itself_and_play_stops_at_the_end_and_with_escape(page):
    page.clock.install()
    live = show(page, "", box())
    page.clock.run_for(10_000)
    assert words(live).endswith(STOPS[0])
    press(live, "Play")
    assert words(live).endswith(STOPS[0])
    for stop in STOPS[1:]:
        page.clock.run_for(900)
        assert words(live).endswith(stop)
    assert live.get_by_role("button", name="Play").is_visible(), "it has stopped"
    press(live, "Play")
    page.clock.run_for(1000)
    assert words(live).endswith(STOPS[1]), "played again, it starts at the first window"
    page.keyboard.press("Escape")
    page.clock.run_for(10_000)
    assert words(live).endswith(STOPS[1])
    press(live, "Play")
    press(live, "Stop")
    page.clock.run_for(10_000)
    assert words(live).endswith(STOPS[1])


def test_a_kernel_that_grows_too_large_stops_play(page):
    page.clock.install()
    live = show(page, "", box())
    press(live, "Play")
    live.locator("[data-field=k]").fill("5")
    page.clock.run_for(10_000)
    assert live.get_by_role("button", name="Play").is_visible()
    live.get_by_role("button", name="k = 3").click()
    assert words(live).endswith(at((0, 0), 20))


def test_with_less_motion_play_shows_the_end(page):
    page.emulate_media(reduced_motion="reduce")
    page.clock.install()
    live = show(page, "", box(hide=True))
    press(live, "Play")
    assert words(live).endswith(STOPS[3]) and "?" not in texts(live, "output")
    press(live, "Undo")
    assert words(live).endswith(STOPS[0])


def test_a_chosen_output_moves_the_window_and_the_address_keeps_it(page):
    live = show(page, "", box())
    live.locator("[data-grid=output] td").nth(2).click()
    assert words(live).endswith(STOPS[2])
    page.wait_for_function("location.search === '?window.i=1'")
    assert texts(live, "products") == ["0", "4", "12", "21"]
    live.locator("[data-grid=output] td").nth(1).hover()
    assert texts(live, "products") == ["0", "2", "8", "15"], "pointing shows another sum"
    assert words(live).endswith(STOPS[2]), "and moves nothing"


def test_every_link_of_a_weight_is_where_the_gradient_is(page):
    live = show(page, "?window.n=5&window.k=2&window.flip=1&window.i=1&window.j=2", box())
    for a, b in itertools.product(range(2), repeat=2):
        live.locator("[data-grid=kernel] td").nth(2 * a + b).hover()
        K = torch.zeros(1, 1, 2, 2, dtype=torch.float64)
        K[0, 0, a, b] = 1
        X = torch.ones(1, 1, 5, 5, dtype=torch.float64, requires_grad=True)
        F.conv2d(X, K.flip(2, 3)).sum().backward()
        marked = live.evaluate(
            """box => [...box.querySelectorAll('[data-grid=input] td')].map(
                 td => Number(td.classList.contains('rel')))"""
        )
        assert torch.equal(torch.tensor(marked).reshape(5, 5), X.grad[0, 0].int()), (a, b)


def test_presets_fill_the_kernel_in_use_and_a_wrong_number_keeps_the_old_one(page):
    live = show(page, "", box(k=3, n=5))
    for name, weights in (
        ("ones", [1] * 9),
        ("left − right", [1, 0, -1] * 3),
        ("a single 1", [1] + [0] * 8),
        ("zeros", [0] * 9),
    ):
        press(live, name)
        assert [int(minus(t)) for t in texts(live, "kernel")] == weights
    live.locator("[data-grid=kernel] td").first.click()
    page.keyboard.press("4")
    page.keyboard.type("x")
    page.keyboard.press("Enter")
    assert texts(live, "kernel")[0] == "0"
    assert live.locator(".d2lx-note").inner_text() == (
        "kernel, row 0, column 0: “4x” is not a whole number; it stays 0."
    )
    live.locator("[data-field=k]").fill("4")
    assert texts(live, "kernel")[3] == str(PATTERNS["w"][0][3]), "the rest of the kernel stays"


def test_a_position_beyond_the_last_window_is_the_last_one(page):
    live = show(page, "?window.i=7&window.j=7", box())
    assert words(live).endswith(STOPS[3])
    press(live, "◀ Back")
    assert words(live).endswith(STOPS[2])
