"""Measure in one run what the course promises about speed, and write benchmarks/results.md.

    python -m benchmarks.bench     (`make bench` builds what it needs first)

Everything is a ratio: contestants take turns, seven times, and the median counts.
"""

import os
import platform
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from benchmarks import correlation, pipelines
from benchmarks.lenet_study import cpu_name
from benchmarks.ratios import ROUNDS, OthersLoad, Timing, compare
from d2lmini.data import Split, fashion_mnist

RESULTS = Path(__file__).with_name("results.md")
NUM_IMAGES = 50 * pipelines.SIZE
BUSY = 0.15  # of the processors in other hands: then no promise is judged
Table = list[list[str]]


def machine() -> list[str]:
    """Describe what was measured on, without a path or a host name."""
    return [
        f"* {date.today().isoformat()}, {cpu_name()}, {os.cpu_count()} cores, "
        f"{torch.get_num_threads()} thread, {torch.backends.cpu.get_cpu_capability()}",
        f"* {platform.system()}, Python {platform.python_version()}, torch {torch.__version__}, "
        f"numpy {np.__version__}",
    ]


def verdict(value: float, limit: float, judged: bool) -> str:
    """Say whether a promise is kept."""
    kept = ("kept" if value <= limit else "BROKEN") if judged else "not judged: busy machine"
    return f"≤ {limit:g} ×: {kept}"


def seconds(value: float) -> str:
    """Return a time with three digits and a unit that fits."""
    for factor, unit in ((1, "s"), (1e3, "ms")):
        if value * factor >= 1:
            return f"{value * factor:.3g} {unit}"
    return f"{value * 1e6:.3g} µs"


def rows(section: "Section", judged: bool) -> Table:
    """Return a row per contestant: name, time, ratio with its range, verdict."""
    limits = section.limits
    return [
        [
            name,
            seconds(timing.seconds),
            f"{timing.ratio:.3g} ({min(timing.ratios):.3g}–{max(timing.ratios):.3g})",
            verdict(timing.ratio, limits[name], judged) if name in limits else "",
        ]
        for name, timing in section.timings.items()
    ]


HEAD = ["", "time", "ratio to the first line (range)", "promise"]
GRADING_HEAD = ["", "seconds", "per student", "ratio to the first line"]
EXPLORERS_HEAD = [
    "",
    "95 % within, script and layout (runs)",
    "the first time",
    "until painted",
    "promise",
]


def table(body: Table, head: list[str] = HEAD) -> list[str]:
    """Return a Markdown table with its columns aligned."""
    widths = [max(map(len, column)) for column in zip(head, *body, strict=True)]
    lines = [head, ["-" * width for width in widths], *body]
    return [
        "| " + " | ".join(x.ljust(w) for x, w in zip(line, widths, strict=True)) + " |"
        for line in lines
    ]


class Section(NamedTuple):
    """One group of contestants, timed, with the promised ratios of some."""

    title: str
    timings: dict[str, Timing]
    limits: dict[str, float]


def training() -> Section:
    """Time one short epoch of LeNet, fed in different ways."""
    images = fashion_mnist()
    split = Split(images.train.X[:NUM_IMAGES], images.train.y[:NUM_IMAGES])
    return Section(
        f"One epoch of LeNet on {NUM_IMAGES:,} images, batches of {pipelines.SIZE}",
        compare(pipelines.contestants(split)),
        {pipelines.FIT: 1.10, pipelines.BATCHES: 0.03},
    )


def correlating(size: int, kernel_size: int, limit: float) -> Section:
    """Time the cross-correlation of one image."""
    return Section(
        f"Cross-correlation, {size}×{size} image, {kernel_size}×{kernel_size} kernel",
        compare(correlation.contestants(size, kernel_size)),
        {correlation.TWIN: limit},
    )


def redraw_rows() -> Table:
    """Return the rows for one move of a slider, or one row that says why there are none."""
    try:
        from benchmarks.redraw import redraw
        from tools.chromium import NoBrowser
        from tools.lab import LabError
    except ImportError as error:
        return [["not measured", str(error), "", ""]]
    try:
        found = redraw()
    except (NoBrowser, LabError, FileNotFoundError) as error:
        return [["not measured", str(error), "", ""]]
    base = found["page"]["median_ms"]
    words = {"page": "on the built page", "kernel": "through a kernel, in JupyterLab"}
    return [
        [
            words[home],
            f"{times['median_ms']:g} ms, 95 % within {times['p95_ms']:g} ms",
            f"{times['median_ms'] / base:.3g}",
            "",
        ]
        for home, times in found.items()
    ]


def explorer_rows(judged: bool) -> Table:
    """Return the rows for one move in each explorer, or one row that says why there are none."""
    try:
        from benchmarks import explorers
        from tools.chromium import NoBrowser
    except ImportError as error:
        return [["not measured", str(error), "", "", ""]]
    try:
        return explorers.rows(explorers.measured(), judged)
    except NoBrowser as error:
        return [["not measured", str(error), "", "", ""]]


def grading_rows() -> Table:
    """Return the rows for a small class that is graded, or one row that says why there are none."""
    try:
        from benchmarks import grading
        from d2lmini.grading import run
    except ImportError as error:
        return [["not measured", str(error), "", ""]]
    try:
        return grading.rows(grading.measure(students=24, sample=8))
    except (FileNotFoundError, run.NoSandbox) as error:
        return [["not measured", str(error), "", ""]]


def report(
    sections: list[Section],
    share: float | None,
    redraws: Table,
    explorers: Table,
    grades: Table,
    judged: bool,
) -> str:
    """Return everything as Markdown."""
    load = "unknown" if share is None else f"{100 * share:.0f} % of the processors"
    lines = ["# What `make bench` printed last", "", *machine(), f"* Other processes used: {load}"]
    lines += [f"* Contestants took turns, {ROUNDS} rounds; medians.", ""]
    for section in sections:
        lines += [f"## {section.title}", "", *table(rows(section, judged)), ""]
        if pipelines.LOADER in section.timings:
            fit, loader = (section.timings[x].seconds for x in (pipelines.FIT, pipelines.LOADER))
            lines += [f"`fit` takes {fit / loader:.2f} of the time of the `DataLoader`.", ""]
    lines += ["## One move of a slider until the new picture is painted", "", *table(redraws), ""]
    lines += ["Up to 17 ms of this are the wait for the screen's next frame.", ""]
    lines += ["## One move in an explorer, in the states that show most", ""]
    lines += [*table(explorers, EXPLORERS_HEAD), ""]
    lines += ["## A class of 24, graded", "", *table(grades, GRADING_HEAD), ""]
    lines += ["`python -m benchmarks.grading` does the same with a class of 200."]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print, and write the results."""
    torch.set_num_threads(1)
    load = OthersLoad()
    print("training", flush=True)
    sections = [training()]
    for size, kernel_size, limit in ((28, 3, 4.0), (224, 11, 10.0)):
        print(f"cross-correlation, {size}×{size}", flush=True)
        sections.append(correlating(size, kernel_size, limit))
    share = load.share()
    judged = share is None or share <= BUSY
    print("redraw", flush=True)
    found = redraw_rows(), explorer_rows(judged)
    print("grading", flush=True)
    text = report(sections, share, *found, grading_rows(), judged)
    print(f"\n{text}")
    RESULTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
