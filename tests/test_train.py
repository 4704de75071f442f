"""The loop and the evaluation, against arithmetic that is written out here."""

import io
import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from d2lmini import train
from d2lmini.data import Batches, fashion_mnist
from d2lmini.layers import init_weights
from d2lmini.nets import LeNet
from d2lmini.train import History, count_parameters, evaluate, fit


@pytest.fixture(autouse=True)
def no_bar(monkeypatch):
    monkeypatch.setenv("D2LMINI_QUIET", "1")


def linear(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 10))


def pictures(num: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    made = torch.Generator().manual_seed(seed)
    return torch.rand(num, 1, 4, 4, generator=made), torch.randint(0, 10, (num,), generator=made)


class Says(nn.Module):
    """Score the class that the first pixel names 1, and all others 0; it learns nothing."""

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        return F.one_hot(X[:, 0, 0, 0].round().long(), 10).float()


# ---- evaluate


@pytest.mark.parametrize("batch_size", [1, 3, 16, 1000])
def test_accuracy_is_counted_over_all_images_whatever_the_batches(batch_size):
    # 16 images, one of them in the last batch of three; right: all but the first three
    X = torch.zeros(16, 1, 4, 4)
    X[:, 0, 0, 0] = torch.arange(16) % 10
    y = torch.arange(16) % 10
    y[:3] = 9
    score = evaluate(Says(), X, y, batch_size)
    assert score.accuracy == 13 / 16
    right, wrong = math.log(math.e + 9) - 1, math.log(math.e + 9)
    assert math.isclose(score.loss, (13 * right + 3 * wrong) / 16, rel_tol=1e-6)


def test_the_mean_of_batch_means_would_be_another_number():
    X, y = torch.zeros(5, 1, 4, 4), torch.tensor([0, 0, 0, 0, 1])
    means = [evaluate(Says(), X[i : i + 4], y[i : i + 4]).accuracy for i in (0, 4)]
    assert sum(means) / 2 == 0.5
    assert evaluate(Says(), X, y, batch_size=4).accuracy == 0.8


def test_evaluation_takes_bytes_and_floats_alike():
    net, (X, y) = linear(), pictures(20)
    as_bytes = (X * 255).to(torch.uint8)
    assert evaluate(net, as_bytes, y) == evaluate(net, as_bytes.float() / 255, y)
    assert evaluate(net, as_bytes.double() / 255, y) == pytest.approx(evaluate(net, as_bytes, y))


@pytest.mark.parametrize("training", [True, False])
def test_evaluation_uses_evaluation_mode_and_gives_the_old_mode_back(training):
    net = nn.Sequential(nn.Dropout(0.9), *linear()).train(training)
    X, y = pictures(30)
    assert evaluate(net, X, y) == evaluate(net, X, y), "dropout must rest"
    assert net.training is training
    assert all(p.grad is None for p in net.parameters())


# ---- fit: the same updates as by hand


def by_hand(net: nn.Module, batches: Batches, num_epochs: int, lr: float) -> list[float]:
    """Train by gradient descent without an optimizer; return the loss of every update."""
    losses = []
    for _ in range(num_epochs):
        for X, y in batches:
            loss = -net(X).log_softmax(1)[torch.arange(len(y)), y].mean()
            gradients = torch.autograd.grad(loss, list(net.parameters()))
            with torch.no_grad():
                for p, g in zip(net.parameters(), gradients, strict=True):
                    p -= lr * g
            losses.append(loss.item())
    return losses


def test_fit_makes_the_updates_that_gradient_descent_makes():
    X, y = pictures(10)
    net, twin = linear(), linear()
    history = fit(net, Batches(X, y, 4, seed=1), None, num_epochs=3, lr=0.5)
    expected = by_hand(twin, Batches(X, y, 4, seed=1), 3, 0.5)
    torch.testing.assert_close(torch.tensor(history.step_loss), torch.tensor(expected))
    for p, q in zip(net.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(p, q)


def test_the_loss_of_an_epoch_weighs_every_image_alike():
    X, y = pictures(9)
    history = fit(linear(), Batches(X, y, 4), None, num_epochs=1, lr=1e-9)
    assert math.isclose(history.loss[0], evaluate(linear(), X, y).loss, rel_tol=1e-5)
    assert [round(x, 6) for x in history.loss] != [round(sum(history.step_loss) / 3, 6)]


def test_history_has_one_entry_per_epoch_and_one_per_update():
    X, y = pictures(9)
    history = fit(linear(), Batches(X, y, 4), (X, y), num_epochs=3, lr=0.1)
    assert [len(x) for x in (history.loss, history.val_loss, history.val_accuracy)] == [3, 3, 3]
    assert len(history.step_loss) == 9
    assert history.stopped == "" and history.seconds > 0
    assert repr(history) == "History(3 epochs, 9 updates)"
    assert repr(History(stopped="because")) == "History(0 epochs, 0 updates, stopped: because)"


def test_the_validation_numbers_are_those_of_evaluate():
    X, y = pictures(30)
    val, net = pictures(20, seed=1), linear()
    history = fit(net, Batches(X, y, 10), val, num_epochs=2, lr=0.1)
    assert (history.val_loss[-1], history.val_accuracy[-1]) == evaluate(net, *val)


def test_the_same_seeds_give_the_same_training():
    def trained() -> tuple[list[float], torch.Tensor]:
        net, (X, y) = linear(seed=4), pictures(40)
        return fit(net, Batches(X, y, 8, seed=2), None, 2, 0.1).step_loss, net[1].weight.clone()

    (first, weight), (second, again) = trained(), trained()
    assert first == second and torch.equal(weight, again)


@pytest.mark.parametrize("shape", ["a list", "a DataLoader"])
def test_batches_of_other_kinds_serve_too(shape):
    X, y = pictures(10)
    if shape == "a list":
        batches = [(X[:5], y[:5]), (X[5:], y[5:])]
    else:
        batches = DataLoader(TensorDataset(X, y), batch_size=5)
    history = fit(linear(), batches, None, num_epochs=2, lr=0.1)
    expected = by_hand(linear(), [(X[:5], y[:5]), (X[5:], y[5:])], 2, 0.1)
    assert history.step_loss == pytest.approx(expected)


def test_training_switches_the_net_to_training_mode_in_every_epoch():
    modes = []
    net = linear()
    net[0].register_forward_hook(lambda module, *_: modes.append(module.training))
    X, y = pictures(4)
    fit(net.eval(), Batches(X, y, 4), (X, y), num_epochs=2, lr=0.1)
    assert modes == [True, False, True, False]


# ---- recipes


def test_nesterov_is_the_recipe_that_its_name_says():
    group = train.nesterov(linear().parameters(), lr=0.3).param_groups[0]
    assert (group["lr"], group["momentum"], group["nesterov"]) == (0.3, 0.9, True)
    assert group["weight_decay"] == 5e-4


def test_the_rate_rises_to_its_peak_after_30_percent_and_falls_to_nearly_0():
    rates = []

    def spied(optimizer, num_steps):
        assert num_steps == 100
        optimizer.register_step_pre_hook(lambda opt, *_: rates.append(opt.param_groups[0]["lr"]))
        return train.one_cycle(optimizer, num_steps)

    X, y = pictures(50)
    fit(linear(), Batches(X, y, 5), None, 10, lr=0.2, optimizer=train.nesterov, schedule=spied)
    assert len(rates) == 100
    assert rates[0] == pytest.approx(0.2 / 25)
    assert max(rates) == pytest.approx(0.2) and rates.index(max(rates)) == 29
    assert rates[:30] == sorted(rates[:30]) and rates[29:] == sorted(rates[29:], reverse=True)
    assert rates[-1] < 1e-4


def test_count_parameters_counts_what_learns():
    net = LeNet()
    assert count_parameters(net) == 61_706
    next(net.parameters()).requires_grad_(False)  # the kernels of the first convolution
    assert count_parameters(net) == 61_706 - 6 * 25


# ---- what a person sees


def test_a_run_on_the_subset_says_so_in_a_line(capsys):
    images = fashion_mnist("subset")
    few = Batches(images.train.X[:64], images.train.y[:64], 32, note=images.note)
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    history = fit(net, few, None, num_epochs=1, lr=0.1)
    assert history.note == images.note
    assert capsys.readouterr().out.splitlines() == [images.note]


def test_a_run_on_the_full_set_prints_nothing(capsys):
    X, y = pictures(4)
    fit(linear(), Batches(X, y, 4), (X, y), num_epochs=1, lr=0.1)
    assert capsys.readouterr().out == ""


def progress(monkeypatch: pytest.MonkeyPatch, quiet: str) -> str:
    monkeypatch.setenv("D2LMINI_QUIET", quiet)
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    X, y = pictures(8)
    fit(linear(), Batches(X, y, 2), (X, y), num_epochs=2, lr=0.1)
    return stream.getvalue()


def test_progress_is_shown_to_a_person_and_not_in_a_build(monkeypatch):
    assert "batch" in progress(monkeypatch, quiet="0")
    assert progress(monkeypatch, quiet="1") == ""


# ---- a real network on real images, for a moment


def test_lenet_learns_on_the_subset():
    images = fashion_mnist("subset")
    torch.manual_seed(0)
    net = init_weights(LeNet())
    before = evaluate(net, *images.val)
    how = {"optimizer": train.nesterov, "schedule": train.one_cycle}
    history = fit(net, images.batches(128), images.val, num_epochs=1, lr=0.03, **how)
    assert before.accuracy < 0.3
    assert history.val_accuracy[0] > 0.6, "ten seeds gave 0.73 to 0.77"
    assert history.step_loss[0] > 2 > history.loss[0] > 0.5
