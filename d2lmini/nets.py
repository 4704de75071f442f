"""Networks for 1×28×28 pictures and ten classes: LeNet and the perceptrons it is compared with.

LeNet after LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document
recognition", Proceedings of the IEEE 86(11), 1998; the variant with padding 2 in the first layer.
"""

from collections.abc import Callable

from torch import nn


class LeNet(nn.Sequential):
    """Two convolutions, each with activation and pooling, then three linear layers: 61,706 parameters.

    Args:
        activation: makes an activation, ``nn.ReLU`` (modern) or ``nn.Sigmoid`` (classic).
        pool: makes a pooling layer from its window, ``nn.MaxPool2d`` or ``nn.AvgPool2d``.

    Takes float32 of shape ``(N, 1, 28, 28)`` and returns scores ``(N, 10)``; softmax belongs to the
    loss. Chapter *LeNet*.

    >>> sum(p.numel() for p in LeNet().parameters())
    61706
    """

    def __init__(
        self,
        activation: Callable[[], nn.Module] = nn.ReLU,
        pool: Callable[[int], nn.Module] = nn.MaxPool2d,
    ) -> None:
        super().__init__(
            nn.Conv2d(1, 6, kernel_size=5, padding=2), activation(),  # (N, 6, 28, 28)
            pool(2),                                                  # (N, 6, 14, 14)
            nn.Conv2d(6, 16, kernel_size=5), activation(),            # (N, 16, 10, 10)
            pool(2),                                                  # (N, 16, 5, 5)
            nn.Flatten(),                                             # (N, 400)
            nn.Linear(400, 120), activation(),
            nn.Linear(120, 84), activation(),
            nn.Linear(84, 10),                                        # (N, 10)
        )  # fmt: skip


def make_mlp(num_hiddens: int) -> nn.Sequential:
    """Return the perceptron 784 – ``num_hiddens`` – 10 with ReLU.

    ``num_hiddens=77`` has 61,225 parameters, as many as LeNet; ``524`` costs as many multiplications.

    Raises:
        ValueError: ``num_hiddens`` is not a whole number of at least 1.

    >>> sum(p.numel() for p in make_mlp(77).parameters())
    61225
    """
    if type(num_hiddens) is not int or num_hiddens < 1:
        raise ValueError(f"num_hiddens must be a whole number of at least 1, got {num_hiddens!r}")
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, num_hiddens), nn.ReLU(), nn.Linear(num_hiddens, 10)
    )
