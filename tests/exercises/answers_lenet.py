"""Answers to the exercises of *LeNet*."""

import torch
from torch import nn
from torch.nn import functional as F

from d2lmini.data import Batches, fashion_mnist, to_float
from d2lmini.layers import init_weights
from d2lmini.nets import LeNet, make_mlp
from d2lmini.train import fit, nesterov, one_cycle
from tests.exercises.answers import mutant, solution

# ---------------------------------------------------------------- pooling_runs


@solution("pooling_runs")
def by_adam_in_a_loop_of_its_own(X, y, X_new):
    answers = torch.zeros(2, 3, len(X_new), dtype=torch.int64)
    for kind, pool in enumerate((nn.AvgPool2d, nn.MaxPool2d)):
        for seed in range(3):
            torch.manual_seed(10 + seed)
            net = LeNet(pool=pool)
            steps = torch.optim.Adam(net.parameters(), lr=0.003)
            for _ in range(5):
                for rows in torch.randperm(len(y)).split(32):
                    loss = F.cross_entropy(net(X[rows] / 255), y[rows])
                    steps.zero_grad()
                    loss.backward()
                    steps.step()
            answers[kind, seed] = net(X_new / 255).argmax(1)
    return answers


@mutant("pooling_runs", "accuracy")
def one_run_three_times(X, y, X_new):
    answers = []
    for pool in (nn.AvgPool2d, nn.MaxPool2d):
        torch.manual_seed(0)
        net = init_weights(LeNet(pool=pool), nn.init.kaiming_normal_)
        fit(net, Batches(X, y, 32), None, 3, 0.05, optimizer=nesterov, schedule=one_cycle)
        answers += [net(to_float(X_new)).argmax(1)] * 3
    return torch.stack(answers).reshape(2, 3, -1)


@mutant("pooling_runs", "accuracy")
def one_pooling_for_both(X, y, X_new):
    answers = []
    for seed in range(3):
        torch.manual_seed(seed)
        net = init_weights(LeNet(), nn.init.kaiming_normal_)
        fit(net, Batches(X, y, 32, seed), None, 3, 0.05, optimizer=nesterov, schedule=one_cycle)
        answers.append(net(to_float(X_new)).argmax(1))
    return torch.stack([torch.stack(answers)] * 2)


@mutant("pooling_runs", "accuracy")
def never_trained(X, y, X_new):
    answers = []
    for pool in (nn.AvgPool2d, nn.MaxPool2d):
        for seed in range(3):
            torch.manual_seed(seed)
            answers.append(LeNet(pool=pool)(to_float(X_new)).argmax(1))
    return torch.stack(answers).reshape(2, 3, -1)


@mutant("pooling_runs", "accuracy")
def labels_in_another_order(X, y, X_new):
    answers = []
    for pool in (nn.AvgPool2d, nn.MaxPool2d):
        for seed in range(3):
            torch.manual_seed(seed)
            net = init_weights(LeNet(pool=pool), nn.init.kaiming_normal_)
            wrong = y[torch.randperm(len(y))]
            fit(net, Batches(X, wrong, 64), None, 1, 0.05, optimizer=nesterov, schedule=one_cycle)
            answers.append(net(to_float(X_new)).argmax(1))
    return torch.stack(answers).reshape(2, 3, -1)


@mutant("pooling_runs", "accuracy")
def scores_instead_of_classes(X, y, X_new):
    torch.manual_seed(0)
    return torch.stack([LeNet()(to_float(X_new)).amax(1) for _ in range(6)]).reshape(2, 3, -1)


# ---------------------------------------------------------------- build


@solution("build")
def sizes_by_formula(cfg):
    sizes = {"kernel_size": 5, "channels": (6, 16), "activation": "relu", "hiddens": (120, 84)}
    sizes.update(cfg)
    k = sizes["kernel_size"]
    kinds = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}
    net, side, before = nn.Sequential(), 28, 1
    for i, after in enumerate(sizes["channels"]):
        p = k // 2 if i == 0 else 0
        net.append(nn.Conv2d(before, after, k, padding=p))
        net.append(kinds[sizes["activation"]]())
        net.append(nn.MaxPool2d(2))
        side, before = (side + 2 * p - k + 1) // 2, after
    net.append(nn.Flatten())
    units = [before * side * side, *sizes["hiddens"], 10]
    for i in range(len(units) - 1):
        if i:
            net.append(kinds[sizes["activation"]]())
        net.append(nn.Linear(units[i], units[i + 1]))
    if sum(p.numel() for p in net.parameters()) > 99_999:
        raise ValueError("too many parameters")
    return net


