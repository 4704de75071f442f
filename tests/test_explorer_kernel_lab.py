"""The Kernel lab in Python: its pictures come from where they say, its values are checked."""

import json

import pytest
import torch
import torch.nn.functional as F
import traitlets
from matplotlib import cbook
from matplotlib import pyplot as plt

from d2lmini import data, scenes, weights
from d2lmini.explorers import KernelLab, pixels
from d2lmini.explorers.kernel_lab import in_table, learned, pictures, presets
from d2lmini.explorers.lab_picture import FIELDS, OWN


def test_the_portrait_is_the_sample_of_matplotlib_in_grey_and_small():
    with cbook.get_sample_data("grace_hopper.jpg") as file:
        colours = torch.tensor(plt.imread(file)).double()
    grey = colours[44:556] @ torch.tensor([0.299, 0.587, 0.114], dtype=torch.float64)
    made = F.avg_pool2d(grey[None], 8)[0]
    stored = pixels.decode(pictures()["portrait"])
    assert stored.shape == (64, 64)
    assert (made - stored).abs().max() <= 1.5, "decoders of JPEG may differ by one"


def test_the_other_pictures_are_those_of_the_course():
    subset = data.fashion_mnist("subset").all_train
    boot = subset.X[(subset.y == data.LABELS.index("ankle boot")).nonzero()[0, 0], 0]
    assert pixels.decode(pictures()["ankle boot"]).equal(boot.long())
    assert pixels.decode(pictures()["edges"]).equal(255 * scenes.edge_image().long())
    assert pixels.decode(pictures()["step"]).equal(255 * torch.ones(7, 7).tril().long())
    assert [*pictures(), OWN] == FIELDS["source"]["of"]


def test_the_learned_kernels_are_the_first_layer_of_the_stored_network():
    layer = weights.stored("modern").numbers[0]
    for kernel, float_weights in zip(learned(), layer.weight(), strict=True):
        size, div, *steps = kernel
        assert (size, max(map(abs, steps)) <= FIELDS["w"]["max"]) == (5, True)
        assert FIELDS["div"]["min"] <= div <= FIELDS["div"]["max"]
        ours = torch.tensor(steps).reshape(1, 5, 5) / div
        torch.testing.assert_close(ours, float_weights, rtol=0.01, atol=0)


def test_every_preset_is_within_the_limits_and_is_called_by_its_name():
    for name, (size, _, *numbers) in presets().items():
        assert len(numbers) == size**2
        lab = KernelLab("lab", preset=name)
        assert f"kernel “{name}”, {size}×{size}" in lab.picture().words
    lab.w = in_table([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    assert "kernel of your own" in lab.picture().words


@pytest.mark.parametrize(
    "values, said",
    [
        ({"preset": "sobel"}, "no kernel is called 'sobel'; there are identity, blur"),
        ({"w": [[1, 2], [3, 4]]}, r"3 or 5 rows .* got shape \(2, 2\)"),
        ({"w": 7}, r"3 or 5 rows .* got shape \(\)"),
        ({"w": torch.full((3, 3), 0.5)}, "whole numbers"),
        ({"x": torch.zeros(3, 64, 64)}, r"two axes of 5 to 64 pixels, got shape \(3, 64, 64\)"),
        ({"x": torch.zeros(65, 64)}, r"crop it or take means"),
        ({"x": torch.zeros(4, 9)}, r"got shape \(4, 9\)"),
        ({"x": torch.full((9, 9), 256)}, "must lie from 0 to 255, got 256 to 256"),
        ({"x": torch.full((9, 9), 1.5)}, r"must lie from 0 to 1, got 1.5"),
        ({"x": torch.full((9, 9), float("nan"))}, "must lie from 0 to 1"),
        ({"own": "5x5-00"}, "1 pixels do not fill 5 rows and 5 columns"),
        ({"own": "5x5 zeros"}, "not the code of a picture"),
        ({"colour": 1}, r"KernelLab has no \['colour'\]"),
    ],
)
def test_a_wrong_value_is_refused_in_words(values, said):
    with pytest.raises(ValueError, match=said):
        KernelLab("lab", **values)


def test_numbers_out_of_their_range_are_refused_with_both_ends():
    for name in ("div", "w"):
        limit = FIELDS[name]["max"]
        value = limit + 1 if name == "div" else [[limit + 1] * 3] * 3
        with pytest.raises(traitlets.TraitError, match=str(limit)):
            KernelLab("lab", **{name: value})


def test_a_picture_of_ones_own_is_shown_and_a_trait_can_be_set_later():
    x = torch.rand(20, 30, generator=torch.Generator().manual_seed(0))
    lab = KernelLab("lab", preset="identity", x=x)
    assert lab.source == OWN
    assert lab.output().equal((x.double() * 255 + 0.5).floor()[1:-1, 1:-1])
    lab.own = pixels.encode(torch.full((5, 6), 9))
    assert lab.output().tolist() == [[9.0] * 4] * 3
    with pytest.raises(ValueError, match="two axes of 5 to 64"):
        lab.own = "2x2-00j"
    assert lab.output().shape == (3, 4), "the picture before stays"


def test_the_page_gets_pictures_and_kernels_beside_the_fields_and_stays_light():
    page = KernelLab("lab").page_state()
    assert set(page) == {*FIELDS, "pictures", "learned"}
    assert len(json.dumps(page)) < 11_000


def test_the_still_picture_holds_maps_numbers_and_words():
    lab = KernelLab("lab", source="ankle boot", view="absolute", div=3)
    still = lab.still()
    assert still.count("data:image/png") == 2 and still.count("<table") == 3
    assert lab.picture().sum in still and lab.picture().words in still
    assert lab.still_png()[:4] == b"\x89PNG"
