"""Pictures and signals made by program: small enough to check by eye, the same at every run."""

from itertools import product

import torch
from torch import Tensor


def edge_image() -> Tensor:
    """Return the 6×8 picture of ones (white) whose columns 2 to 5 are zero (black), float32.

    Chapter *Cross-correlation*.

    >>> edge_image()[0].int().tolist()
    [1, 1, 0, 0, 0, 0, 1, 1]
    """
    X = torch.ones(6, 8)
    X[:, 2:6] = 0
    return X


def shuffled(tile: Tensor, generator: torch.Generator) -> Tensor:
    """Return the elements of ``tile`` in a random order that differs from the one they have.

    Args:
        tile: any shape and dtype, with at least two different elements.
        generator: of the random order; it moves on.

    Returns:
        Tensor of the same shape and dtype, never equal to ``tile``.

    Raises:
        ValueError: all elements are equal, so that no order differs.

    Chapter *From fully connected layers to convolutions*.

    >>> shuffled(torch.tensor([[1, 2]]), torch.Generator().manual_seed(0)).tolist()
    [[2, 1]]
    """
    if problem := _tile_problem(tile):
        raise ValueError(problem)
    other = tile
    while other.equal(tile):
        order = torch.randperm(tile.numel(), generator=generator)
        other = tile.flatten()[order].reshape(tile.shape)
    return other


def _tile_problem(tile: Tensor) -> str | None:
    """Say why no order of the elements can differ from the one they have, or return None."""
    flat = tile.flatten()
    if bool((flat != flat[:1]).any()):
        return None
    return f"a tile needs at least two different elements, got shape {tuple(tile.shape)}, all equal"


def hidden_glyph(seed: int = 0, target: tuple[int, int] = (2, 5)) -> tuple[Tensor, Tensor]:
    """Hide one figure among 47 tiles that hold the same pixels in another order.

    Args:
        seed: of the random orders; the other 47 tiles do not depend on ``target``.
        target: tile that holds the figure: row 0 to 5, column 0 to 7.

    Returns:
        ``(scene, glyph)``, both float32. ``glyph`` is a 5×5 cross: nine pixels +1, sixteen −1.
        ``scene`` has shape (58, 76): 6×8 tiles of 5×5, with four pixels of 0 around each, so that
        no 5×5 window touches two of them. Tile (i, j) starts at pixel (4 + 9i, 4 + 9j).

    Raises:
        ValueError: the seed is no whole number, or there is no such tile.

    Chapter *From fully connected layers to convolutions*.

    >>> scene, glyph = hidden_glyph(seed=0, target=(2, 5))
    >>> scene.shape, scene[22:27, 49:54].equal(glyph), int(glyph.sum())
    (torch.Size([58, 76]), True, -7)
    """
    if problem := _glyph_problem(seed, target):
        raise ValueError(problem)
    generator = torch.Generator().manual_seed(seed)
    i, j = torch.arange(5)[:, None], torch.arange(5)
    glyph = torch.where((i == j) | (i + j == 4), 1.0, -1.0)
    scene = torch.zeros(58, 76)
    for row, column in product(range(6), range(8)):
        tile = shuffled(glyph, generator)
        if (row, column) == target:
            tile = glyph
        scene[9 * row + 4 : 9 * row + 9, 9 * column + 4 : 9 * column + 9] = tile
    return scene, glyph


def _glyph_problem(seed: object, target: object) -> str | None:
    """Say why there is no such scene, or return None."""
    if not isinstance(seed, int):
        return f"seed must be a whole number, got {seed!r}"
    if target not in list(product(range(6), range(8))):
        return f"target must be a pair (row 0 to 5, column 0 to 7), got {target!r}"
    return None


def two_microphones() -> Tensor:
    """Return two clicks as two microphones hear them: shape (2, 40), float32, left channel first.

    The first click comes from the left: the left microphone hears it at sample 8, the right one
    three samples later. The second comes from the right: there at sample 24, left at 27.
    A click is the three samples 3, −2, 1; everything else is silence.

    Chapter *Channels*.

    >>> two_microphones()[:, 7:15].int().tolist()
    [[0, 3, -2, 1, 0, 0, 0, 0], [0, 0, 0, 0, 3, -2, 1, 0]]
    """
    X = torch.zeros(2, 40)
    for channel, start in ((0, 8), (1, 11), (1, 24), (0, 27)):
        X[channel, start : start + 3] = torch.tensor([3.0, -2.0, 1.0])
    return X


def three_dots() -> Tensor:
    """Return a clip of eight frames, shape (8, 8, 8) for (time, height, width), float32.

    The dot of row 1 moves right by a pixel a frame, the dot of row 6 moves left, and the dot in
    row 3, column 4 stands still. Dots are 1, the ground is 0.

    Chapter *Channels*.

    >>> three_dots()[2].nonzero().tolist()
    [[1, 2], [3, 4], [6, 5]]
    """
    X = torch.zeros(8, 8, 8)
    for frame in range(8):
        X[frame, 1, frame] = X[frame, 3, 4] = X[frame, 6, 7 - frame] = 1
    return X
