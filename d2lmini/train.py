"""Training: one loop, one evaluation, one plain record. No drawing, no global state.

The loop asks nothing of its batches but that they can be counted and walked through again for
every epoch: :class:`d2lmini.data.Batches` or any ``DataLoader``.
"""

import math
import os
import time
from collections.abc import Callable, Iterable, Sized
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import LRScheduler, OneCycleLR
from tqdm.auto import tqdm

from d2lmini.data import to_float

MakeOptimizer = Callable[..., Optimizer]
MakeSchedule = Callable[[Optimizer, int], LRScheduler]


@runtime_checkable
class SizedBatches(Protocol):
    """Batches ``(X, y)`` that can be counted and walked through once per epoch."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterable[tuple[Tensor, Tensor]]: ...


class Score(NamedTuple):
    """Mean loss and share of correct answers over one split."""

    loss: float
    accuracy: float


@dataclass
class History:
    """What happened in :func:`fit`, one entry per finished epoch unless said otherwise.

    Attributes:
        loss: mean training loss of the epoch, taken before each update.
        val_loss, val_accuracy: on the validation split after the epoch; empty without one.
        step_loss: training loss of every single update.
        seconds: wall time of the whole call.
        stopped: why the run ended early, in one sentence; empty when it did not.
        note: what a reader must know about the data; empty for the full set.
    """

    loss: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    val_accuracy: list[float] = field(default_factory=list)
    step_loss: list[float] = field(default_factory=list)
    seconds: float = 0.0
    stopped: str = ""
    note: str = ""

    def __repr__(self) -> str:
        end = f", stopped: {self.stopped}" if self.stopped else ""
        return f"History({len(self.loss)} epochs, {len(self.step_loss)} updates{end})"


def nesterov(params: Iterable[nn.Parameter], lr: float) -> SGD:
    """SGD with Nesterov momentum 0.9 and weight decay 5e-4: pass it to :func:`fit` as ``optimizer``."""
    return SGD(params, lr=lr, momentum=0.9, nesterov=True, weight_decay=5e-4)


def one_cycle(optimizer: Optimizer, num_steps: int) -> OneCycleLR:
    """Raise the rate to the optimizer's ``lr`` over 30 % of the updates, then lower it to nearly 0.

    Pass it to :func:`fit` as ``schedule``. After Smith and Topin, "Super-convergence", 2018.
    """
    peak = optimizer.param_groups[0]["lr"]
    return OneCycleLR(optimizer, max_lr=peak, total_steps=num_steps, cycle_momentum=False)


def quiet() -> bool:
    """True while the book is built or compared: then no progress is shown."""
    return os.environ.get("D2LMINI_QUIET") == "1"


def evaluate(net: nn.Module, X: Tensor, y: Tensor, batch_size: int = 1000) -> Score:
    """Return mean cross-entropy and accuracy, counted over all of ``X``, not averaged over batches.

    Args:
        net: takes float32 ``(N, 1, 28, 28)``, returns scores ``(N, num_classes)``; left in the mode
            (training or evaluation) in which it came.
        X: uint8 in 0..255 (scaled to [0, 1] here) or float, ``(N, 1, 28, 28)``.
        y: int64 labels ``(N,)``.

    Raises:
        ValueError: no pictures, or another number of labels than pictures.

    >>> net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10, bias=False))
    >>> _ = nn.init.zeros_(net[1].weight)
    >>> score = evaluate(net, torch.zeros(4, 1, 28, 28), torch.tensor([0, 0, 0, 7]))
    >>> round(score.loss, 4), score.accuracy  # ln 10; equal scores: the first class is named
    (2.3026, 0.75)
    """
    if len(X) == 0 or len(X) != len(y):
        raise ValueError(f"evaluate needs as many labels as pictures and at least one, got {len(X)} and {len(y)}")
    was_training = net.training
    net.eval()
    loss, correct = 0.0, 0
    with torch.inference_mode():
        for X_part, y_part in zip(X.split(batch_size), y.split(batch_size), strict=True):
            scores = net(to_float(X_part))
            loss += F.cross_entropy(scores, y_part, reduction="sum").item()
            correct += int((scores.argmax(1) == y_part).sum())
    net.train(was_training)
    return Score(loss / len(y), correct / len(y))


def fit(
    net: nn.Module,
    batches: SizedBatches,
    val: tuple[Tensor, Tensor] | None,
    num_epochs: int,
    lr: float,
    *,
    optimizer: MakeOptimizer | None = None,
    schedule: MakeSchedule | None = None,
) -> History:
    """Train ``net`` in place by minimising cross-entropy and return what happened.

    Args:
        net: takes float32 ``(N, 1, 28, 28)``, returns scores ``(N, num_classes)``.
        batches: gives ``(X, y)`` with float32 X and int64 labels, once through for every epoch.
        val: validation split ``(X, y)``, evaluated after each epoch, or None.
        num_epochs: passes over the data, at least 1.
        lr: learning rate, above 0; with ``one_cycle`` the highest one.
        optimizer: called as ``optimizer(parameters, lr=lr)``; plain SGD unless given.
        schedule: called as ``schedule(optimizer, num_updates)`` and stepped after each update.

    Returns:
        A :class:`History`. Ctrl-C, or a loss that is no longer a finite number, ends the run early:
        the history so far comes back, and its ``stopped`` says why.

    Raises:
        ValueError: no batches, ``num_epochs`` or ``lr`` out of range, labels that the net has no
            score for.

    >>> history = fit(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)),
    ...               [(torch.rand(8, 1, 28, 28), torch.arange(8))], None, num_epochs=2, lr=0.1)
    >>> history
    History(2 epochs, 2 updates)
    """
    if type(num_epochs) is not int or num_epochs < 1:
        raise ValueError(f"num_epochs must be a whole number of at least 1, got {num_epochs!r}")
    if not isinstance(lr, int | float) or not 0 < lr < math.inf:
        raise ValueError(f"lr must be a number above 0, got {lr!r}")
    if len(batches) == 0:
        raise ValueError("there is no batch to train on")
    history = History(note=getattr(batches, "note", ""))
    if history.note:
        print(history.note)
    opt = (optimizer or SGD)(net.parameters(), lr=lr)
    rates = schedule(opt, num_epochs * len(batches)) if schedule else None
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # a sixth faster on a CPU
    start = time.perf_counter()
    bar = tqdm(total=num_epochs * len(batches), unit="batch", disable=quiet(), leave=False)
    try:
        for epoch in range(num_epochs):
            _train_epoch(net, batches, opt, rates, history, bar)
            if history.stopped:
                break
            if val is not None:
                score = evaluate(net, *val)
                history.val_loss.append(score.loss)
                history.val_accuracy.append(score.accuracy)
                bar.set_description(f"epoch {epoch + 1}: validation accuracy {score.accuracy:.3f}")
    except KeyboardInterrupt:
        history.stopped = f"interrupted in epoch {len(history.loss) + 1}"
    finally:
        bar.close()
        history.seconds = time.perf_counter() - start
    return history


def _train_epoch(
    net: nn.Module,
    batches: SizedBatches,
    opt: Optimizer,
    rates: LRScheduler | None,
    history: History,
    bar: "tqdm[None]",
) -> None:
    """Walk through the batches once; note every loss, stop at the first that is not finite."""
    net.train()
    total, count = 0.0, 0
    for X, y in batches:
        scores = net(to_float(X))
        if int(y.max()) >= scores.shape[1] or int(y.min()) < 0:
            raise ValueError(f"labels must lie in 0..{scores.shape[1] - 1}, got {int(y.min())}..{int(y.max())}")
        loss = F.cross_entropy(scores, y)
        value = loss.item()
        history.step_loss.append(value)
        if not math.isfinite(value):
            history.stopped = f"the loss became {value} at update {len(history.step_loss)}: use a smaller learning rate"
            return
        opt.zero_grad()
        loss.backward()
        opt.step()
        if rates is not None:
            rates.step()
        total, count = total + value * len(y), count + len(y)
        bar.update()
    history.loss.append(total / count)


def count_parameters(net: nn.Module) -> int:
    """Return how many numbers the module learns.

    >>> count_parameters(nn.Linear(2, 3))
    9
    """
    return sum(p.numel() for p in net.parameters() if p.requires_grad)


def batch_count(examples: Sized, size: int) -> int:
    """Return how many batches of ``size`` hold all examples, the last one possibly smaller.

    >>> batch_count(range(10), 4)
    3
    """
    return -(-len(examples) // size)
