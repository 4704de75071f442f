"""Training: one loop, one evaluation, one plain record. No drawing, no global state.

The loop asks nothing of its batches but that they can be counted and walked through again for
every epoch: :class:`d2lmini.data.Batches` or any ``DataLoader``.
"""

import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn, Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import LRScheduler, OneCycleLR
from tqdm.auto import tqdm

from d2lmini.data import to_float
from d2lmini.ops import corr2d_windows
from d2lmini.scenes import edge_image

MakeOptimizer = Callable[..., Optimizer]
MakeSchedule = Callable[[Optimizer, int], LRScheduler]


@runtime_checkable
class SizedBatches(Protocol):
    """Batches ``(X, y)`` that can be counted and walked through once per epoch."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]: ...


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
    """Return SGD with Nesterov momentum 0.9 and weight decay 5e-4: an ``optimizer`` for ``fit``."""
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
        y: whole-number labels ``(N,)``.
        batch_size: images at a time, at least 1; it changes the result by rounding at most.

    Raises:
        ValueError: no images, another number of labels than images, labels that the net has no
            score for, ``batch_size`` below 1.

    >>> net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10, bias=False))
    >>> _ = nn.init.zeros_(net[1].weight)
    >>> score = evaluate(net, torch.zeros(4, 1, 28, 28), torch.tensor([0, 0, 0, 7]))
    >>> round(score.loss, 4), score.accuracy  # ln 10; equal scores: the first class is named
    (2.3026, 0.75)
    """
    _check_split(X, y)
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    was_training = net.training
    net.eval()
    loss, correct = 0.0, 0
    try:
        with torch.inference_mode():
            for start in range(0, len(y), batch_size):
                rows = slice(start, start + batch_size)
                scores = net(to_float(X[rows]))
                labels = _checked_labels(y[rows], scores)
                loss += F.cross_entropy(scores, labels, reduction="sum").item()
                correct += int((scores.argmax(1) == labels).sum())
    finally:  # Ctrl-C as well
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
        batches: gives ``(X, y)`` once through for every epoch: X float, or uint8 to be scaled to
            [0, 1], and whole-number labels y.
        val: validation split ``(X, y)``, evaluated after each epoch, or None.
        num_epochs: passes over the data, at least 1.
        lr: learning rate, above 0; with ``one_cycle`` the highest one.
        optimizer: called as ``optimizer(parameters, lr=lr)``; plain SGD unless given.
        schedule: called as ``schedule(optimizer, num_updates)`` and stepped after each update.

    Returns:
        A :class:`History`. Ctrl-C, or a loss that is no longer a finite number, ends the run early:
        the history so far comes back, and its ``stopped`` says why.

    Raises:
        ValueError: no batches, an empty ``val``, ``num_epochs`` or ``lr`` out of range, labels that
            the net has no score for.

    >>> history = fit(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)),
    ...               [(torch.rand(8, 1, 28, 28), torch.arange(8))], None, num_epochs=2, lr=0.1)
    >>> history
    History(2 epochs, 2 updates)
    """
    _check_arguments(batches, val, num_epochs, lr)
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
            loss = _train_epoch(net, batches, opt, rates, history, bar)
            score = evaluate(net, *val) if val and not history.stopped else None
            _note_epoch(history, loss, score)
            if history.stopped:
                break
            if score:
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
    bar: "tqdm[NoReturn]",
) -> float:
    """Walk through the batches once; note every loss, stop at the first that is not finite."""
    net.train()
    total, count = 0.0, 0
    for X, y in batches:
        scores = net(to_float(X))
        loss = F.cross_entropy(scores, _checked_labels(y, scores))
        value = loss.item()
        history.step_loss.append(value)
        if not math.isfinite(value):
            history.stopped = (
                f"the loss became {value} at update {len(history.step_loss)}: "
                "use a smaller learning rate"
            )
            return value
        opt.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        opt.step()
        if rates is not None:
            rates.step()
        total, count = total + value * len(y), count + len(y)
        bar.update()
    if count == 0:
        raise ValueError("the batches gave nothing: they must start anew for every epoch")
    return total / count


def _note_epoch(history: History, loss: float, score: Score | None) -> None:
    """Write a finished epoch down, all of it or nothing."""
    if score and not math.isfinite(score.loss):
        history.stopped = (
            f"the validation loss became {score.loss} after update {len(history.step_loss)}: "
            "use a smaller learning rate"
        )
    if history.stopped:
        return
    history.loss.append(loss)
    if score:
        history.val_loss.append(score.loss)
        history.val_accuracy.append(score.accuracy)


def _check_arguments(
    batches: SizedBatches, val: tuple[Tensor, Tensor] | None, num_epochs: int, lr: float
) -> None:
    """Refuse before the first update what would only fail after an epoch."""
    if isinstance(num_epochs, bool) or not isinstance(num_epochs, int) or num_epochs < 1:
        raise ValueError(f"num_epochs must be a whole number of at least 1, got {num_epochs!r}")
    if isinstance(lr, bool) or not isinstance(lr, int | float) or not 0 < lr < math.inf:
        raise ValueError(f"lr must be a number above 0, got {lr!r}")
    if not isinstance(batches, SizedBatches):
        raise ValueError(
            "batches must be countable and give the same data for every epoch, "
            f"as Batches, a DataLoader or a list do, got {type(batches).__name__}"
        )
    if len(batches) == 0:
        raise ValueError("there is no batch to train on")
    if val is not None:
        _check_split(*val)


def _check_split(X: Tensor, y: Tensor) -> None:
    """Refuse a split without images, or with another number of labels."""
    if len(X) == 0 or len(X) != len(y):
        raise ValueError(
            f"a split needs one label per image and at least one image, got {len(X)} images "
            f"and {len(y)} labels"
        )


def _checked_labels(y: Tensor, scores: Tensor) -> Tensor:
    """Return the labels as int64, or refuse what the scores have no column for."""
    num_classes = scores.shape[1]
    if y.is_floating_point() or y.dim() != 1:
        raise ValueError(
            f"labels must be whole numbers of shape (N,), got {y.dtype}, shape {tuple(y.shape)}"
        )
    low, high = int(y.min()), int(y.max())
    if low < 0 or high >= num_classes:
        raise ValueError(f"labels must lie in 0..{num_classes - 1}, got {low}..{high}")
    return y.long()


def count_parameters(net: nn.Module) -> int:
    """Return how many numbers the module learns.

    >>> count_parameters(nn.Linear(2, 3))
    9
    """
    return sum(p.numel() for p in net.parameters() if p.requires_grad)


def learn(
    lr: float, w0: Sequence[float], steps: int
) -> tuple[list[float], list[tuple[float, ...]]]:
    """Learn the edge kernel [1, −1] from picture and response by gradient descent, in float64.

    Args:
        lr: learning rate, at least 0. The sum of squares is minimised, so it must stay below 2/60
            to converge from every start.
        w0: the two weights of the 1×2 kernel at the start.
        steps: number of updates, at least 0.

    Returns:
        ``losses`` and ``path``, ``steps + 1`` entries each: ``losses[t]`` is the loss of the
        weights ``path[t]`` after ``t`` updates, entry 0 that of the start.

    Raises:
        ValueError: a number is out of range, or ``w0`` is not a pair.

    Chapter *Cross-correlation*.

    >>> losses, path = learn(lr=0.03125, w0=(0.0, 0.0), steps=1)
    >>> losses[0], path
    (12.0, [(0.0, 0.0), (0.375, -0.375)])
    """
    if problem := _learn_problem(lr, w0, steps):
        raise ValueError(problem)
    X = edge_image().double()
    Y = corr2d_windows(X, torch.tensor([[1, -1]]))
    w = torch.tensor(w0, dtype=X.dtype, requires_grad=True)
    losses, path = [], []
    for _ in range(steps + 1):
        loss = ((corr2d_windows(X, w[None]) - Y) ** 2).sum()
        losses.append(loss.item())
        path.append(tuple(w.tolist()))
        (gradient,) = torch.autograd.grad(loss, w)
        with torch.no_grad():
            w -= lr * gradient
    return losses, path


def _learn_problem(lr: object, w0: object, steps: object) -> str | None:
    """Say why nothing can be learned, or return None."""
    if not _is_number(lr) or not 0 <= lr < math.inf:  # type: ignore[operator]  # a number by then
        return f"lr must be a number of at least 0, got {lr!r}"
    if not isinstance(w0, list | tuple) or len(w0) != 2 or not all(map(_is_number, w0)):
        return f"w0 must be two numbers, the weights at the start, got {w0!r}"
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 0:
        return f"steps must be a whole number of at least 0, got {steps!r}"
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
