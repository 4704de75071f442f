"""Digits drawn by program: strokes, bent and slanted by chance. They are not MNIST, and say so.

MNIST itself, 70,000 digits of many hands, is not part of this package. These stand in where a task
needs digits on any computer: pictures of the same size, the same kind and the same ten classes,
but all from one "hand" and so somewhat easier or harder than real ones.
"""

import math

import torch
from torch import Tensor

Stroke = list[tuple[float, float]]

SIDE = 28
BEND = 0.035  # standard deviation of the bends of a stroke; a digit is 1 high
SOFT = 0.6  # pixels over which the rim of a stroke fades


def _arc(x: float, y: float, rx: float, ry: float, start: float, end: float) -> Stroke:
    """Return points of an ellipse from one angle to another, in degrees, 0 to the right, y down."""
    angles = [math.radians(start + (end - start) * i / 8) for i in range(9)]
    return [(x + rx * math.cos(angle), y + ry * math.sin(angle)) for angle in angles]


# x to the right, y down, both within -0.5 .. 0.5; several ways to write one digit where people do
SHAPES: tuple[tuple[tuple[Stroke, ...], ...], ...] = (
    ((_arc(0, 0, 0.3, 0.5, -90, 270),),),
    (([(0, -0.5), (0, 0.5)],), ([(-0.2, -0.3), (0, -0.5), (0, 0.5)],)),
    (([*_arc(0, -0.22, 0.28, 0.28, -170, 40), (-0.3, 0.5), (0.32, 0.5)],),),
    (([*_arc(-0.02, -0.25, 0.27, 0.25, -150, 90), *_arc(-0.02, 0.25, 0.3, 0.25, -90, 150)],),),
    (
        ([(0.1, -0.5), (-0.32, 0.15), (0.34, 0.15)], [(0.15, -0.2), (0.15, 0.5)]),
        ([(-0.25, -0.5), (-0.27, 0.02), (0.25, 0.02)], [(0.25, -0.5), (0.25, 0.5)]),
    ),
    (([(0.28, -0.5), (-0.2, -0.5), (-0.24, -0.08), *_arc(-0.02, 0.2, 0.3, 0.3, -100, 150)],),),
    (([(0.22, -0.5), (-0.12, -0.25), *_arc(0, 0.22, 0.28, 0.28, -170, 190)],),),
    (
        ([(-0.3, -0.5), (0.3, -0.5), (-0.08, 0.5)],),
        ([(-0.3, -0.5), (0.3, -0.5), (-0.08, 0.5)], [(-0.2, 0.02), (0.25, 0.02)]),
    ),
    ((_arc(0, -0.26, 0.24, 0.24, 90, 450), _arc(0, 0.25, 0.29, 0.25, -90, 270)),),
    (([*_arc(0, -0.22, 0.28, 0.28, 10, 370), (0.2, 0.5)],),),
)


def drawn_digits(count: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Draw digits with random slant, size, place, bends and width of the pen.

    Args:
        count: how many, at least 1; each digit comes about equally often, in random order.
        seed: of everything that is random.

    Returns:
        ``(X, y)``: pictures, uint8 ``(count, 1, 28, 28)``, bright on dark, and labels, int64
        ``(count,)``. The same count and seed give the same pictures.

    Raises:
        ValueError: ``count`` is not a whole number of at least 1, or the seed is no whole number.

    Chapter *LeNet*.

    >>> X, y = drawn_digits(20)
    >>> X.shape, X.dtype, y.bincount().tolist()
    (torch.Size([20, 1, 28, 28]), torch.uint8, [2, 2, 2, 2, 2, 2, 2, 2, 2, 2])
    """
    if type(count) is not int or count < 1:
        raise ValueError(f"count must be a whole number of at least 1, got {count!r}")
    if type(seed) is not int:
        raise ValueError(f"seed must be a whole number, got {seed!r}")
    generator = torch.Generator().manual_seed(seed)
    y = torch.arange(count)[torch.randperm(count, generator=generator)] % 10
    ways = torch.rand(count, generator=generator)
    X = torch.zeros(count, 1, SIDE, SIDE, dtype=torch.uint8)
    for digit, shapes in enumerate(SHAPES):
        for way, strokes in enumerate(shapes):
            chosen = (y == digit) & ((ways * len(shapes)).long() == way)
            X[chosen, 0] = _draw(strokes, int(chosen.sum()), generator)
    return X, y


def _draw(strokes: tuple[Stroke, ...], count: int, generator: torch.Generator) -> Tensor:
    """Return one digit ``count`` times, each time by another hand, uint8 ``(count, 28, 28)``."""
    starts = torch.tensor([stroke[i] for stroke in strokes for i in range(len(stroke) - 1)])
    ends = torch.tensor([stroke[i] for stroke in strokes for i in range(1, len(stroke))])
    waves, phases = torch.randn(2, count, 3, 2, generator=generator)  # three waves a hand
    bends = BEND * torch.randn(count, 3, 2, generator=generator)

    def bent(points: Tensor) -> Tensor:  # (n, 2) -> (count, n, 2): near points move alike
        turns = torch.einsum("cwa,na->cnw", 3 * waves, points) + 3 * phases[:, None, :, 0]
        return points + torch.einsum("cnw,cwa->cna", turns.sin(), bends)

    hand = torch.rand(4, count, 1, 1, generator=generator) * 2 - 1  # each in -1 .. 1
    slant, turn, size, pen = hand[0] * 0.35, hand[1] * 0.25, 19 + 2.5 * hand[2], 1.3 + 0.6 * hand[3]
    move = torch.rand(2, count, 1, 1, generator=generator) * 4 - 2

    def placed(points: Tensor) -> Tensor:
        x, y = bent(points).unsqueeze(-2).unbind(-1)  # (count, n, 1)
        x, y = x - slant * y, y
        x, y = x * turn.cos() - y * turn.sin(), x * turn.sin() + y * turn.cos()
        return torch.cat([x * size * 0.95 + move[0], y * size + move[1]], dim=-1) + (SIDE - 1) / 2

    rows, columns = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    pixels = torch.stack([columns, rows], dim=-1).reshape(-1, 1, 2).float()
    a, b = placed(starts)[:, None], placed(ends)[:, None]  # (count, 1, n, 2)
    along = ((pixels - a) * (b - a)).sum(-1) / ((b - a) ** 2).sum(-1).clamp(min=1e-9)
    nearest = a + along.clamp(0, 1)[..., None] * (b - a)
    distance = (pixels - nearest).square().sum(-1).sqrt().amin(-1)  # (count, 784)
    ink = ((pen.squeeze(-1) - distance) / SOFT + 0.5).clamp(0, 1)
    return (255 * ink).round().to(torch.uint8).reshape(count, SIDE, SIDE)
