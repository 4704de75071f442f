"""The scenes: what is in them, that nothing else is, and what is refused."""

from itertools import product

import pytest
import torch
from torch.nn import functional as F

from d2lmini.scenes import edge_image, hidden_glyph, shuffled

CROSS = torch.tensor(
    [
        [1.0, -1, -1, -1, 1],
        [-1, 1, -1, 1, -1],
        [-1, -1, 1, -1, -1],
        [-1, 1, -1, 1, -1],
        [1, -1, -1, -1, 1],
    ]
)


def tiles(scene: torch.Tensor) -> dict[tuple[int, int], torch.Tensor]:
    """Cut a scene into its tiles by their nominal places."""
    return {
        (i, j): scene[4 + 9 * i : 9 + 9 * i, 4 + 9 * j : 9 + 9 * j]
        for i, j in product(range(6), range(8))
    }


def test_the_edge_picture_has_a_black_band_in_its_middle() -> None:
    X = edge_image()
    assert X.shape == (6, 8) and X.dtype == torch.float32
    assert X.equal(torch.tensor([[1.0, 1, 0, 0, 0, 0, 1, 1]] * 6))


# ---------------------------------------------------------------- hidden glyph


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("target", [(2, 5), (0, 0), (5, 7), (3, 0)])
def test_one_tile_is_the_cross_and_all_hold_the_same_pixels(seed, target) -> None:
    scene, glyph = hidden_glyph(seed, target)
    assert scene.shape == (58, 76) and scene.dtype == glyph.dtype == torch.float32
    assert glyph.equal(CROSS)
    found = tiles(scene)
    assert [place for place, tile in found.items() if tile.equal(CROSS)] == [target]
    for tile in found.values():
        assert tile.flatten().sort().values.equal(CROSS.flatten().sort().values)


def test_four_empty_pixels_lie_around_every_tile() -> None:
    scene, _ = hidden_glyph()
    places = [4 + 9 * i + k for i in range(8) for k in range(5)]
    assert scene.abs().sum(1).nonzero().flatten().tolist() == places[:30]
    assert scene.abs().sum(0).nonzero().flatten().tolist() == places
    assert scene.abs().sum() == 48 * 25


@pytest.mark.parametrize("seed", range(5))
def test_only_the_figure_itself_reaches_the_bound(seed) -> None:
    scene, glyph = hidden_glyph(seed)
    score = F.conv2d(scene[None, None], glyph[None, None])[0, 0]
    assert score.shape == (54, 72)
    assert (score == 25).nonzero().tolist() == [[22, 49]] and score.max() == 25
    assert score.flatten().topk(2).values[1] <= 21


def test_seed_and_target_change_what_they_say_and_nothing_else() -> None:
    a, b = tiles(hidden_glyph(3, (1, 1))[0]), tiles(hidden_glyph(3, (4, 6))[0])
    assert {place for place in a if not a[place].equal(b[place])} == {(1, 1), (4, 6)}
    assert hidden_glyph(3)[0].equal(hidden_glyph(3)[0])
    assert not hidden_glyph(3)[0].equal(hidden_glyph(4)[0])
    assert hidden_glyph()[0].equal(hidden_glyph(0, (2, 5))[0])


def test_the_global_generator_is_left_alone() -> None:
    before = torch.get_rng_state()
    hidden_glyph(1)
    assert torch.get_rng_state().equal(before)


@pytest.mark.parametrize(
    ("seed", "target", "sentence"),
    [
        (0.5, (2, 5), "seed must be a whole number, got 0.5"),
        (0, (6, 0), r"row 0 to 5, column 0 to 7\), got \(6, 0\)"),
        (0, (0, 8), r"got \(0, 8\)"),
        (0, (-1, 0), r"got \(-1, 0\)"),
        (0, [2, 5], r"must be a pair .* got \[2, 5\]"),
    ],
)
def test_a_scene_that_cannot_be_is_refused(seed, target, sentence) -> None:
    with pytest.raises(ValueError, match=sentence):
        hidden_glyph(seed, target)


# ---------------------------------------------------------------- shuffled


def test_a_shuffle_that_changes_nothing_is_drawn_again(monkeypatch) -> None:
    orders = iter([[0, 1, 2, 3], [0, 1, 3, 2], [3, 0, 2, 1]])
    monkeypatch.setattr(torch, "randperm", lambda n, generator: torch.tensor(next(orders)))
    tile = torch.tensor([[1, 2], [5, 5]])  # the second order changes nothing either
    assert shuffled(tile, torch.Generator()).tolist() == [[5, 1], [5, 2]]


def test_a_shuffle_moves_the_generator_on_and_leaves_the_tile_alone() -> None:
    generator = torch.Generator().manual_seed(0)
    tile = torch.arange(12).reshape(3, 4)
    first, second = shuffled(tile, generator), shuffled(tile, generator)
    assert tile.equal(torch.arange(12).reshape(3, 4)) and not first.equal(second)
    assert first.shape == (3, 4) and first.dtype == torch.int64
    assert first.flatten().sort().values.equal(tile.flatten())


def test_every_place_gets_its_share_of_white_pixels() -> None:
    generator = torch.Generator().manual_seed(0)
    drawn = torch.stack([shuffled(CROSS, generator) for _ in range(1000)])
    share = (drawn == 1).float().mean(0)
    assert (share - 9 / 25).abs().max() < 0.065  # more than four standard deviations of 0.015


@pytest.mark.parametrize("tile", [torch.ones(2, 2), torch.empty(0, 3), torch.tensor([3])])
def test_what_no_order_changes_is_refused(tile) -> None:
    with pytest.raises(ValueError) as refusal:
        shuffled(tile, torch.Generator())
    assert str(refusal.value) == (
        f"a tile needs at least two different elements, got shape {tuple(tile.shape)}, all equal"
    )
