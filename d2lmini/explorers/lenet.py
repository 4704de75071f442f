"""LeNet, live: a garment or a drawing goes through a stored network, every value in reach."""

from __future__ import annotations

import html
from functools import cache, cached_property
from typing import Any, NamedTuple

import torch
import traitlets as T
from torch import Tensor, nn
from torch.nn import functional as F

from .. import weights
from ..data import LABELS, to_float
from .base import Explorer, Grid, Picture, Pixels, fields_of, number, shade, shown, trait
from .pixels import as_picture, decode, encode
from .unit import POOLS, Unit, first, forward

FIELDS = fields_of("lenet")
OWN = "own drawing"
LOW, GAP, WIDE = 0.2, 0.4, 258
ACROSS = {1: 1, 6: 3, 16: 4, 10: 5}  # maps in a row; 12 of the others
SIZES = {28: 8, 5: 24, 1: 40}  # of a pixel in the chosen map; 14 of the others
HOOKS = {0: 1, 2: 4, 4: 8, 5: 10}  # the module after which a layer's map is switched off


class Shading(NamedTuple):
    """How the values of a layer become shades."""

    values: Tensor
    gap: float
    most: float
    scale: str
    range: str


def shading(act: Tensor, signed: bool, each: bool) -> Shading:
    """Return the values to paint: on one range for all maps, or each map on its own."""
    if each and act.shape[1] > 1:
        low, high = act.amin(dim=(1, 2), keepdim=True), act.amax(dim=(1, 2), keepdim=True)
        size = torch.where(high > low, high - low, 1.0)
        return Shading((act - low) / size, GAP, 1, "grey", "each on its own range, black to white")
    most = act.abs().max().item() or 1
    if signed:
        return Shading(act, 0, most, "signed", f"strongest shade ±{shown(most)}")
    return Shading(act, GAP * most, most, "grey", f"black 0, white {shown(most)}")


def tiled(maps: Tensor, gap: float) -> list[list[float]]:
    """Return maps ``(n, rows, columns)`` beside each other, lines of ``gap`` between them.

    >>> tiled(torch.tensor([[[1.0]], [[2.0]]]).expand(2, 1, 1), 0)[0][:2]
    [1.0, 2.0]
    """
    count, rows, _ = maps.shape
    across, line = ACROSS.get(count, 12), int(rows > 1)
    apart = F.pad(maps, (0, line, 0, line), value=gap)
    bands = [torch.cat(list(part), dim=1) for part in torch.split(apart, across)]
    if bands[-1].shape[1] < bands[0].shape[1]:
        bands[-1] = F.pad(bands[-1], (0, bands[0].shape[1] - bands[-1].shape[1]), value=gap)
    whole = torch.cat(bands)
    found: list[list[float]] = whole[: len(whole) - line, : whole.shape[1] - line].tolist()
    return found


