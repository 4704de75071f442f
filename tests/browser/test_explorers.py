"""What every explorer shows is what it computes: 300 states each, asked for by their addresses.

Each state is set in the address of a page and in the Python class, which computes with torch. Every
cell, sentence and line of the page is compared, sums are evaluated, copied code is executed.
"""

import json
from urllib.parse import quote

import pytest
import torch

from d2lmini.explorers.base import fields_of
from tools import small_page, states

from . import reading

pytestmark = pytest.mark.browser

BOXES = 25  # on one page
# Everything of one page at once: big grids as tables, then the reading, then the copied code.
READ_ALL = f"""async () => {{
  const read = {reading.READ}, out = [];
  for (const box of document.querySelectorAll('[data-d2lx]')) {{
    const labels = [...box.querySelectorAll('.d2lx-actions label')];
    labels.find(l => l.textContent.trim() === 'show as table' && !l.hidden)?.click();
    const live = box.querySelector('.d2lx'), seen = read(live);
    const copy = [...live.querySelectorAll('.d2lx-torch:not([hidden]) button')][0];
    window.got = null;
    if (copy && !seen.error) {{ copy.click(); await new Promise(done => setTimeout(done)); }}
    const lines = live.querySelectorAll('table:not(.d2lx-grid) tr:has(td)');
    const rows = [...lines].map(line => [...line.cells]);
    const columns = (rows[0] ?? []).map((_, c) => rows.map(row => row[c]?.textContent ?? ''));
    const note = live.querySelector('.d2lx-note').textContent;
    out.push({{...seen, columns, note, copied: window.got}});
  }}
  return JSON.stringify(out); }}"""
ALL = pytest.mark.parametrize("cls", small_page.CLASSES, ids=small_page.kind_of)


def read_all(page) -> list[dict]:
    """Return the readings of all boxes of the page."""
    return json.loads(page.evaluate(READ_ALL))


def results(seen: dict) -> list[list[float]]:
    """Return the numbers that may be the result: all outputs together, then each grid alone."""
    cells = {g["name"]: [text for row in g["cells"] for text, _ in row] for g in seen["grids"]}
    outputs = [text for g in seen["grids"] if g["role"] == "output" for text in cells[g["name"]]]
    order = [cells.get("output", []), outputs, *cells.values(), *seen["columns"]]
    return [list(map(reading.number, texts)) for texts in order if texts]


def proportional(Y: torch.Tensor, shades: torch.Tensor) -> bool:
    """Return whether values are shown by these shades: they have one factor in common."""
    known = shades.isfinite()
    Y, shades = Y[known], shades[known]
    factor = (Y @ shades) / (shades @ shades).clamp_min(1e-300)
    return bool(factor >= 0 and torch.allclose(Y, factor * shades, rtol=1e-4, atol=1e-6))


def wrong_code(seen: dict, picture) -> str:
    """Say what is wrong with the copied code, or return "".

    Its Y must be one of the grids: number by number, or pixel by pixel up to the common scale.
    """
    if not seen["code"]:
        return ""
    if not (seen["copied"] or "").rstrip().endswith(seen["code"]):
        return f"copied is {seen['copied']!r}, shown is {seen['code']!r}"
    Y = torch.as_tensor(reading.executed(seen["copied"])).to(torch.float64).flatten()
    maps = [torch.tensor(g.pixels.values).double().flatten() for g in picture.grids if g.pixels]
    if any(shades.shape == Y.shape and proportional(Y, shades) for shades in maps):
        return ""
    alike = [numbers for numbers in map(torch.tensor, results(seen)) if numbers.shape == Y.shape]
    for numbers in alike:
        near = torch.isclose(Y, numbers.double(), rtol=5e-4, atol=5.001e-5) | torch.eq(Y, numbers)
        known = ~numbers.isnan()
        if known.any() and near[known].all():
            return ""
    if not alike:
        return f"Y has {len(Y)} values, no grid does, from\n{seen['copied']}"
    return f"Y is {Y.tolist()}, shown is {alike[0].tolist()}"


