"""Run records: what long trainings gave, stored with everything needed to repeat them.

A chapter trains a network for a minute; what needs an hour is measured by ``benchmarks/`` and
stored as JSON beside the package. Chapters read it here and never copy a number.
"""

import json
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STORED = Path(__file__).parent / "stored"


@dataclass(frozen=True)
class Run:
    """One training run.

    Attributes:
        recipe: name in ``Study.recipes``; data: ``"full"`` or ``"subset"``.
        split: ``"train"`` (validated, test split unopened) or ``"all"`` (training and validation
            split together, tested once after the last epoch).
        epochs, seed, threads, isa: settings; ``isa`` is the instruction set that torch used.
        loss, val_loss, val_accuracy: one number per epoch; the last two are empty for ``"all"``.
        test_accuracy, confusion: only for ``"all"``; rows of ``confusion`` are the true classes.
        seconds: wall time.
    """

    recipe: str
    data: str
    split: str
    epochs: int
    seed: int
    threads: int
    isa: str
    loss: list[float]
    val_loss: list[float]
    val_accuracy: list[float]
    test_accuracy: float | None
    confusion: list[list[int]] | None
    seconds: float


@dataclass(frozen=True)
class Study:
    """All runs of one study, its recipes, and the machine and versions that made them."""

    made: dict[str, Any]
    recipes: dict[str, dict[str, Any]]
    all_runs: list[Run]

    def runs(
        self, recipe: str, data: str = "full", epochs: int = 10, split: str = "train"
    ) -> list[Run]:
        """Return the runs of one setting on one thread and the widest instruction set, by seed.

        Raises:
            ValueError: nothing was recorded for it.
        """
        found = [
            run
            for run in self.all_runs
            if (run.recipe, run.data, run.epochs, run.split) == (recipe, data, epochs, split)
            and (run.threads, run.isa) == (1, self.made["isa"])
        ]
        if not found:
            raise ValueError(
                f"no record of {recipe!r} on {data!r} data, {epochs} epochs, split {split!r}; "
                f"recipes are {sorted(self.recipes)}"
            )
        return sorted(found, key=lambda run: run.seed)

    def band(self, recipe: str, data: str) -> tuple[float, float]:
        """Return where a 3-epoch run's validation accuracy must lie: ``(low, high)``.

        The range over all recorded 3-epoch runs (seeds, threads, instruction sets), widened by half
        its width, but by at least 0.01, on both sides.

        Raises:
            ValueError: fewer than five seeds were recorded.
        """
        runs = [
            r
            for r in self.all_runs
            if (r.recipe, r.data, r.epochs, r.split) == (recipe, data, 3, "train")
        ]
        if len({run.seed for run in runs}) < 5:
            raise ValueError(
                f"a band needs 3-epoch runs of 5 seeds; {recipe!r} on {data!r} has {len(runs)} runs"
            )
        last = [run.val_accuracy[-1] for run in runs]
        margin = max(0.01, (max(last) - min(last)) / 2)
        return max(0.0, min(last) - margin), min(1.0, max(last) + margin)


def mean_sd(values: list[float]) -> tuple[float, float]:
    """Return mean and sample standard deviation.

    >>> mean_sd([1, 2, 3])
    (2, 1.0)
    """
    return statistics.mean(values), statistics.stdev(values)


def load(name: str) -> Study:
    """Read the study ``d2lmini/stored/NAME.json``.

    Raises:
        ValueError: there is no such record.
    """
    path = STORED / f"{name}.json"
    if not path.is_file():
        raise ValueError(
            f"no record named {name!r}; there are {sorted(p.stem for p in STORED.glob('*.json'))}"
        )
    content = json.loads(path.read_text(encoding="utf-8"))
    return Study(content["made"], content["recipes"], [Run(**run) for run in content["runs"]])
