"""The stereo signal and the clip of chapter *Channels*, number by number."""

import torch

from d2lmini.scenes import three_dots, two_microphones


def test_two_clicks_reach_two_microphones_three_samples_apart():
    X = two_microphones()
    assert X.shape == (2, 40) and X.dtype == torch.float32
    heard = {(c, t): X[c, t].item() for c, t in X.nonzero().tolist()}
    click = dict(enumerate((3.0, -2.0, 1.0)))
    starts = [(0, 8), (0, 27), (1, 11), (1, 24)]
    assert heard == {(c, t + i): v for c, t in starts for i, v in click.items()}


def test_one_dot_moves_right_one_left_and_one_stands_still():
    X = three_dots()
    assert X.shape == (8, 8, 8) and X.dtype == torch.float32
    assert set(X.unique().tolist()) == {0, 1}
    for t, frame in enumerate(X):
        assert frame.nonzero().tolist() == [[1, t], [3, 4], [6, 7 - t]]


def test_each_call_gives_a_fresh_tensor():
    for make in (two_microphones, three_dots):
        first = make()
        first += 1
        assert make().min() < 1 and not torch.equal(first, make())
