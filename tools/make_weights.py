"""Train LeNet by the chapter's two recipes and store the weights in int8, with their record.

    python tools/make_weights.py           about three minutes of training on one core
    python tools/make_weights.py --check   measure the stored weights again on the test split

Both networks are runs of ``benchmarks/lenet_study.py``: ten epochs over all 60,000 training
pictures, seed 0, one thread. A finished training stays in ``_build/lenet_weights``. It needs the
full data set (see ``d2lmini.data``).
"""

import argparse
import io
import json
import platform
import sys
import time
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from benchmarks.lenet_study import RECIPES, WIDEST, cpu_name, recipe_facts, test_once  # noqa: E402
from d2lmini import data, layers, train, weights  # noqa: E402

EPOCHS, SEED = 10, 0
FOLDER = ROOT / "_build" / "lenet_weights"
COMMAND = "python tools/make_weights.py"


def trained(name: str, images: data.FashionMNIST) -> tuple[nn.Module, dict[str, Any]]:
    """Return a network trained by a recipe of the study, and the facts of its run."""
    path = FOLDER / f"{name}.pt"
    _, make, init, lr, size, how = RECIPES[name]
    if path.exists():
        kept = torch.load(path, weights_only=True)
        net = make()
        net.load_state_dict(kept["state"])
        return net, kept["run"]
    torch.manual_seed(SEED)
    net = layers.init_weights(make(), init)
    start = time.perf_counter()
    history = train.fit(net, data.Batches(*images.all_train, size, SEED), None, EPOCHS, lr, **how)
    if history.stopped:
        raise ValueError(f"{name}: {history.stopped}")
    run = {
        "split": "all",
        "data": "full",
        "epochs": EPOCHS,
        "seed": SEED,
        "threads": 1,
        "isa": WIDEST,
        "loss": [round(loss, 5) for loss in history.loss],
        "seconds": round(time.perf_counter() - start, 1),
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    torch.save({"state": net.state_dict(), "run": run}, path)
    return net, run


def facts(name: str, net: nn.Module, run: dict[str, Any], images: data.FashionMNIST) -> Any:
    """Return the record of one network, and the network in int8."""
    small = weights.quantised(net)
    return small, {
        "recipe": name,
        **recipe_facts(name),
        "activation": small.activation,
        "pool": small.pool,
        "run": run,
        "test_accuracy_float32": test_once(net, images.test)[0],
        **measured(small, net, images),
    }


def answers(net: nn.Module, X: torch.Tensor) -> torch.Tensor:
    """Return the scores for all pictures."""
    net.eval()
    with torch.inference_mode():
        return torch.cat([net(data.to_float(part)) for part in torch.split(X, 1000)])


def measured(small: weights.Network, net: nn.Module, images: data.FashionMNIST) -> dict[str, Any]:
    """Compare a network in int8 with the one in float32 over the whole test split."""
    int8, full = answers(small.module(), images.test.X), answers(net, images.test.X)
    return {
        "test_accuracy": test_once(small.module(), images.test)[0],
        "other_answers": int((int8.argmax(1) != full.argmax(1)).sum()),
        "largest_change_of_a_score": round((int8 - full).abs().max().item(), 4),
    }


def first_of_each_class(split: data.Split) -> np.ndarray:
    """Return the first picture of every class, in the file's order."""
    places = [int((split.y == label).nonzero()[0]) for label in range(10)]
    return split.X[places, 0].numpy()


def archive(arrays: dict[str, np.ndarray]) -> bytes:
    """Return arrays as an npz archive with a fixed date, so that its bytes can be compared."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.save(member, array, allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.external_attr = 0o644 << 16
            packed.writestr(info, member.getvalue(), zipfile.ZIP_DEFLATED, compresslevel=9)
    return buffer.getvalue()


def make(images: data.FashionMNIST) -> None:
    """Train what is not trained yet and write both files."""
    networks, arrays = {}, {"samples": first_of_each_class(images.test)}
    for name in weights.NAMES:
        small, networks[name] = facts(name, *trained(name, images), images)
        for i, layer in enumerate(small.numbers):
            arrays |= {f"{name}.{i}.{part}": getattr(layer, part).numpy() for part in layer._fields}
    made = {
        "date": date.today().isoformat(),
        "command": COMMAND,
        "cpu": cpu_name(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }
    text = json.dumps({"made": made, "networks": networks}, indent=1, ensure_ascii=False)
    weights.ARRAYS.write_bytes(archive(arrays))
    weights.RECORD.write_text(text + "\n", encoding="utf-8")


def check(images: data.FashionMNIST) -> list[str]:
    """Return a sentence for each stored network that no longer does as its record says."""
    wrong = []
    for name, said in weights.record()["networks"].items():
        found = test_once(weights.stored(name).module(), images.test)[0]
        print(
            f"{name}: {found:.4f} of the test pictures, the record says {said['test_accuracy']:.4f}"
        )
        # another processor may round a close call the other way
        if abs(found - said["test_accuracy"]) > 2e-4:
            wrong.append(f"{name} does not do what its record says")
    return wrong


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and store, or check; return the exit status."""
    parser = argparse.ArgumentParser(description="Train LeNet and store its weights in int8.")
    parser.add_argument("--check", action="store_true", help="measure again, write nothing")
    torch.set_num_threads(1)
    checking = parser.parse_args(arguments).check
    images = data.fashion_mnist("full")
    if not checking:
        make(images)
    wrong = check(images)
    print("\n".join(wrong) or f"{weights.ARRAYS.name}: {weights.ARRAYS.stat().st_size:,} bytes")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