@mutant("build", "budget")
def budget_exceeded(cfg):
    k = cfg.get("kernel_size", 5)
    kind = cfg.get("activation", "relu")
    act = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}[kind]
    layers, before, p = [], 1, k // 2
    for after in cfg.get("channels", (6, 16)):
        layers += [nn.Conv2d(before, after, k, padding=p), act(), nn.MaxPool2d(2)]
        before, p = after, 0
    layers.append(nn.Flatten())
    before = nn.Sequential(*layers)(torch.zeros(1, 1, 28, 28)).shape[1]
    for after in cfg.get("hiddens", (120, 84)):
        layers += [nn.Linear(before, after), act()]
        before = after
    return nn.Sequential(*layers, nn.Linear(before, 10))


@mutant("build", "changes")
def always_lenet(cfg):
    return LeNet()


@mutant("build", "changes")
def one_change_brings_another(cfg):
    if "activation" in cfg and cfg["activation"] == "sigmoid":
        return LeNet(nn.Sigmoid, nn.AvgPool2d)
    return LeNet()


@mutant("build", "default")
def average_pooling(cfg):
    return LeNet(pool=nn.AvgPool2d)


@mutant("build", "default")
def softmax_at_the_end(cfg):
    return nn.Sequential(LeNet(), nn.Softmax(1))


@mutant("build", "default")
def first_layer_does_not_pad(cfg):
    net = LeNet()
    net[0] = nn.Conv2d(1, 6, 5)
    net[7] = nn.Linear(256, 120)
    return net


# ---------------------------------------------------------------- better_lenet


