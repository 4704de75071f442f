"""A training that cannot go on ends with what it has, or with one sentence that says why."""

import os
import signal
import subprocess
import sys

import pytest
import torch
from torch import nn

from d2lmini.data import Batches
from d2lmini.train import evaluate, fit


@pytest.fixture(autouse=True)
def no_bar(monkeypatch):
    monkeypatch.setenv("D2LMINI_QUIET", "1")


def linear() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 10))


def pictures(num: int) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(1)
    return torch.rand(num, 1, 4, 4), torch.randint(0, 10, (num,))


# ---- rates that are too large


def test_too_large_a_rate_stops_the_run_and_names_the_update():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(16, 16), nn.Linear(16, 16), nn.Linear(16, 10))
    history = fit(net, Batches(*pictures(40), 8), None, num_epochs=50, lr=1e6)
    update = len(history.step_loss)
    assert f"became nan at update {update}: use a smaller" in history.stopped or (
        f"became inf at update {update}: use a smaller" in history.stopped
    )
    assert update < 50 * 5
    assert len(history.loss) == (update - 1) // 5, "an epoch that broke off has no mean"


def test_a_rate_that_ruins_the_last_update_is_noticed_on_validation():
    X, y = pictures(8)
    history = fit(linear(), [(X * 1e30, y)], (X * 1e30, y), num_epochs=1, lr=1e30)
    assert history.stopped.startswith("the validation loss became ")
    assert "after update 1: use a smaller learning rate" in history.stopped
    assert history.loss == history.val_loss == history.val_accuracy == []


def test_pixels_that_are_no_numbers_stop_the_run_before_they_reach_the_weights():
    X, y = pictures(12)
    X[9] = torch.nan
    net = linear()
    batches = [(X[:8], y[:8]), (X[8:], y[8:])]
    assert "became nan at update 2" in fit(net, batches, None, num_epochs=1, lr=0.1).stopped
    assert all(p.isfinite().all() for p in net.parameters())


# ---- Ctrl-C


class Interrupted(list):
    """Batches that are interrupted at one place of one epoch."""

    epoch = 0

    def __iter__(self):
        self.epoch += 1
        for i, batch in enumerate(super().__iter__()):
            if (self.epoch, i) == (3, 1):
                raise KeyboardInterrupt
            yield batch


def test_an_interrupt_gives_the_history_so_far():
    X, y = pictures(8)
    batches = Interrupted([(X[:4], y[:4]), (X[4:], y[4:])])
    history = fit(linear(), batches, (X, y), num_epochs=9, lr=0.1)
    assert history.stopped == "interrupted in epoch 3"
    assert len(history.loss) == len(history.val_loss) == len(history.val_accuracy) == 2
    assert len(history.step_loss) == 5
    assert history.seconds > 0


def test_an_interrupt_during_validation_leaves_whole_epochs_and_the_nets_mode():
    X, y = pictures(8)
    net = linear()

    def interrupt(module, inputs):
        if not module.training:
            raise KeyboardInterrupt

    net.register_forward_pre_hook(interrupt)
    history = fit(net, [(X, y)], (X, y), num_epochs=2, lr=0.1)
    assert history.stopped == "interrupted in epoch 1"
    assert (history.loss, history.val_loss, len(history.step_loss)) == ([], [], 1)
    assert net.training


ENDLESS = """
import signal
import torch
from torch import nn
from d2lmini.train import fit
signal.signal(signal.SIGINT, signal.default_int_handler)  # else ignored in the background
class Announced(list):
    def __iter__(self):
        print("training", flush=True)
        return super().__iter__()
X, y = torch.rand(64, 1, 28, 28), torch.randint(0, 10, (64,))
net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
history = fit(net, Announced([(X, y)] * 50), None, num_epochs=10**6, lr=1e-6)
print(history.stopped, len(history.step_loss) > 0, sep=";", flush=True)
"""


def test_a_real_ctrl_c_ends_the_call_and_not_the_process():
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    ) as process:
        for _ in range(3):
            assert process.stdout.readline() == "training\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    said, trained = out.splitlines()[-1].split(";")
    assert said.startswith("interrupted in epoch ") and trained == "True"


