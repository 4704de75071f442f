"""Fashion-MNIST, found and verified, held in memory as uint8, and batched without workers.

Han Xiao, Kashif Rasul, Roland Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking
Machine Learning Algorithms", 2017. MIT licence, copyright 2017 Zalando SE. Where the files come
from is the business of :mod:`d2lmini.sources`; without them a subset stands in, and says so.
"""

import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from d2lmini.sources import FILES, REMEDY, find_full, say, source, where

__all__ = [
    "LABELS",
    "Batches",
    "FashionMNIST",
    "Split",
    "fashion_mnist",
    "source",
    "to_float",
    "where",
]

LABELS = (
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
SUBSET = Path(__file__).parent / "stored" / "fashion-mnist-subset.npz"
SUBSET_ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")
SUBSET_SHA256 = "54bbf760ef6c1ffd9a161cdc9b0afaacf1a97467cb3fd974a6d849931c7f5f33"
SUBSET_NOTE = (
    "These data are the embedded subset of Fashion-MNIST: 12,000 of its 70,000 images. "
    "Numbers differ from those of the full set."
)
SPLIT_SEED = 2026  # of the split alone; trainings have their own

Bytes = NDArray[np.uint8]


class Split(NamedTuple):
    """Images ``X``, uint8 ``(N, 1, 28, 28)`` in 0..255, and their int64 labels ``y`` in 0..9."""

    X: Tensor
    y: Tensor


class Batches:
    """Walk through a split in random order, batch by batch, a new order each time.

    Each batch is a pair: float32 images in [0, 1], ``(B, 1, 28, 28)``, and int64 labels ``(B,)``;
    the last batch may be smaller. The orders follow from the seed alone, so two objects with the
    same seed give the same batches.

    Args:
        X: images, uint8 in 0..255 or floating point, ``(N, ...)``.
        y: whole-number labels ``(N,)``.
        size: images per batch, at least 1.
        seed: of the orders.
        note: what a reader must know about the data; ``fit`` prints it.

    Raises:
        ValueError: no image, unequal lengths, labels that are not whole numbers, ``size`` below 1.

    >>> batches = Batches(torch.zeros(10, 1, 28, 28, dtype=torch.uint8), torch.arange(10), size=4)
    >>> len(batches), [len(y) for X, y in batches]
    (3, [4, 4, 2])
    """

    def __init__(self, X: Tensor, y: Tensor, size: int, seed: int = 0, note: str = "") -> None:
        if len(X) == 0 or len(X) != len(y):
            raise ValueError(
                f"batches need one label per image and at least one image, got {len(X)} images "
                f"and {len(y)} labels"
            )
        if y.dim() != 1 or y.is_floating_point() or y.is_complex():
            raise ValueError(
                f"labels must be whole numbers of shape (N,), got {y.dtype}, shape {tuple(y.shape)}"
            )
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise ValueError(f"size must be a whole number of at least 1, got {size!r}")
        to_float(X[:1])  # a dtype that cannot be pixels is refused here, not in the first epoch
        self.X, self.y, self.size, self.note = X, y.long(), size, note
        self._orders = torch.Generator().manual_seed(seed)

    def __len__(self) -> int:
        return -(-len(self.y) // self.size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        order = torch.randperm(len(self.y), generator=self._orders)
        for rows in torch.split(order, self.size):
            yield to_float(self.X[rows]), self.y[rows]


@dataclass(frozen=True, repr=False)
class FashionMNIST:
    """The data set in its splits.

    Attributes:
        train, val: 50,000 and 10,000 of the training images, by a fixed permutation.
        test: 10,000 images, to be used once, at the end.
        all_train: ``train`` and ``val`` together, 60,000 images in the order of the file.
        source: ``"full"``, or ``"subset"`` with 8,000, 2,000, 2,000 and 10,000 images instead.
        where: where the data came from, in words.
        note: empty for the full set, else a sentence that a page must show.
    """

    train: Split
    val: Split
    test: Split
    all_train: Split
    source: str
    where: str
    note: str = ""

    def __repr__(self) -> str:
        sizes = f"{len(self.train.y):,} + {len(self.val.y):,} + {len(self.test.y):,} images"
        return f"FashionMNIST({self.source}, {sizes})"

    def batches(self, size: int, seed: int = 0, split: str = "train") -> Batches:
        """Return :class:`Batches` over one split: train, val, test or all_train.

        Raises:
            ValueError: no such split, or ``size`` below 1.
        """
        if split not in ("train", "val", "test", "all_train"):
            raise ValueError(f"split must be train, val, test or all_train, got {split!r}")
        X, y = getattr(self, split)
        return Batches(X, y, size, seed, self.note)


def to_float(X: Tensor) -> Tensor:
    """Return images as float32: uint8 in 0..255 is scaled to [0, 1], floats keep their values.

    Raises:
        ValueError: another dtype, whose scale nobody can know.

    >>> to_float(torch.tensor([0, 51, 255], dtype=torch.uint8))
    tensor([0.0000, 0.2000, 1.0000])
    """
    if X.dtype == torch.uint8:
        return X.float() / 255
    if not X.is_floating_point():
        raise ValueError(
            f"images must be uint8 or floating point, got {X.dtype}: convert them first"
        )
    return X.float()


def fashion_mnist(source: str | None = None) -> FashionMNIST:
    """Load Fashion-MNIST: the full set from the first source that has it, else the subset.

    Every file's SHA-256 digest is checked at every load.

    Args:
        source: None for the best there is, or ``"full"`` or ``"subset"`` for just that one.

    Raises:
        ValueError: the folder named by ``D2LMINI_DATA`` lacks a file or holds a wrong one;
            ``"full"`` was asked for and is nowhere; ``source`` is something else.

    >>> data = fashion_mnist("subset")
    >>> data
    FashionMNIST(subset, 8,000 + 2,000 + 2,000 images)
    >>> data.train.X.shape, data.train.X.dtype
    (torch.Size([8000, 1, 28, 28]), torch.uint8)
    """
    if source not in (None, "full", "subset"):
        raise ValueError(f'source must be "full", "subset" or None, got {source!r}')
    found = None if source == "subset" else find_full()
    if found:
        arrays = [_parse(found.contents[file.name]) for file in FILES]
        return _assemble(arrays, 50_000, "full", f"full Fashion-MNIST from {found.where}", "")
    if source == "full":
        raise ValueError(f"the full Fashion-MNIST was not found: {REMEDY}")
    if source is None:
        say(f"the full Fashion-MNIST was not found, so the embedded subset stands in: {REMEDY}")
    words = "embedded subset of Fashion-MNIST"
    return _assemble(_subset_arrays(), 8_000, "subset", words, SUBSET_NOTE)


def subset_digest(arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return the SHA-256 digest of the subset's arrays, one after the other."""
    digest = hashlib.sha256()
    for name in SUBSET_ARRAYS:
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype} {array.shape};".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _subset_arrays() -> list[Bytes]:
    """Read the embedded subset and check its digest."""
    try:
        with np.load(io.BytesIO(SUBSET.read_bytes()), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in SUBSET_ARRAYS}
        problem = "" if subset_digest(arrays) == SUBSET_SHA256 else "another digest than it should"
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        problem = str(error) or type(error).__name__
    if problem:
        raise ValueError(f"{SUBSET.name}, a part of d2lmini, is damaged ({problem}): reinstall it")
    return list(arrays.values())


def _parse(content: bytes) -> Bytes:
    """Return what an IDX file holds; its digest has vouched for magic number and dimensions."""
    dims = content[3]
    shape = np.frombuffer(content, ">i4", dims, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dims).reshape(shape)


def _assemble(
    arrays: list[Bytes], num_train: int, source: str, where: str, note: str
) -> FashionMNIST:
    """Turn images and labels, training and test, into splits."""
    X, y, X_test, y_test = arrays
    everything, test = _split(X, y), _split(X_test, y_test)
    order = torch.from_numpy(np.random.default_rng(SPLIT_SEED).permutation(len(y)))
    train, val = (
        Split(everything.X[rows], everything.y[rows])
        for rows in (order[:num_train], order[num_train:])
    )
    return FashionMNIST(train, val, test, everything, source, where, note)


def _split(X: Bytes, y: Bytes) -> Split:
    """Copy two arrays, which may lie in read-only memory, into tensors."""
    return Split(torch.from_numpy(X.copy())[:, None], torch.from_numpy(y.astype(np.int64)))
