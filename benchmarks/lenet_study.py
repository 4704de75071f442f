"""Train LeNet and its rivals over many seeds and store what happened in d2lmini/stored/lenet.json.

    python -m benchmarks.lenet_study              # about an hour on two cores; run again to resume
    python -m benchmarks.lenet_study --only mlp   # the runs of one recipe

Every run is a process of its own, so that the instruction set can be chosen, and is safe on disk
(``_build/lenet_study``) as soon as it ends. Ctrl-C loses the runs under way, nothing else.
"""

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from d2lmini import data, layers, nets, train
from d2lmini.records import STORED, Run

ROOT = Path(__file__).resolve().parent.parent
SEEDS = range(5)
FEW_SEEDS = range(3)  # for one change at a time, and for another instruction set
WIDEST = torch.backends.cpu.get_cpu_capability()
# What makes torch use a narrower instruction set than the machine has.
NARROW = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
}

kaiming, xavier = nn.init.kaiming_normal_, nn.init.xavier_uniform_
classic_net = partial(nets.LeNet, nn.Sigmoid, nn.AvgPool2d)
average_net = partial(nets.LeNet, pool=nn.AvgPool2d)
sigmoid_net = partial(nets.LeNet, nn.Sigmoid)
cycle: dict[str, Any] = {"optimizer": train.nesterov, "schedule": train.one_cycle}
# name: (what it is, how to make it, initialisation, highest learning rate, batch size, how to fit)
RECIPES: dict[str, tuple[str, Any, Any, float, int, dict[str, Any]]] = {
    "modern": ("LeNet, ReLU, max pooling", nets.LeNet, kaiming, 0.1, 128, cycle),
    "modern_avg": ("LeNet, ReLU, average pooling", average_net, kaiming, 0.1, 128, cycle),
    "modern_sigmoid": ("LeNet, sigmoid, max pooling", sigmoid_net, xavier, 0.1, 128, cycle),
    "modern_constant": ("LeNet, ReLU, max pooling", nets.LeNet, kaiming, 0.1, 128, {}),
    "classic": ("LeNet, sigmoid, average pooling", classic_net, xavier, 0.9, 256, {}),
    "classic_slow": ("LeNet, sigmoid, average pooling", classic_net, xavier, 0.1, 128, {}),
    "mlp": ("MLP 784–77–10, ReLU", partial(nets.make_mlp, 77), kaiming, 0.1, 128, cycle),
    "mlp_wide": ("MLP 784–524–10, ReLU", partial(nets.make_mlp, 524), kaiming, 0.1, 128, cycle),
}  # fmt: skip
HEADLINE = ("modern", "classic", "mlp")


def settings() -> list[dict[str, Any]]:
    """List every run of the study, the ones that the page needs most first."""
    runs = []
    for source in ("full", "subset"):
        for recipe in HEADLINE:
            for seed in SEEDS:
                runs.append((recipe, source, "train", 10, seed, 1, WIDEST))
                runs.append((recipe, source, "all", 10, seed, 1, WIDEST))
                runs.append((recipe, source, "train", 3, seed, 1, WIDEST))
            runs += [(recipe, source, "train", 3, seed, 1, "AVX2") for seed in FEW_SEEDS]
            runs += [(recipe, source, "train", 3, seed, 2, WIDEST) for seed in FEW_SEEDS[:1]]
    for recipe in RECIPES:
        runs += [(recipe, "full", "train", 10, seed, 1, WIDEST) for seed in FEW_SEEDS]
    names = ("recipe", "data", "split", "epochs", "seed", "threads", "isa")
    wanted = [dict(zip(names, run, strict=True)) for run in dict.fromkeys(runs)]
    return sorted(
        wanted, key=lambda r: (r["recipe"] not in HEADLINE, r["data"] != "full", r["seed"])
    )


def run_one(setting: dict[str, Any]) -> Run:
    """Train and measure one setting in this process, which has the instruction set it asks for."""
    if setting["isa"] != WIDEST:
        raise ValueError(f"this process computes with {WIDEST}, not {setting['isa']}")
    torch.set_num_threads(setting["threads"])
    torch.manual_seed(setting["seed"])
    _, make, init, lr, size, how = RECIPES[setting["recipe"]]
    images = data.fashion_mnist(source=setting["data"])
    headline = setting["split"] == "all"
    net = layers.init_weights(make(), init)
    chosen = images.all_train if headline else images.train
    batches = data.Batches(*chosen, size, setting["seed"])
    history = train.fit(
        net, batches, None if headline else images.val, setting["epochs"], lr, **how
    )
    if history.stopped:
        raise ValueError(f"{setting}: {history.stopped}")
    test, confusion = test_once(net, images.test) if headline else (None, None)
    curves = ("loss", "val_loss", "val_accuracy")
    rounded = {name: [round(x, 5) for x in getattr(history, name)] for name in curves}
    seconds = round(history.seconds, 1)
    return Run(**setting, **rounded, test_accuracy=test, confusion=confusion, seconds=seconds)