def wrong(cls, case: states.Case, seen: dict, python) -> list[str]:
    """Return what is wrong with one state on the page."""
    if case.bad:
        said = f"⚠ No output: {case.bad}."
        return [] if seen["error"] == said else [f"{seen['error']!r} instead of {said!r}"]
    states.put(python, case.state)
    picture = python.picture()
    wanted = reading.expected(picture)
    found = reading.differences({name: seen[name] for name in wanted}, wanted)
    if seen["note"]:
        found.append(f"a valid address gives the note {seen['note']!r}")
    if seen["sum"]:
        found += filter(None, [reading.wrong_sum(seen["sum"])])
    return found + list(filter(None, [wrong_code(seen, picture)]))


@ALL
def test_three_hundred_addresses_show_what_torch_computes(page, cls):
    page.add_init_script(f"({reading.SPY})()")
    cases, python, bad = small_page.sampled(cls), cls("python"), []
    assert len(cases) == small_page.STATES
    for at in range(0, len(cases), BOXES):
        part = cases[at : at + BOXES]
        small_page.show_states(page, cls, [case.state for case in part], style=small_page.STACKED)
        for case, seen in zip(part, read_all(page), strict=True):
            said = wrong(cls, case, seen, python)
            bad += [f"{small_page.short(cls, case.state)}: {'; '.join(said[:3])}"] if said else []
    assert not bad, f"{len(bad)} of {len(cases)} states:\n" + "\n".join(bad[:8])


@ALL
def test_the_still_picture_is_the_first_live_state(page, cls):
    live = small_page.show(page, "", small_page.box(cls))
    still = page.locator(".d2lx-still")
    assert still.is_hidden()
    seen, stood = live.evaluate(reading.READ), still.evaluate(reading.READ)
    for reading_ in (seen, stood):
        for grid in reading_["grids"]:
            grid.pop("dots")  # an image of PNG dots there, a canvas here
    big = {g["name"] for g in seen["grids"] if not g["cells"]}
    stood["grids"] = [g | {"cells": []} if g["name"] in big else g for g in stood["grids"]]
    assert not (found := reading.differences(seen, stood)), found[:5]


# ---------------------------------------------------------------- settings without a result


def refusing_moves(cls, most: int = 8) -> list[tuple[states.State, str, object]]:
    """Return valid states with a control and a value of it that make them invalid."""
    python, fields, found = cls("python"), fields_of(small_page.kind_of(cls)), []
    for case in (case for case in small_page.sampled(cls) if not case.bad):
        for name, field in fields.items():
            ends = [field["min"], field["max"]] if field["kind"] == "int" else field.get("of", [])
            for value in ends:
                states.put(python, case.state | {name: value})
                if python.problem() and sum(name == other for _, other, _ in found) < 2:
                    found.append((case.state, name, value))
        if len(found) >= most:
            break
    return found


@ALL
def test_an_invalid_combination_dims_the_last_picture_and_says_why_and_what_would_work(page, cls):
    python, fields = cls("python"), fields_of(small_page.kind_of(cls))
    if not any(case.bad for case in small_page.sampled(cls)):
        return  # every combination of this explorer has a result
    for state, name, value in refusing_moves(cls):
        place = small_page.show_states(page, cls, [state]).first.locator(".d2lx")
        before, control = place.evaluate(reading.READ), small_page.control(place, cls, name)
        if not control.count() or not control.is_visible():
            continue
        small_page.set_control(control, value)
        states.put(python, bad := state | {name: value})
        seen, said = place.evaluate(reading.READ), f"⚠ No output: {python.problem()}."
        assert seen["error"] == said and not seen["words"], (bad, seen["error"])
        assert seen["grids"] == before["grids"], "the last picture stays"
        picture = place.locator(".d2lx-picture")
        assert picture.evaluate("e => e.inert && getComputedStyle(e).opacity < 0.7")
        spoken = place.locator(".d2lx-live").element_handle()
        page.wait_for_function("([e, text]) => e.textContent === text", arg=[spoken, said])
        offers = place.locator(".d2lx-error button").all_inner_texts()
        assert offers, f"nothing is offered for {small_page.short(cls, bad)}"
        for offer in offers:
            assert not (fault := wrong_offer(python, fields, bad, offer)), fault
        place.locator(".d2lx-error button").first.click()
        states.put(python, bad | dict([meant(fields, offers[0])]))
        assert not (
            found := reading.differences(
                place.evaluate(reading.READ)["words"], python.picture().words
            )
        ), found
        assert place.evaluate("e => e.contains(document.activeElement)"), "the focus is lost"


