"""One number at a time: what the script computes and says equals torch in every setting."""

import itertools
import json
import re

import pytest
import torch
import torch.nn.functional as F

from d2lmini.explorers.conv_step import FIELDS
from d2lmini.widgets import STATIC

from .test_parity import js, load, numbers
from .test_shape_machine import minus

pytestmark = pytest.mark.browser

# All that a reader can set, one answer for each window; sentences lose their tags.
RUN = """json => { const { settings, x, w } = JSON.parse(json), { spec } = kit.EXPLORERS.conv_step;
  const at = [...Array(8).keys()].flatMap(i => [...Array(8).keys()].map(j => [i, j]));
  return JSON.stringify(settings.map(([n, k, u, flip]) => {
    const q = { n, k, u, flip, hide: false, i: 0, j: 0, x, w }, bad = spec.verdict(q);
    if (bad) return [bad];
    return [null, spec.look(q).out, at.map(([i, j]) => {
      const now = { ...q, i, j }, view = spec.look(now), { marks, sum } = spec.point(now, view, {});
      return [view.i, view.j, view.grids.find(g => g.name === "products").text.join(" "),
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
    sizes = [limits_of(name) for name in "nku"]
    assert sizes == [range(3, 9), range(1, 6), range(-9, 10)]
    assert {limits_of(name) for name in "ij"} == {range(8)}, "every window is tested"
    assert not (wrong := disagreements(page, bundle, SETTINGS)), wrong[:3]


def limits_of(name: str) -> range:
    """Return every value that the field reaches."""
    return range(FIELDS[name]["min"], FIELDS[name]["max"] + 1)


@pytest.mark.parametrize("slip", MUTATIONS)
def test_an_explorer_that_is_off_is_named(page, bundle, slip):
    pattern, change = MUTATIONS[slip]
    mutant, found = re.subn(pattern, change, bundle, count=1)
    assert found == 1, f"the pattern for {slip!r} finds nothing in the bundle"
    assert disagreements(page, mutant, [(5, 2, 3, True), (5, 3, -1, False)]), slip
