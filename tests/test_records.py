"""The stored study: whole, consistent in itself, and made with the package's own networks."""

import dataclasses
import math

import pytest
from torch import nn

from benchmarks import lenet_study
from d2lmini import nets, records
from d2lmini.records import Run, Study
from d2lmini.train import count_parameters

MADE = {"isa": "AVX512"}


def run(seed: int, accuracy: float, **changes: object) -> Run:
    one = Run(
        "modern", "full", "train", 3, seed, 1, "AVX512",
        [1.0, 0.8, 0.7], [1.0, 0.8, 0.7], [0.1, 0.2, accuracy], None, None, 9.0,
    )  # fmt: skip
    return dataclasses.replace(one, **changes)


def test_runs_gives_one_thread_and_the_widest_instructions_by_seed():
    wanted = [run(0, 0.8), run(1, 0.8)]
    changes = [{"threads": 2}, {"isa": "AVX2"}, {"data": "subset"}, {"epochs": 10}]
    changes += [{"split": "all"}, {"recipe": "mlp"}]
    others = [run(2, 0.8, **change) for change in changes]
    study = Study(MADE, {"modern": {}}, [*others, *wanted[::-1]])
    assert study.runs("modern", epochs=3) == wanted


def test_a_setting_without_runs_is_an_error_that_names_it():
    with pytest.raises(ValueError, match=r"no record of 'vgg' on 'full' data, 10 epochs.*'modern'"):
        Study(MADE, {"modern": {}}, []).runs("vgg")


def test_the_band_is_the_range_of_all_3_epoch_runs_widened_by_half_of_it():
    runs = [run(seed, accuracy) for seed, accuracy in enumerate([0.80, 0.81, 0.82, 0.83, 0.84])]
    runs += [run(0, 0.76, threads=2), run(1, 0.86, isa="AVX2")]
    runs += [run(0, 0.1, epochs=10), run(0, 0.1, data="subset"), run(0, 0.1, recipe="mlp")]
    low, high = Study(MADE, {}, runs).band("modern", "full")
    assert math.isclose(low, 0.71) and math.isclose(high, 0.91)


@pytest.mark.parametrize(
    ("accuracy", "band"), [(0.5, (0.49, 0.51)), (0.0, (0.0, 0.01)), (1.0, (0.99, 1.0))]
)
def test_the_band_is_never_narrow_and_stays_between_0_and_1(accuracy, band):
    found = Study(MADE, {}, [run(seed, accuracy) for seed in range(5)]).band("modern", "full")
    assert found == pytest.approx(band)


def test_a_band_needs_five_seeds():
    runs = [run(seed, 0.8) for seed in range(4)] + [run(0, 0.8, threads=2)]
    with pytest.raises(ValueError, match=r"a band needs 3-epoch runs of 5 seeds.* has 5 runs"):
        Study(MADE, {}, runs).band("modern", "full")


def test_mean_and_standard_deviation_are_those_of_a_sample():
    assert records.mean_sd([0.1, 0.2, 0.3]) == pytest.approx((0.2, 0.1))


def test_a_record_that_is_not_there_is_an_error_that_lists_what_is():
    with pytest.raises(ValueError, match=r"no record named 'alexnet'; there are \["):
        records.load("alexnet")


# ---- the stored record itself


@pytest.fixture(scope="module")
def study() -> Study:
    return records.load("lenet")


def test_the_record_says_on_what_it_was_made(study):
    assert set(study.made) == {"date", "cpu", "cores", "isa", "python", "torch", "numpy"}
    assert all(study.made.values())


def test_the_record_holds_every_run_that_the_study_asks_for(study):
    wanted = {tuple(s.values()) for s in lenet_study.settings()}
    names = tuple(lenet_study.settings()[0])
    have = [tuple(getattr(r, name) for name in names) for r in study.all_runs]
    widest = {one[-1] for one in have} - {"AVX2"}
    assert len(have) == len(set(have)), "a run is stored twice"
    # the widest instruction set has the name that the recording machine gave it
    here = {(*s[:-1], s[-1] if s[-1] == "AVX2" else study.made["isa"]) for s in wanted}
    assert widest <= {study.made["isa"]}
    assert here <= set(have), f"{len(here - set(have))} runs are missing"


def test_the_recipes_are_the_ones_that_the_study_would_run_today(study):
    assert study.recipes == {name: lenet_study.recipe_facts(name) for name in lenet_study.RECIPES}
    assert study.recipes["modern"]["parameters"] == count_parameters(nets.LeNet()) == 61_706
    classic = nets.LeNet(nn.Sigmoid, nn.AvgPool2d)
    assert study.recipes["classic"]["parameters"] == count_parameters(classic)
    assert study.recipes["mlp"]["parameters"] == count_parameters(nets.make_mlp(77)) == 61_225


def test_every_run_has_one_number_per_epoch_and_all_are_possible(study):
    for one in study.all_runs:
        validated = one.epochs if one.split == "train" else 0
        assert len(one.loss) == one.epochs
        assert len(one.val_loss) == len(one.val_accuracy) == validated
        assert all(0 < loss < 10 for loss in one.loss + one.val_loss)
        assert all(0 <= accuracy <= 1 for accuracy in one.val_accuracy)
        assert one.seconds > 0


def test_the_test_split_was_opened_once_after_the_last_epoch(study):
    for one in study.all_runs:
        if one.split == "train":
            assert one.test_accuracy is None and one.confusion is None
            continue
        per_class = 1000 if one.data == "full" else 200
        assert [sum(row) for row in one.confusion] == [per_class] * 10
        right = sum(one.confusion[i][i] for i in range(10))
        assert one.test_accuracy == right / (10 * per_class)


def test_two_seeds_never_give_the_same_curve(study):
    for recipe in study.recipes:
        curves = [tuple(one.loss) for one in study.runs(recipe)]
        headline = recipe in ("modern", "classic", "mlp")
        assert len(set(curves)) == len(curves) >= (5 if headline else 3)


def test_the_modern_lenet_passes_nine_tenths_on_the_full_test_split(study):
    accuracies = [one.test_accuracy for one in study.runs("modern", split="all")]
    assert len(accuracies) >= 3
    assert records.mean_sd(accuracies)[0] >= 0.90


@pytest.mark.parametrize("recipe", lenet_study.HEADLINE)
@pytest.mark.parametrize("source", ["full", "subset"])
def test_each_live_run_has_a_band(recipe, source, study):
    low, high = study.band(recipe, source)
    assert 0 <= low < high <= 1