def test_once(net: nn.Module, split: data.Split) -> tuple[float, list[list[int]]]:
    """Return test accuracy and the confusion matrix, rows the true classes."""
    net.eval()
    with torch.inference_mode():
        named = torch.cat([net(data.to_float(X)).argmax(1) for X in split.X.split(1000)])
    matrix = torch.zeros(10, 10, dtype=torch.int64)
    matrix.index_put_((split.y, named), torch.ones_like(named), accumulate=True)
    return round(int(matrix.trace()) / len(split.y), 5), matrix.tolist()


def recipe_facts(name: str) -> dict[str, Any]:
    """Describe a recipe for the record."""
    network, make, init, lr, size, how = RECIPES[name]
    return {
        "network": network,
        "parameters": train.count_parameters(make()),
        "init": init.__name__,
        "lr": lr,
        "batch_size": size,
        "optimizer": "SGD, Nesterov momentum 0.9, weight decay 5e-4" if how else "SGD",
        "schedule": "one cycle, lr is the peak" if how else "constant",
        "pixels": "[0, 1]",
    }


def key(setting: dict[str, Any]) -> str:
    """Name a run by its setting and its recipe, so that a changed recipe runs again."""
    text = json.dumps([setting, recipe_facts(setting["recipe"])], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def in_own_process(setting: dict[str, Any], folder: Path) -> None:
    """Run one setting in a new process unless its result is on disk already."""
    if (folder / f"{key(setting)}.json").exists():
        return
    env = os.environ | {
        "D2LMINI_QUIET": "1",
        "OMP_NUM_THREADS": str(setting["threads"]),
        "OMP_WAIT_POLICY": "PASSIVE",
    }
    env |= NARROW if setting["isa"] != WIDEST else {}
    command = [
        sys.executable,
        "-m",
        "benchmarks.lenet_study",
        "--one",
        json.dumps(setting),
        "--folder",
        str(folder),
    ]
    subprocess.run(command, cwd=ROOT, env=env, check=True)


def save(run: Run, setting: dict[str, Any], folder: Path) -> None:
    """Write one result so that it is there whole or not at all."""
    path = folder / f"{key(setting)}.json"
    part = path.with_suffix(".part")
    part.write_text(json.dumps(asdict(run)), encoding="utf-8")
    part.replace(path)


def cpu_name() -> str:
    """Return the processor's name as the system gives it."""
    info = Path("/proc/cpuinfo")
    names = (
        [x for x in info.read_text().splitlines() if x.startswith("model name")]
        if info.exists()
        else []
    )
    return (
        names[0].partition(":")[2].strip() if names else platform.processor() or platform.machine()
    )


def store(wanted: list[dict[str, Any]], folder: Path) -> int:
    """Write the record if every run is finished; return how many are missing."""
    files = [folder / f"{key(setting)}.json" for setting in wanted]
    missing = sum(not path.exists() for path in files)
    if missing:
        return missing
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    order = ("data", "recipe", "split", "epochs", "isa", "threads", "seed")
    runs.sort(key=lambda run: [str(run[name]) for name in order])
    made = {
        "date": date.today().isoformat(),
        "cpu": cpu_name(),
        "cores": os.cpu_count(),
        "isa": WIDEST,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }
    head = {"made": made, "recipes": {name: recipe_facts(name) for name in RECIPES}}
    lines = ",\n".join(json.dumps(run) for run in runs)
    text = json.dumps(head, indent=1, ensure_ascii=False)[:-2] + f',\n "runs": [\n{lines}\n ]\n}}\n'
    part = STORED / "lenet.json.part"
    part.write_text(text, encoding="utf-8")
    part.replace(STORED / "lenet.json")
    return 0


def main() -> None:
    """Run what is missing, two at a time, and store the record."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=sorted(RECIPES), help="one recipe")
    parser.add_argument(
        "--store", action="store_true", help="only write the record from finished runs"
    )
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "_build" / "lenet_study", help=argparse.SUPPRESS
    )
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.one:
        setting = json.loads(options.one)
        return save(run_one(setting), setting, options.folder)
    wanted = settings()
    if not options.store:
        started = time.monotonic()
        todo = [s for s in wanted if options.only in (None, s["recipe"])]
        bar = tqdm(total=len(todo), unit="run")
        with ThreadPoolExecutor(max_workers=2) as pool:
            for _ in pool.map(partial(in_own_process, folder=options.folder), todo):
                bar.update()
        print(f"{time.monotonic() - started:.0f} s")
    missing = store(wanted, options.folder)
    print(f"not stored: {missing} runs missing" if missing else "stored d2lmini/stored/lenet.json")


if __name__ == "__main__":
    main()
