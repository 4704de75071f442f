"""The benchmark compares like with like. Its times are no test's business."""

import copy
import os
import re
from pathlib import Path

import pytest
import torch

from benchmarks import bench, correlation, explorers, grading, pipelines
from benchmarks.ratios import OthersLoad, Timing, compare
from d2lmini.data import Batches, Split
from tools import small_page
from tools.chromium import NoBrowser


@pytest.fixture
def split() -> Split:
    made = torch.Generator().manual_seed(0)
    X = torch.randint(0, 256, (300, 1, 28, 28), generator=made).to(torch.uint8)
    return Split(X, torch.randint(0, 10, (300,), generator=made))


def test_every_way_of_feeding_makes_the_same_updates(split):
    first = pipelines.new_net()
    nets = [copy.deepcopy(first) for _ in range(3)]
    order = torch.randperm(300, generator=torch.Generator().manual_seed(0)).tolist()
    pipelines.bare_loop(nets[0], list(Batches(*split, pipelines.SIZE)))
    pipelines.with_fit(nets[1], split)
    pipelines.with_loader(nets[2], split, order)
    for p, q, r, old in zip(*(net.parameters() for net in (*nets, first)), strict=True):
        torch.testing.assert_close(p, q)
        torch.testing.assert_close(p, r)
        assert not torch.equal(p, old)


def test_every_contestant_starts_from_the_same_weights(split):
    ways = pipelines.contestants(split)
    made = [ways[name]() for name in (pipelines.READY, pipelines.FIT, pipelines.READY)]
    for p, q, r in zip(*(net.parameters() for net in made), strict=True):
        torch.testing.assert_close(p, q)
        torch.testing.assert_close(p, r)
    assert ways[pipelines.BATCHES]() == 300


@pytest.mark.parametrize("sizes", [(28, 3), (40, 11)])
def test_all_cross_correlations_agree(sizes):
    expected, *others = (call() for call in correlation.contestants(*sizes).values())
    assert len(others) == 2
    for found in others:
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_contestants_take_turns_and_ratios_are_taken_round_by_round():
    now, called = 0.0, []

    def takes(name: str, seconds: float):
        def call() -> None:
            nonlocal now
            called.append(name)
            now += seconds * (3 if len(called) in (9, 10) else 1)  # a slow moment of the machine

        return call

    ways = {"a": takes("a", 1.0), "b": takes("b", 2.0)}
    found = compare(ways, rounds=5, clock=lambda: now)
    assert called == ["a", "a", "b", "b"] + ["a", "b"] * 5
    assert found["a"].ratios == [1.0] * 5 and found["b"].ratios == [2.0] * 5
    assert (found["a"].seconds, found["b"].seconds, found["b"].ratio) == (1.0, 2.0, 2.0)


def test_quick_calls_are_repeated_until_they_can_be_timed():
    now, count = 0.0, 0

    def quick() -> None:
        nonlocal now, count
        now, count = now + 0.001, count + 1

    found = compare({"quick": quick}, rounds=2, clock=lambda: now)
    assert count == 2 + 2 * 20
    assert found["quick"].seconds == pytest.approx(0.001)


def test_a_promise_is_judged_only_on_a_quiet_machine():
    assert bench.verdict(1.1, 1.1, judged=True) == "≤ 1.1 ×: kept"
    assert bench.verdict(1.11, 1.1, judged=True) == "≤ 1.1 ×: BROKEN"
    assert bench.verdict(9.0, 1.1, judged=False) == "≤ 1.1 ×: not judged: busy machine"


def test_own_work_is_not_counted_as_the_others(monkeypatch):
    busy, own, clock = iter([100.0, 103.0]), iter([10.0, 12.0]), iter([0.0, 2.0])
    monkeypatch.setattr(OthersLoad, "_all", staticmethod(lambda: next(busy)))
    monkeypatch.setattr(OthersLoad, "_own", staticmethod(lambda: next(own)))
    monkeypatch.setattr("benchmarks.ratios.time.monotonic", lambda: next(clock))
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert OthersLoad().share() == pytest.approx((3 - 2) / (2 * 2))


KINDS = {"right": [0.5, 1.5], "loops": [94.0, 104.0]}


def test_the_time_of_the_sandboxes_is_told_by_what_was_handed_in():
    found = grading.Measured(200, 20, 90.0, 8.0, 2.0, 0.4, 30.0, 40.0, [], 1, KINDS)
    assert grading.spent(found) == [["loops", "2", "99.0", "99%"], ["right", "2", "1.0", "1%"]]


