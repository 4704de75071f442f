"""The stored weights of LeNet: what was trained, what int8 changes, whose network may stand in."""

import base64
import json

import pytest
import torch
from torch import nn

from benchmarks.lenet_study import recipe_facts
from d2lmini import data, records, weights
from d2lmini.nets import LeNet, make_mlp
from d2lmini.sources import find_full
from tools import make_weights

BOTH = pytest.mark.parametrize("name", weights.NAMES)


def recorded(name: str) -> dict:
    """Return the record of one network."""
    return weights.record()["networks"][name]


# ---------------------------------------------------------------- the stored ones


@BOTH
def test_the_record_names_a_recipe_and_a_run_of_the_study(name):
    facts = recorded(name)
    stated = {key: facts[key] for key in recipe_facts(name)}
    assert stated == recipe_facts(name), "the recipe changed: run tools/make_weights.py"
    run = facts["run"]
    study = records.load("lenet")
    same = [r for r in study.runs(name, epochs=run["epochs"], split="all") if r.seed == run["seed"]]
    assert len(same) == 1 and (run["data"], run["threads"]) == ("full", 1)
    # an equal processor gives the very same run, another one nearly so
    assert facts["test_accuracy_float32"] == pytest.approx(same[0].test_accuracy, abs=0.01)
    assert weights.record()["made"]["command"] == make_weights.COMMAND


@BOTH
def test_steps_are_int8_and_the_largest_is_127_from_zero(name):
    network = weights.stored(name)
    assert sum(n.steps.numel() + n.bias.numel() for n in network.numbers) == 61_706
    for numbers in network.numbers:
        assert numbers.steps.dtype == torch.int8 and numbers.steps.abs().max() == 127
        assert numbers.scale.dtype == numbers.bias.dtype == torch.float32
        assert numbers.scale.shape == () and numbers.scale > 0


@BOTH
def test_int8_does_on_the_whole_test_split_what_the_record_says(name):
    if find_full() is None:
        pytest.skip("the full Fashion-MNIST is not here")
    found, _ = make_weights.test_once(
        weights.stored(name).module(), data.fashion_mnist("full").test
    )
    assert found == pytest.approx(recorded(name)["test_accuracy"], abs=2e-4)


@BOTH
def test_int8_does_about_as_well_on_the_embedded_pictures(name):
    test = data.fashion_mnist("subset").test
    found, _ = make_weights.test_once(weights.stored(name).module(), test)
    assert found == pytest.approx(recorded(name)["test_accuracy"], abs=0.02)


def test_the_samples_are_the_first_test_pictures_of_each_class():
    test = data.fashion_mnist("subset").test
    assert torch.equal(weights.samples(), torch.from_numpy(make_weights.first_of_each_class(test)))


def test_the_archive_is_made_of_the_same_bytes_twice():
    arrays = {"steps": torch.arange(6, dtype=torch.int8).numpy()}
    assert make_weights.archive(arrays) == make_weights.archive(arrays)


def test_a_record_that_is_not_kept_is_named(monkeypatch, capsys):
    test = data.fashion_mnist("subset").test
    images = data.FashionMNIST(test, test, test, test, "subset", "here")
    monkeypatch.setattr(make_weights, "test_once", lambda net, split: (0.5, []))
    assert make_weights.check(images) == [
        f"{name} does not do what its record says" for name in weights.NAMES
    ]
    assert "modern: 0.5000 of the test pictures" in capsys.readouterr().out


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="modern and classic, got 'newest'"):
        weights.stored("newest")


# ---------------------------------------------------------------- rounding


def test_rounding_moves_a_weight_by_half_a_step_at_most():
    draw = torch.Generator().manual_seed(1)
    weight, bias = torch.randn(6, 3, 5, 5, generator=draw), torch.randn(6, generator=draw)
    kept = weights.quantise(weight, bias)
    assert (kept.weight() - weight).abs().max() <= kept.scale / 2 * 1.0001
    assert torch.equal(kept.bias, bias)


def test_a_layer_of_zeros_stays_one():
    kept = weights.quantise(torch.zeros(2, 3), torch.ones(2))
    assert not kept.weight().any() and kept.bias.tolist() == [1, 1]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_finite_numbers_are_refused(value):
    net = LeNet()
    with torch.no_grad():
        net[0].weight[0, 0, 0, 0] = value
    with pytest.raises(ValueError, match="finite"):
        weights.quantised(net)


@pytest.mark.parametrize("activation", [nn.ReLU, nn.Sigmoid])
@pytest.mark.parametrize("pool", [nn.MaxPool2d, nn.AvgPool2d])
def test_every_member_of_the_family_comes_back_as_it_was_but_rounded(activation, pool):
    torch.manual_seed(2)
    net = LeNet(activation, pool)
    again = weights.quantised(net).module()
    assert [str(a) for a in again] == [str(a) for a in net]
    for old, new in zip(net.parameters(), again.parameters(), strict=True):
        assert (old - new).abs().max() <= old.abs().max() / 254 * 1.0001


def test_a_network_that_was_trained_in_another_wrapping_is_taken():
    net = nn.Sequential(nn.Sequential(*list(LeNet())[:6]), nn.Sequential(*list(LeNet())[6:]))
    assert weights.quantised(net).pool == "max"


@pytest.mark.parametrize(
    "net",
    [
        make_mlp(77),
        nn.Linear(3, 3),
        nn.Sequential(*list(LeNet())[:-1]),
        nn.Sequential(*list(LeNet())[:-1], nn.Linear(84, 11)),
        nn.Sequential(nn.Conv2d(1, 6, 5, padding=2, bias=False), *list(LeNet())[1:]),
        nn.Sequential(*list(LeNet())[:1], nn.Tanh(), *list(LeNet())[2:]),
        nn.Sequential(*list(LeNet())[:1], nn.Sigmoid(), *list(LeNet())[2:]),
    ],
    ids=["perceptron", "one layer", "no scores", "eleven", "no bias", "tanh", "mixed"],
)
def test_another_family_is_refused_with_its_layers(net):
    with pytest.raises(ValueError, match=r"built like LeNet.*; got .*Linear|Conv2d"):
        weights.quantised(net)


# ---------------------------------------------------------------- packing


def test_the_pack_says_where_every_number_stands():
    network = weights.stored("classic")
    text = base64.b64decode(weights.pack({"classic": network}, own="classic"))
    size = int.from_bytes(text[:4], "little")
    head, body = json.loads(text[4 : 4 + size]), text[4 + size :]
    assert (list(head["nets"]), head["own"]) == (["classic"], "classic")
    with_weights = [layer for layer in head["nets"]["classic"] if layer["kind"] != "pool"]
    for layer, numbers in zip(with_weights, network.numbers, strict=True):
        count, start = numbers.steps.numel(), layer["steps"]
        assert layer["bias"] % 4 == 0 and layer["scale"] == numbers.scale.item()
        assert body[start : start + count] == numbers.steps.numpy().tobytes()
        start = layer["bias"]
        assert body[start : start + 4 * layer["out"]] == numbers.bias.numpy().tobytes()
    start = head["samples"]
    assert body[start : start + 7840] == weights.samples().numpy().tobytes()


def test_the_script_hands_over_both_networks():
    text = weights.script()
    assert text.startswith('d2lminiData("lenet-weights","') and text.endswith('")\n')
    head = base64.b64decode(text.split('"')[3])
    assert b'"modern"' in head and b'"classic"' in head
