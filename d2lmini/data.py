"""Fashion-MNIST (draft)."""
import gzip, os
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from collections.abc import Iterator
import numpy as np
import torch
from torch import Tensor

class Split(NamedTuple):
    X: Tensor
    y: Tensor

def read(name):
    raw = gzip.decompress((Path("/usr/share/datasets/fashion-mnist") / f"{name}.gz").read_bytes())
    a = np.frombuffer(raw, np.uint8)
    return torch.from_numpy(a[16:].reshape(-1,1,28,28).copy() if "images" in name else a[8:].astype(np.int64))

@dataclass
class FashionMNIST:
    train: Split; val: Split; test: Split; full: Split; note: str = ""

def fashion_mnist():
    X, y = read("train-images-idx3-ubyte"), read("train-labels-idx1-ubyte")
    order = torch.from_numpy(np.random.default_rng(2026).permutation(60000))
    t, v = order[:50000], order[50000:]
    return FashionMNIST(Split(X[t], y[t]), Split(X[v], y[v]), Split(read("t10k-images-idx3-ubyte"), read("t10k-labels-idx1-ubyte")), Split(X, y))

def to_float(X):
    return X.float() / 255 if X.dtype == torch.uint8 else X

class Batches:
    def __init__(self, X, y, size, seed=0):
        self.X, self.y, self.size = X, y, size
        self.gen = torch.Generator().manual_seed(seed)
    def __len__(self): return -(-len(self.y)//self.size)
    def __iter__(self):
        order = torch.randperm(len(self.y), generator=self.gen)
        for i in order.split(self.size):
            yield to_float(self.X[i]), self.y[i]
