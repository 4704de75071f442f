"""LeNet, live, in Python: readers' own networks and drawings, and what is refused."""

import pytest
import torch
import traitlets
from torch import nn

from d2lmini import weights
from d2lmini.data import LABELS
from d2lmini.explorers.lenet import OWN, LeNetLive, packed
from d2lmini.explorers.pixels import decode
from d2lmini.explorers.unit import Unit
from d2lmini.nets import LeNet


@pytest.mark.parametrize(("activation", "name"), [(nn.ReLU, "modern"), (nn.Sigmoid, "classic")])
def test_a_network_of_ones_own_takes_the_place_of_its_kind(activation, name):
    torch.manual_seed(1)
    net = LeNet(activation)
    live = LeNetLive("it", net=net)
    assert (live.which, live.own) == (name, name)
    assert "read by your network" in live.picture().words
    other = next(n for n in weights.NAMES if n != name)
    assert live.networks[other] is weights.stored(other)
    setup, _ = live.lenet_picture().code()
    assert "quantised(net)" in "\n".join(setup)
    live.which = other
    assert f"read by the {other} network" in live.picture().words


def test_a_page_holds_ones_own_weights_and_loads_the_stored_ones():
    own, stored = LeNetLive("it", net=LeNet()), LeNetLive("it")
    assert own.page_state()["weights"] == own.weights != packed()
    assert "weights" not in stored.page_state() and stored.weights == packed()
    assert "weights" not in own.state(), "an address holds fields alone"


def test_copied_code_of_an_own_network_gives_what_is_shown():
    torch.manual_seed(4)
    net = LeNet()
    live = LeNetLive("it", net=net, g="bag", dx=2)
    setup, call = live.lenet_picture().code()
    space = {"net": net, "torch": torch, "F": nn.functional}
    exec("\n".join([*setup, call]), space)
    assert torch.allclose(space["Y"][0], live.lenet_picture().p, atol=1e-12)


def test_another_family_is_refused():
    with pytest.raises(ValueError, match="built like LeNet"):
        LeNetLive("it", net=nn.Linear(784, 10))


def test_a_drawing_may_be_a_tensor_an_array_or_a_code():
    X = torch.zeros(28, 28)
    X[5:9, 3] = 1
    live = LeNetLive("it", x=X)
    assert live.g == OWN and torch.equal(decode(live.x), (X * 255).long())
    assert LeNetLive("it", x=live.x).x == LeNetLive("it", x=X.numpy()).x == live.x
    assert LeNetLive("it", x=live.x, g="coat").answer() == "coat"


@pytest.mark.parametrize("x", ["28x28-00", "5x5-00gsj", "junk", torch.zeros(27, 28), [[1, 2]]])
def test_what_is_no_picture_of_28_by_28_is_refused(x):
    with pytest.raises(ValueError, match=r"28|pixels|picture"):
        LeNetLive("it", x=x)


def test_values_out_of_range_are_refused():
    for name, value in {"c": 120, "o": -1, "dx": 9, "t": "3", "layer": "conv 3"}.items():
        with pytest.raises(traitlets.TraitError):
            LeNetLive("it", **{name: value})
    with pytest.raises(ValueError, match="has no"):
        LeNetLive("it", centre=True)


def test_a_map_that_a_layer_does_not_have_is_said_and_the_last_is_shown():
    picture = LeNetLive("it", layer="pool 1", c=40).picture()
    caption = next(g.caption for g in picture.grids if g.name == "output")
    assert caption == "pool 1, map 5, 14×14; there is no map 40"
    words = LeNetLive("it", cut="conv 1", o=99).picture().words
    assert "without map 5 of conv 1" in words


def test_the_still_picture_holds_ten_answers():
    still = LeNetLive("it").still()
    assert all(f'<th scope="row">{name}</th>' in still for name in LABELS)
    assert still.count('class="d2lx-best"') == 1


def test_an_empty_pad_is_read_by_biases_alone_and_leads_nowhere():
    run = LeNetLive("it", g=OWN).lenet_picture().run
    assert not run.picture.any()
    unit = Unit(0, 2, 5, 5)
    assert run.path(unit) == [unit], "no term is stronger than 0"
    bias = run.numbers(0).bias[2].item()
    assert run.acts[0][2, 5, 5].item() == pytest.approx(max(0, bias))