class LeNetPicture:
    """One state of the explorer in full, computed by torch in float64.

    Args:
        q: values of all fields.
        networks: by name, in int8.
        own: which of them is the reader's, or nothing.
    """

    def __init__(self, q: dict[str, Any], networks: dict[str, weights.Network], own: str) -> None:
        self.q, self.own, self.i = q, own == q["which"], weights.LAYERS.index(q["layer"])
        network = networks[q["which"]]
        at = weights.LAYERS.index(q["cut"]) if q["cut"] in weights.LAYERS else -1
        maps = [6, 6, 16, 16, 120, 84, 10][at]
        self.off = (at, min(q["o"], maps - 1)) if at >= 0 else None
        drawn = decode(q["x"]) if q["g"] == OWN else weights.samples()[LABELS.index(q["g"])]
        picture = F.pad(drawn.to(torch.uint8), (q["dx"], -q["dx"], q["dy"], -q["dy"]))
        self.run = forward(network, picture, to_float(picture).double()[None], self.off)
        self.act = self.run.acts[self.i]
        self.m = min(q["c"], len(self.act) - 1)
        self.kind = kind_of(self.act)
        self.scores = self.run.acts[-1].flatten()
        self.p = F.softmax(self.scores / float(q["t"]), dim=0)

    @cached_property
    def home(self) -> Unit:
        """The unit that is explained first: the strongest of the chosen map."""
        r, c = divmod(first(self.act[self.m]), self.act.shape[2])
        return Unit(self.i, self.m, r, c)

    # ------------------------------------------------------------ words

    def words(self) -> str:
        """Return the setting and the answer in one sentence."""
        q = self.q
        best, second = torch.argsort(self.scores, descending=True, stable=True)[:2].tolist()
        ahead = (self.p[best] - self.p[second]).item()
        sure = f"{shown(ahead)} ahead of {LABELS[second]}"
        moved = f", moved by {number(q['dy'])} rows and {number(q['dx'])} columns"
        without = ""
        if self.off:
            unit = kind_of(self.run.acts[self.off[0]])
            without = f" without {unit} {self.off[1]} of {q['cut']}"
        return (
            f"{q['g'][0].upper()}{q['g'][1:]}{moved if q['dy'] or q['dx'] else ''}, read by "
            f"{'your' if self.own else 'the ' + q['which']} network{without}: {LABELS[best]}, "
            f"probability {shown(self.p[best].item())}, "
            + (f"only {sure}: low confidence." if ahead < LOW else f"{sure}.")
        )

    def parameters(self) -> str:
        """Return the parameters of each layer, and of all."""
        names = [name for i, name in enumerate(weights.LAYERS) if i not in POOLS]
        counts = [n.steps.numel() + n.bias.numel() for n in self.run.network.numbers]
        each = ", ".join(f"{name} {count:,}" for name, count in zip(names, counts, strict=True))
        return f"Parameters: {each}; {sum(counts):,} in all."

    def rule(self) -> str:
        """Return the rule of the chosen layer in one line."""
        how = self.run.how(self.i)
        if self.i in POOLS:
            return (
                f"each value = {'the largest' if how == 'max' else 'the mean'} of 2×2 values of "
                "the same map below"
            )
        steps = self.run.numbers(self.i).steps
        sums = f"bias + sum of {steps[0].numel()} products"
        made = {"relu": f"max(0, {sums})", "sigmoid": f"1 / (1 + exp(−({sums})))"}.get(how, sums)
        maps = f", 25 for each of {steps.shape[1]} maps" if self.i == 2 else ""
        return f"each value = {made}{maps}"

    def code(self) -> tuple[list[str], str]:
        """Return what stands before the call in PyTorch, and the call."""
        q, drawn = self.q, self.q["g"] == OWN
        names = ["quantised"] * self.own + ["samples"] * (not drawn) + ["stored"] * (not self.own)
        setup = ["from d2lmini.data import to_float"]
        setup += ["from d2lmini.explorers.pixels import decode"] * drawn
        setup += [f"from d2lmini.weights import {', '.join(names)}", ""]
        setup.append(
            "net = quantised(net).module().double()  # net is your own"
            if self.own
            else f'net = stored("{q["which"]}").module().double()'
        )
        number = None if drawn else LABELS.index(q["g"])
        setup.append(
            f'X = to_float(decode("{q["x"]}").byte())'
            if drawn
            else f"X = to_float(samples()[{number}])  # {q['g']}"
        )
        setup.append("X = X.double()[None, None]")
        if q["dy"] or q["dx"]:
            way = f"({q['dx']}, {-q['dx']}, {q['dy']}, {-q['dy']})"
            setup.append(f"X = F.pad(X, {way})  # columns, rows")
        if self.off:
            hook = f"lambda layer, args, A: A.index_fill(1, torch.tensor({self.off[1]}), 0)"
            setup.append(f"net[{HOOKS[self.off[0]]}].register_forward_hook({hook})")
        over = "" if q["t"] == "1" else f" / {q['t']}"
        return setup, f"Y = F.softmax(net(X){over}, dim=1)"

    # ------------------------------------------------------------ grids

    def grids(self) -> list[Grid]:
        """Return the picture, all maps, what they read, the weights and the chosen map."""
        grids = [self._input(), self._maps()]
        grids += [self._below()] if self.i else []
        grids += [self._kernel()] if self.i not in POOLS else []
        return [*grids, self._output()]

    @cached_property
    def shade(self) -> Shading:
        """Shades of the chosen layer."""
        return shading(self.act, self.i == len(weights.LAYERS) - 1, self.q["each"])

    def _input(self) -> Grid:
        moved = ", moved" if self.q["dy"] or self.q["dx"] else ""
        values = self.run.picture.tolist()
        painted = Pixels(values=values, most=255, scale="grey", size=8)
        return Grid("input", "input", f"Picture, 28×28{moved}", pixels=painted)

    def _maps(self) -> Grid:
        caption = f"{self.q['layer']}, {len(self.act)} {self.kind}s; {self.shade.range}"
        values = tiled(self.shade.values, self.shade.gap)
        size = min(16, WIDE // len(values[0]))
        return Grid("maps", "plain", caption, pixels=painted(values, self.shade, size))

    def _below(self) -> Grid:
        act, single = self.run.acts[self.i - 1], self.i in POOLS
        shade = shading(act, False, self.q["each"])
        some = shade.values[self.m : self.m + 1] if single else shade.values
        what = f"map {self.m}" if single else f"all {len(act)} {kind_of(act)}s"
        caption = f"It reads {what} of {weights.LAYERS[self.i - 1]}; {shade.range}"
        values = tiled(some, shade.gap)
        size = min(16, (150 if single else WIDE) // len(values[0]))
        return Grid("below", "plain", caption, pixels=painted(values, shade, size))

    def _kernel(self) -> Grid:
        numbers, below = self.run.numbers(self.i), self.run.below(self.i)
        steps, weight = numbers.steps[self.m], numbers.weight()[self.m].double()
        if self.i == 0:
            cells = [[(number(v), shade(v, 127)) for v in row] for row in steps[0].tolist()]
            caption = f"Kernel of map {self.m}, in steps of {shown(numbers.scale.item())}"
            return Grid("kernel", "kernel", caption, cells)
        most = (numbers.scale * 127).item()
        what = f"Kernel of map {self.m}, {len(weight)}×5×5"
        if weight.dim() == 1:
            what = f"{len(weight)} weights of unit {self.m}"
        values = tiled(weight.reshape(-1, *(steps.shape[1:] or below.shape[1:])), 0)
        caption = f"{what}; strongest shade ±{shown(most)}"
        shades = Shading(weight, 0, most, "signed", "")
        size = min(16, WIDE // len(values[0]))
        return Grid("kernel", "kernel", caption, pixels=painted(values, shades, size))

    def _output(self) -> Grid:
        _, rows, cols = self.act.shape
        few = f"; there is no {self.kind} {self.q['c']}" if self.q["c"] > self.m else ""
        shape = f", {rows}×{cols}" if rows > 1 else ""
        shape = f", {LABELS[self.m]}" if self.i == len(weights.LAYERS) - 1 else shape
        caption = f"{self.q['layer']}, {self.kind} {self.m}{shape}{few}"
        size = min(SIZES.get(cols, 14), WIDE // cols)
        values = self.shade.values[self.m].tolist()
        return Grid("output", "output", caption, pixels=painted(values, self.shade, size))

    def picture(self) -> Picture:
        """Return the whole state."""
        return Picture(
            words=self.words(),
            grids=self.grids(),
            lines=[self.parameters()],
            sum=self.run.sum(self.home),
            formula=[self.rule()],
            code=self.code()[1],
        )

    def answers(self) -> str:
        """Return the ten classes with scores and probabilities as an HTML table."""
        over = "" if self.q["t"] == "1" else f": softmax of the scores over {self.q['t']}"
        head = "".join(f'<th scope="col">{name}</th>' for name in ("class", "score", "probability"))
        best = int(self.scores.argmax())
        rows = "".join(self._answer(at, "d2lx-best" if at == best else "") for at in range(10))
        return (
            f'<table class="d2lx-answers"><caption>What the scores become{over}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        )

    def _answer(self, at: int, css: str) -> str:
        score, p = self.scores[at].item(), self.p[at].item()
        said = html.escape(chance(p))
        return (
            f'<tr class="{css}"><th scope="row">{LABELS[at]}</th><td>{shown(score)}</td>'
            f'<td><span>{said}</span><i style="width:{4 * p:.3f}rem"></i></td></tr>'
        )


def chance(p: float) -> str:
    """Return a probability; no class is impossible, so one that rounds to 0 is said to be small.

    >>> chance(0.25), chance(0.00005), chance(1e-9)
    ('0.25', '0.0001', '< 0.0001')
    """
    text = shown(p)
    return "< 0.0001" if text == "0" else text


def kind_of(act: Tensor) -> str:
    """Return what the channels of a layer are called."""
    return "map" if act.shape[1] > 1 else "unit"


def painted(values: list[list[float]], shade: Shading, size: int) -> Pixels:
    """Return rows of values as a grid without text."""
    return Pixels(values=values, most=shade.most, scale=shade.scale, size=size)


@cache
def packed() -> str:
    """Return the stored networks as the front end reads them."""
    return weights.pack({name: weights.stored(name) for name in weights.NAMES})


class LeNetLive(Explorer):
    """Show every value on the way of a picture through LeNet: maps, weights, sums, probabilities.

    Args:
        id: name on the page and in the address.
        net: a trained network of your own, built like :class:`d2lmini.nets.LeNet`. With ReLU it
            takes the place of the modern network, with sigmoids that of the classic one; its
            weights are rounded to int8 like theirs.
        g, which, layer, c: garment, network, layer, and map or unit of the layer.
        dy, dx: move the picture down and to the right.
        cut, o: layer in which a map is switched off, and which one.
        t: temperature, one of the texts in the table; the scores are divided by it.
        ink, brush, each: colour and width to draw with; every map on its own range.
        x: your own drawing: a code, or 28×28 values as :func:`d2lmini.explorers.pixels.as_picture`
            takes them.

    Raises:
        ValueError: ``net`` is of another family, or ``x`` no picture of 28×28.
        traitlets.TraitError: a value out of its range.

    >>> live = LeNetLive("lenet", g="sandal")
    >>> live.answer()
    'sandal'
    """

    kind = T.Unicode("lenet").tag(sync=True)
    label = T.Unicode("LeNet, live").tag(sync=True)
    weights = T.Unicode().tag(sync=True)
    fields = tuple(FIELDS)
    g = trait(FIELDS["g"])
    which = trait(FIELDS["which"])
    layer = trait(FIELDS["layer"])
    c = trait(FIELDS["c"])
    dy = trait(FIELDS["dy"])
    dx = trait(FIELDS["dx"])
    cut = trait(FIELDS["cut"])
    o = trait(FIELDS["o"])
    t = trait(FIELDS["t"])
    ink = trait(FIELDS["ink"])
    brush = trait(FIELDS["brush"])
    each = trait(FIELDS["each"])
    x = trait(FIELDS["x"])

    def __init__(self, id: str, net: nn.Module | None = None, **values: Any) -> None:
        self.networks = {name: weights.stored(name) for name in weights.NAMES}
        self.own = ""
        if net is not None:
            mine = weights.quantised(net)
            self.own = "modern" if mine.activation == "relu" else "classic"
            self.networks[self.own] = mine
            values.setdefault("which", self.own)
        if "x" in values:
            values["x"] = _code(values["x"])
            values.setdefault("g", OWN)
        super().__init__(id, **values)
        self.weights = weights.pack(self.networks, self.own) if self.own else packed()
        # a page loads the stored weights by itself, but not the reader's own
        self.fixed = ("weights",) if self.own else ()

    @T.validate("x")
    def _check_x(self, proposal: dict[str, Any]) -> str:
        return _code(proposal["value"])

    def lenet_picture(self) -> LeNetPicture:
        """Return the current state, computed by torch."""
        return LeNetPicture(self.state(), self.networks, self.own)

    def picture(self) -> Picture:
        """Return the current state in full."""
        return self.lenet_picture().picture()

    def answer(self) -> str:
        """Return the class with the highest score."""
        return LABELS[int(self.lenet_picture().scores.argmax())]

    def still(self) -> str:
        """Return the current state as HTML that needs no script, the ten answers with it."""
        state = self.lenet_picture()
        return state.picture().html() + state.answers()


def _code(x: Any) -> str:
    """Return a drawing of 28×28 as its code."""
    drawing = decode(x) if isinstance(x, str) else as_picture(x, 28, 28)
    if tuple(drawing.shape) != (28, 28):
        raise ValueError(f"x must be a picture of 28×28 pixels, got {tuple(drawing.shape)}")
    return encode(drawing)
