"""Stored weights of LeNet: int8 steps with their scales, and what it takes to use them again.

Each layer has one scale: its largest weight is 127 steps away from zero. Biases stay float32.
``tools/make_weights.py`` trains the networks and writes them with their record; the page and a
kernel get the same bytes from :func:`pack`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from d2lmini.nets import LeNet

STORED = Path(__file__).parent / "stored"
ARRAYS = STORED / "lenet-weights.npz"
RECORD = STORED / "lenet-weights.json"
NAMES = ("modern", "classic")
LAYERS = ("conv 1", "pool 1", "conv 2", "pool 2", "dense 1", "dense 2", "scores")

FAMILY = (
    "the network must be built like LeNet: convolutions 1→6 (5×5, padding 2) and 6→16 (5×5), 2×2 "
    "max or average pooling after each, linear layers 400→120→84→10, and ReLU or sigmoid, always "
    "the same, after all of these but the last"
)


class Quantised(NamedTuple):
    """Weights as whole steps: ``steps`` int8, a float32 ``scale`` for all, ``bias`` float32."""

    steps: Tensor
    scale: Tensor
    bias: Tensor

    def weight(self) -> Tensor:
        """Return the weights that the steps stand for, float32."""
        return self.steps * self.scale


class Network(NamedTuple):
    """A network of LeNet's family: its activation and pooling, and five layers with weights."""

    activation: str  # relu or sigmoid
    pool: str  # max or average
    numbers: tuple[Quantised, ...]

    def module(self) -> LeNet:
        """Return a torch network that holds just these weights, ready for pictures."""
        net = LeNet(ACTIVATIONS[self.activation], POOLS[self.pool])
        with torch.no_grad():
            for layer, numbers in zip(with_weights(net), self.numbers, strict=True):
                layer.weight.copy_(numbers.weight())
                layer.bias.copy_(numbers.bias)
        return net.eval()


ACTIVATIONS: dict[str, Any] = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid}
POOLS: dict[str, Any] = {"max": nn.MaxPool2d, "average": nn.AvgPool2d}


def with_weights(net: nn.Module) -> list[Any]:
    """Return the convolutions and linear layers of a network, in order."""
    return [layer for layer in net.modules() if isinstance(layer, (nn.Conv2d, nn.Linear))]


def quantise(weight: Tensor, bias: Tensor) -> Quantised:
    """Round the weights of a layer to whole steps from -127 to 127.

    Args:
        weight: finite numbers of any shape.
        bias: finite numbers; they are kept.

    Raises:
        ValueError: a number is not finite.

    >>> quantise(torch.tensor([[0.5, -1.0]]), torch.zeros(1)).steps.tolist()
    [[64, -127]]
    """
    weight, bias = (numbers.detach().float().cpu() for numbers in (weight, bias))
    if not (weight.isfinite().all() and bias.isfinite().all()):
        raise ValueError("weights and biases must be finite numbers: train again, more slowly")
    scale = weight.abs().max() / 127
    steps = (weight / scale).round() if scale > 0 else torch.zeros_like(weight)
    return Quantised(steps.to(torch.int8).contiguous(), scale, bias.clone())


def quantised(net: nn.Module) -> Network:
    """Return a network of LeNet's family with its weights in int8.

    Raises:
        ValueError: the network is of another family, or a weight is not a finite number.

    >>> quantised(LeNet(nn.Sigmoid, nn.AvgPool2d)).activation
    'sigmoid'
    """
    layers = [layer for layer in net.modules() if not list(layer.children())]
    for (activation, Act), (pool, Pool) in (
        (a, p) for a in ACTIVATIONS.items() for p in POOLS.items()
    ):
        # what a layer says of itself holds its sizes, stride, padding and the like
        if [str(layer) for layer in layers] == [str(layer) for layer in LeNet(Act, Pool)]:
            numbers = (quantise(layer.weight, layer.bias) for layer in with_weights(net))
            return Network(activation, pool, tuple(numbers))
    raise ValueError(f"{FAMILY}; got {', '.join(map(str, layers)) or type(net).__name__}")


@cache
def stored(name: str) -> Network:
    """Return a stored network: ``"modern"`` or ``"classic"``.

    Raises:
        ValueError: there is no such network.

    >>> stored("modern").module()(torch.zeros(1, 1, 28, 28)).shape
    torch.Size([1, 10])
    """
    if name not in NAMES:
        raise ValueError(f"stored networks are {' and '.join(NAMES)}, got {name!r}")
    facts = record()["networks"][name]
    with np.load(ARRAYS, allow_pickle=False) as arrays:
        numbers = [
            Quantised(*(torch.tensor(arrays[f"{name}.{i}.{part}"]) for part in Quantised._fields))
            for i in range(5)
        ]
    return Network(facts["activation"], facts["pool"], tuple(numbers))


def record() -> dict[str, Any]:
    """Return how the stored networks were made and how well each does on the test split."""
    content: dict[str, Any] = json.loads(RECORD.read_text(encoding="utf-8"))
    return content


@cache
def samples() -> Tensor:
    """Return one test picture of each class, the first in the file's order: uint8 (10, 28, 28)."""
    with np.load(ARRAYS, allow_pickle=False) as arrays:
        return torch.from_numpy(arrays["samples"])


def pack(networks: Mapping[str, Network], own: str = "") -> str:
    """Return networks and sample pictures as the text in base64 that the front end reads.

    A JSON head describes the layers and says where in the bytes behind it their numbers stand.

    Args:
        networks: by the names that the explorer offers.
        own: which of them belongs to the reader.
    """
    body = bytearray()

    def put(tensor: Tensor) -> int:
        start = len(body)
        body.extend(np.ascontiguousarray(tensor.numpy()).tobytes())
        body.extend(bytes(-len(body) % 4))
        return start

    nets = {name: [*_described(network, put)] for name, network in networks.items()}
    head = {"nets": nets, "own": own, "samples": put(samples())}
    text = json.dumps(head, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    return base64.b64encode(len(text).to_bytes(4, "little") + text + body).decode()


def _described(network: Network, put: Any) -> Any:
    """Yield the description of each layer; put(tensor) stores numbers and returns their place."""
    numbers = iter(network.numbers)
    for name in LAYERS:
        if name.startswith("pool"):
            yield {"name": name, "kind": "pool", "how": network.pool, "k": 2}
            continue
        steps, scale, bias = next(numbers)
        how = "none" if name == LAYERS[-1] else network.activation
        places = {"steps": put(steps), "scale": float(scale), "bias": put(bias)}
        shape = {"out": len(steps), "in": steps.shape[1]}
        if steps.dim() == 4:
            shape |= {"k": steps.shape[2], "p": 2 if name == LAYERS[0] else 0}
        kind = "conv" if steps.dim() == 4 else "dense"
        yield {"name": name, "kind": kind, "how": how, **shape, **places}


def script() -> str:
    """Return the classic script that brings the stored networks to a page."""
    return f'd2lminiData("lenet-weights","{pack({name: stored(name) for name in NAMES})}")\n'