def test_the_report_holds_ratios_verdicts_and_no_machine_path():
    timing = {
        pipelines.READY: Timing(1.0, [1.0, 1.0, 1.0]),
        pipelines.FIT: Timing(1.06, [1.05, 1.06, 1.2]),
        pipelines.LOADER: Timing(1.5, [1.4, 1.5, 1.6]),
    }
    found = explorers.Found({"pool": explorers.Redraw(40, [3.0, 4.0, 20.0], 9.0, 18.0)}, [1.0, 2.0])
    moves = explorers.rows(found, judged=True)
    section = bench.Section("Epoch", timing, {pipelines.FIT: 1.10})
    none = [["not measured", "no browser", "", ""]]
    found = grading.Measured(200, 20, 90.0, 8.0, 2.0, 0.4, 30.0, 40.0, [], 1, KINDS)
    text = bench.report([section], 0.02, none, moves, grading.rows(found), judged=True)
    assert re.search(r"`fit`.* 1\.06 s +\| 1\.06 \(1\.05–1\.2\) +\| ≤ 1\.1 ×: kept", text)
    assert "`fit` takes 0.71 of the time of the `DataLoader`" in text
    assert re.search(
        r"`pool`, 40 moves +\| 4\.0 ms \(3\.0–20\.0\) +\| 9\.0 ms +\| 18\.0 ms +\| ≤ 16 ms: kept",
        text,
    )
    assert re.search(r"LeNet, 60 forward passes +\| 1\.5 ms \(1\.0–2\.0\) .* kept", text)
    assert "Other processes used: 2 % of the processors" in text and "no browser" in text
    # two loops of 40 s, and 198 notebooks of 1.5 s each, against 100 s
    assert re.search(r"autograde, scaled from 20 students +\| 377\.0 +\| 1\.89 +\| 3\.77", text)
    assert str(Path.cwd()) not in text and torch.__version__ in text


@pytest.mark.parametrize(
    ("value", "text"), [(2.345, "2.35 s"), (0.0123, "12.3 ms"), (4.56e-5, "45.6 µs")]
)
def test_times_have_a_unit_that_fits(value, text):
    assert bench.seconds(value) == text


def test_without_a_site_the_redraw_says_what_to_do(monkeypatch):
    import benchmarks.redraw

    def missing():
        raise FileNotFoundError("lenet.html is missing: run `make site`")

    monkeypatch.setattr(benchmarks.redraw, "redraw", missing)
    row, *rest = bench.redraw_rows()
    assert row[:2] == ["not measured", "lenet.html is missing: run `make site`"] and not rest


def test_without_a_browser_the_table_of_explorers_says_so(monkeypatch):
    def missing():
        raise NoBrowser("no Chromium")

    monkeypatch.setattr(explorers, "measured", missing)
    found = bench.explorer_rows(judged=True)
    assert "no Chromium" in bench.table(found, bench.EXPLORERS_HEAD)[-1]
    assert len(found[0]) == len(bench.EXPLORERS_HEAD)


def test_a_slow_explorer_breaks_its_promise_and_a_busy_machine_judges_none():
    slow = explorers.Found(
        {"pool": explorers.Redraw(40, [15.0, 17.0, 20.0], 25.0, 30.0)}, [17.0] * 3
    )
    assert {row[-1] for row in explorers.rows(slow, judged=True)} == {"≤ 16 ms: BROKEN"}
    assert all("not judged: busy" in row[-1] for row in explorers.rows(slow, judged=False))


@pytest.mark.slow
@pytest.mark.parametrize("cls", small_page.CLASSES, ids=small_page.kind_of)
def test_every_explorer_is_moved_from_its_largest_states_and_stays_valid(cls):
    for state in small_page.worst(cls, 2):
        moves = explorers.moves_from(cls, state)
        assert moves and len(moves) % 2 == 0
        assert all(moves[i][0] == moves[i + 1][0] for i in range(0, len(moves), 2))


def test_a_class_holds_all_kinds_and_few_loops():
    kinds = [grading.kind_of(number) for number in range(200)]
    assert kinds.count("loops") == grading.LOOPING and kinds.count("right") == 128
    assert {"untouched", "half", "wrong", "exits", "cheats"} < set(kinds)