@solution("better_lenet")
def wider_with_adam(X, y, X_new):
    answers = []
    for seed in range(3):
        torch.manual_seed(seed)
        net = nn.Sequential(
            nn.Conv2d(1, 12, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(12, 24, 5),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(600, 100),
            nn.ReLU(),
            nn.Linear(100, 10),
        )
        init_weights(net, nn.init.kaiming_normal_)
        fit(net, Batches(X, y, 32, seed), None, 7, 0.05, optimizer=nesterov, schedule=one_cycle)
        answers.append(net(to_float(X_new)).argmax(1))
    return torch.stack(answers)


@mutant("better_lenet", "accuracy")
def three_epochs_of_plain_descent(X, y, X_new):
    answers = []
    for seed in range(3):
        torch.manual_seed(seed)
        net = LeNet()
        fit(net, Batches(X, y, 128, seed), None, 3, 0.1)
        answers.append(net(to_float(X_new)).argmax(1))
    return torch.stack(answers)


@mutant("better_lenet", "accuracy")
def classic_on_its_plateau(X, y, X_new):
    answers = []
    for seed in range(3):
        torch.manual_seed(seed)
        net = init_weights(LeNet(nn.Sigmoid, nn.AvgPool2d), nn.init.xavier_uniform_)
        fit(net, Batches(X, y, 64, seed), None, 3, 0.9)
        answers.append(net(to_float(X_new)).argmax(1))
    return torch.stack(answers)


@mutant("better_lenet", "accuracy")
def best_run_named_three_times(X, y, X_new):
    torch.manual_seed(0)
    net = init_weights(LeNet(), nn.init.kaiming_normal_)
    fit(net, Batches(X, y, 32), None, 8, 0.05, optimizer=nesterov, schedule=one_cycle)
    return torch.stack([net(to_float(X_new)).argmax(1)] * 3)


# ---------------------------------------------------------------- read_digits


@solution("read_digits")
def bare_convolutions(X, y, X_new):
    answers = []
    for seed in range(3):
        torch.manual_seed(100 + seed)
        net = nn.Sequential(
            nn.Conv2d(1, 16, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * 49, 10),
        )
        steps = torch.optim.Adam(net.parameters(), lr=0.003)
        for _ in range(8):
            for rows in torch.randperm(len(y)).split(32):
                loss = F.cross_entropy(net(X[rows] / 255), y[rows])
                steps.zero_grad()
                loss.backward()
                steps.step()
        answers.append(net(X_new / 255).argmax(1))
    return torch.stack(answers)


@mutant("read_digits", "accuracy")
def trained_on_garments(X, y, X_new):
    shop = fashion_mnist("subset")
    answers = []
    for seed in range(3):
        torch.manual_seed(seed)
        net = init_weights(LeNet(), nn.init.kaiming_normal_)
        clothes = Batches(shop.train.X[:1000], shop.train.y[:1000], 32, seed)
        fit(net, clothes, None, 2, 0.05, optimizer=nesterov, schedule=one_cycle)
        answers.append(net(to_float(X_new)).argmax(1))
    return torch.stack(answers)


@mutant("read_digits", "accuracy")
def perceptron(X, y, X_new):
    answers = []
    for seed in range(3):
        torch.manual_seed(seed)
        net = init_weights(make_mlp(77), nn.init.kaiming_normal_)
        fit(net, Batches(X, y, 32, seed), None, 4, 0.05, optimizer=nesterov, schedule=one_cycle)
        answers.append(net(to_float(X_new)).argmax(1))
    return torch.stack(answers)


@mutant("read_digits", "accuracy")
def one_run_only(X, y, X_new):
    torch.manual_seed(0)
    net = init_weights(LeNet(), nn.init.kaiming_normal_)
    fit(net, Batches(X, y, 32), None, 4, 0.05, optimizer=nesterov, schedule=one_cycle)
    return net(to_float(X_new)).argmax(1)[None].repeat(3, 1)


# ---------------------------------------------------------------- all_activations


@solution("all_activations")
def by_hooks(net, X):
    kept = []
    kinds = (nn.ReLU, nn.Sigmoid, nn.Tanh)
    hooks = [
        layer.register_forward_hook(lambda _, args, Y: kept.append(Y))
        for layer in net
        if isinstance(layer, kinds)
    ]
    try:
        with torch.no_grad():
            net(X)
    finally:
        for hook in hooks:
            hook.remove()
    return tuple(kept)


@mutant("all_activations", "values")
def before_the_activation(net, X):
    kept = []
    with torch.no_grad():
        for layer in net:
            if isinstance(layer, (nn.ReLU, nn.Sigmoid, nn.Tanh)):
                kept.append(X)
            X = layer(X)
    return tuple(kept)


@mutant("all_activations", "values")
def after_the_pooling(net, X):
    kept = []
    with torch.no_grad():
        for layer in net:
            X = layer(X)
            if isinstance(layer, nn.MaxPool2d):
                kept.append(X)
    return tuple(kept)


@mutant("all_activations", "unchanged")
def hooks_left_behind(net, X):
    kept = []
    for layer in net:
        if isinstance(layer, (nn.ReLU, nn.Sigmoid, nn.Tanh)):
            layer.register_forward_hook(lambda _, args, Y: kept.append(Y))
    with torch.no_grad():
        net(X)
    return tuple(kept)


@mutant("all_activations", "unchanged")
def hooks_left_after_an_error(net, X):
    kept = []
    hooks = [
        layer.register_forward_hook(lambda _, args, Y: kept.append(Y))
        for layer in net
        if isinstance(layer, (nn.ReLU, nn.Sigmoid, nn.Tanh))
    ]
    with torch.no_grad():
        net(X)
    for hook in hooks:
        hook.remove()
    return tuple(kept)


@mutant("all_activations", "unchanged")
def gradients_kept(net, X):
    kept = []
    for layer in net:
        X = layer(X)
        if isinstance(layer, (nn.ReLU, nn.Sigmoid, nn.Tanh)):
            kept.append(X)
    return tuple(kept)


@mutant("all_activations", "unchanged")
def left_in_evaluation_mode(net, X):
    net.eval()
    kept = []
    with torch.no_grad():
        for layer in net:
            X = layer(X)
            if isinstance(layer, (nn.ReLU, nn.Sigmoid, nn.Tanh)):
                kept.append(X)
    return tuple(kept)