def meant(fields: dict, offer: str) -> tuple[str, object]:
    """Return field and value that a button such as "k = 3" stands for."""
    said, text = offer.split(" = ")
    name = next(n for n, f in fields.items() if said in (n, f.get("symbol")))
    field = fields[name]
    return name, int(text.replace("−", "-")) if field["kind"] == "int" else text


def wrong_offer(python, fields: dict, bad: states.State, offer: str) -> str:
    """Say why an offered value is not the nearest valid one, or return ""."""
    name, value = meant(fields, offer)

    def valid(other: object) -> bool:
        states.put(python, bad | {name: other})
        return python.problem() is None

    if not valid(value):
        return f"{offer} is offered and does not work: {python.problem()}"
    if fields[name]["kind"] != "int":
        return ""
    far = abs(value - bad[name])
    near = range(
        max(fields[name]["min"], bad[name] - far + 1),
        min(fields[name]["max"], bad[name] + far - 1) + 1,
    )
    nearer = [other for other in near if valid(other)]
    return f"{offer} is offered, {nearer} would be nearer" if nearer else ""


# ---------------------------------------------------------------- hostile addresses

TAGS = ("<script>window.hit = 1</script>", "<img src=x onerror='window.hit = 1'>")


def hostile(cls) -> list[tuple[str, states.State, str]]:
    """Return parts of addresses, the states they must give, and what their notes must name."""
    fields, start = fields_of(small_page.kind_of(cls)), small_page.start_of(cls)
    found: list[tuple[str, states.State, str]] = []
    for name, field in fields.items():
        for text, value in [*states.HOSTILE[field["kind"]](field), *((tag, None) for tag in TAGS)]:
            found.append(
                (f"{name}={quote(text)}", states.repaired(start, name, value), f"{name}: ")
            )
        found.append((f"{name}=%E0%A4%A", start, f"{name}: "))
        other = states.another(field, start[name])
        texts = [
            quote(states.TEXT[field["kind"]](field, v, start[name])) for v in (other, start[name])
        ]
        found.append((f"{name}={texts[0]}&@.{name}={texts[1]}", start | {name: other}, "twice"))
    for name in ("__proto__", "constructor", "toString", "no-such", "kind", "<b>"):
        found.append((f"{quote(name)}=1", start, "is not a setting here"))
    return found


@ALL
def test_a_hostile_address_gives_the_nearest_valid_state_and_a_note(page, cls):
    page.add_init_script(f"({reading.SPY})()")
    python, cases, bad = cls("python"), hostile(cls), []
    for at in range(0, len(cases), BOXES):
        part = cases[at : at + BOXES]
        query = "&".join(
            f"s{i}.{text.replace('@', f's{i}')}" for i, (text, _, _) in enumerate(part)
        )
        boxes = [small_page.box(cls, f"s{i}") for i in range(len(part))]
        small_page.show(page, f"?{query}", *boxes, style=small_page.STACKED)
        small_page.all_live(page, len(part))
        for (text, state, note), seen in zip(part, read_all(page), strict=True):
            states.put(python, state)
            case = states.Case(state, python.problem())
            found = [] if note in seen["note"] else [f"the note is {seen['note']!r}"]
            found += wrong(cls, case, seen | {"note": ""}, python)
            bad += [f"?{text}: {'; '.join(found[:2])}"] if found else []
        assert page.evaluate("!window.hit && !document.querySelector('[data-d2lx] img[src=x]')")
    assert not bad, f"{len(bad)} of {len(cases)} addresses:\n" + "\n".join(bad[:8])