# ---- batches and labels of every kind


def test_a_last_batch_of_one_image_trains():
    X, y = pictures(9)
    history = fit(linear(), Batches(X, y, 4), (X, y), num_epochs=2, lr=0.1)
    assert len(history.step_loss) == 6 and history.stopped == ""


@pytest.mark.parametrize("wrong", [10, -1, 255])
def test_labels_without_a_score_are_an_error_that_names_the_range(wrong):
    X, y = pictures(8)
    y[3] = wrong
    words = r"labels must lie in 0..9, got "
    with pytest.raises(ValueError, match=words):
        fit(linear(), Batches(X, y, 8), None, num_epochs=1, lr=0.1)
    with pytest.raises(ValueError, match=words):
        evaluate(linear(), X, y)


@pytest.mark.parametrize("labels", [torch.rand(8), torch.zeros(8, 10, dtype=torch.int64)])
def test_labels_that_are_no_classes_are_an_error(labels):
    with pytest.raises(ValueError, match="labels must be whole numbers of shape"):
        fit(linear(), [(pictures(8)[0], labels)], None, num_epochs=1, lr=0.1)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.uint8])
def test_images_of_other_types_train_like_float32(dtype):
    _, y = pictures(8)
    X = (torch.arange(128).reshape(8, 1, 4, 4) % 2).to(torch.uint8)
    given = X * 255 if dtype == torch.uint8 else X.to(dtype)
    history = fit(linear(), [(given, y.to(torch.int32))], (given, y), num_epochs=2, lr=0.1)
    expected = fit(linear(), [(X.float(), y)], (X.float(), y), num_epochs=2, lr=0.1)
    assert history.step_loss == expected.step_loss
    assert history.val_loss == expected.val_loss


def test_images_of_whole_numbers_are_an_error_because_their_scale_is_unknown():
    X, y = pictures(4)
    with pytest.raises(ValueError, match=r"uint8 or floating point, got torch\.int64"):
        fit(linear(), [(X.long(), y)], None, num_epochs=1, lr=0.1)


# ---- arguments


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"num_epochs": 0}, "num_epochs must be a whole number of at least 1, got 0"),
        ({"num_epochs": 1.5}, "got 1.5"),
        ({"num_epochs": True}, "got True"),
        ({"lr": 0}, "lr must be a number above 0, got 0"),
        ({"lr": -0.1}, "got -0.1"),
        ({"lr": float("nan")}, "got nan"),
        ({"lr": float("inf")}, "got inf"),
        ({"lr": "0.1"}, "got '0.1'"),
        ({"batches": []}, "there is no batch to train on"),
        ({"batches": iter([])}, "batches must be countable .* got list_iterator"),
        ({"val": (torch.zeros(0, 1, 4, 4), torch.zeros(0))}, "at least one image, got 0 images"),
        ({"val": (torch.zeros(2, 1, 4, 4), torch.zeros(3))}, "got 2 images and 3 labels"),
    ],
)
def test_bad_arguments_are_errors_before_the_first_update(changes, words):
    net = linear()
    before = [p.clone() for p in net.parameters()]
    settings = {"batches": [pictures(4)], "val": None, "num_epochs": 1, "lr": 0.1} | changes
    with pytest.raises(ValueError, match=words):
        fit(net, **settings)
    assert all(torch.equal(p, q) for p, q in zip(net.parameters(), before, strict=True))


class Once:
    """Batches that can be walked through a single time, though they can be counted."""

    def __init__(self, *batches):
        self.left = iter(batches)

    def __len__(self):
        return 1

    def __iter__(self):
        return self.left


def test_batches_that_run_dry_are_an_error():
    with pytest.raises(ValueError, match="must start anew for every epoch"):
        fit(linear(), Once(pictures(4)), None, num_epochs=2, lr=0.1)


@pytest.mark.parametrize("batch_size", [0, -3])
def test_a_batch_size_below_1_is_an_error(batch_size):
    with pytest.raises(ValueError, match=f"batch_size must be at least 1, got {batch_size}"):
        evaluate(linear(), *pictures(4), batch_size=batch_size)
