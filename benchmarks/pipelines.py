"""One epoch of LeNet, fed in different ways; every way makes the same updates (tests hold that)."""

import contextlib
import copy
import io
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import SGD
from torch.utils.data import DataLoader, Dataset

from d2lmini.data import Batches, Split
from d2lmini.layers import init_weights
from d2lmini.nets import LeNet
from d2lmini.train import fit

SIZE = 128
LR = 0.01
READY = "bare step loop, batches ready in float32"
FIT = "`fit` on `Batches` (uint8 in memory)"
LOADER = "`DataLoader`, image by image, no workers"
BATCHES = "`Batches` alone, no network"
Pairs = Iterable[tuple[Tensor, Tensor]]


class PerImage(Dataset[tuple[Tensor, Tensor]]):
    """Hand out one converted image at a time: what a ``DataLoader`` is usually given."""

    def __init__(self, split: Split) -> None:
        self.split = split

    def __len__(self) -> int:
        return len(self.split.y)

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        return self.split.X[i].float() / 255, self.split.y[i]


def new_net(seed: int = 0) -> nn.Module:
    """Return a LeNet with weights that follow from the seed."""
    torch.manual_seed(seed)
    return init_weights(LeNet())


def bare_loop(net: nn.Module, batches: Pairs) -> nn.Module:
    """Make the updates and nothing else: no check, no record, no progress."""
    net.to(memory_format=torch.channels_last)  # as fit does
    net.train()
    opt = SGD(net.parameters(), lr=LR)
    for X, y in batches:
        loss = F.cross_entropy(net(X), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    return net


def with_fit(net: nn.Module, split: Split) -> nn.Module:
    """Train as a chapter does, progress bar included."""
    with contextlib.redirect_stderr(io.StringIO()):
        fit(net, Batches(*split, SIZE), None, num_epochs=1, lr=LR)
    return net


def with_loader(net: nn.Module, split: Split, order: list[int] | None = None) -> nn.Module:
    """Train from a ``DataLoader`` without workers that fetches image by image."""
    shuffled = {"shuffle": True} if order is None else {"sampler": order}
    return bare_loop(net, DataLoader(PerImage(split), batch_size=SIZE, **shuffled))


def contestants(split: Split) -> dict[str, Callable[[], object]]:
    """Return one epoch in each way; the bare loop has its float32 batches made beforehand."""
    ready = list(Batches(*split, SIZE))
    net = new_net()

    def fresh() -> nn.Module:
        return copy.deepcopy(net)

    return {
        READY: lambda: bare_loop(fresh(), ready),
        FIT: lambda: with_fit(fresh(), split),
        LOADER: lambda: with_loader(fresh(), split),
        BATCHES: lambda: sum(len(y) for _, y in Batches(*split, SIZE)),
    }
