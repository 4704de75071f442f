"""Every explorer in its two homes, and what it gives back: state, address, timers, listeners."""

import json
import random
import shutil

import pytest
from playwright.sync_api import expect

from d2lmini.explorers.base import fields_of
from tools import chromium, small_page, states

from . import reading
from .test_explorers import ALL
from .test_parity import load
from .test_shape_machine import frames_state

pytestmark = pytest.mark.browser

ALLOWED = ["get", "set", "save_changes", "on", "off"]
SAMPLES = 300
LINES = "box => [...box.querySelector('.d2lx-grids').childNodes].map(e => e.className ?? e.data)"


@pytest.fixture
def bundle() -> str:
    """Return the bundle of the kernel."""
    return (small_page.STATIC / "explorers.mjs").read_text(encoding="utf-8")


def model_of(cls) -> dict:
    """Return what a kernel's model of an explorer holds."""
    explorer = cls("it")
    names = [name for name, trait in explorer.traits(sync=True).items() if not name.startswith("_")]
    plain = (int, bool, str, list, dict, tuple, type(None))
    values = {name: getattr(explorer, name) for name in names}
    return {name: value for name, value in values.items() if isinstance(value, plain)}


# ---------------------------------------------------------------- state and address


@ALL
def test_three_hundred_states_go_to_the_address_and_back(page, bundle, cls):
    page.goto("about:blank")
    load(page, bundle)
    kind, start, draw = small_page.kind_of(cls), small_page.start_of(cls), random.Random(11)
    fields = fields_of(kind)
    cases = [states.any_state(fields, start, draw) for _ in range(SAMPLES)]
    back = page.evaluate(
        """json => {
          const {kind, start, cases} = JSON.parse(json), {fields} = kit.EXPLORERS[kind];
          return JSON.stringify(cases.map(state => {
            const q = kit.state.toQuery('it', fields, start, state, '?other=1&it.no=9');
            if (!q.startsWith('other=1')) throw Error(q);
            const {given, notes} = kit.state.fromQuery('it', '?' + q);
            const clean = kit.state.clean(fields, start, given);
            return {state: clean.state, notes: [...notes, ...clean.notes]};
          })); }""",
        json.dumps({"kind": kind, "start": start, "cases": cases}),
    )
    for case, answer in zip(cases, json.loads(back), strict=True):
        assert answer == {"state": case, "notes": []}
        states.put(cls("it"), case)  # the traits take every state that an address can hold


@ALL
def test_undo_goes_back_step_by_step_and_reset_to_the_start(page, cls):
    live = small_page.show(page, "", small_page.box(cls))
    start, undo = live.evaluate(reading.READ), live.get_by_role("button", name="Undo", exact=True)
    assert undo.is_disabled(), "there is nothing to undo yet"
    lined = live.evaluate(LINES)
    small_page.move(page, cls, live)
    moved = live.evaluate(reading.READ)
    assert moved != start
    page.wait_for_function("location.search.includes('it.')")
    undo.click()
    assert live.evaluate(reading.READ) == start
    small_page.move(page, cls, live)
    assert live.evaluate(reading.READ) == moved, "the same move again, after an undo"
    undo.click()
    assert live.evaluate(LINES) == lined, "the same grids in the same lines, and nothing else"
    small_page.move(page, cls, live)
    live.get_by_role("button", name="Reset", exact=True).click()
    assert live.evaluate(reading.READ) == start
    page.wait_for_function("location.search === ''")
    undo.click()
    assert live.evaluate(reading.READ) == moved, "a reset can be undone"


@ALL
def test_the_copied_link_shows_the_same_again(page, cls):
    page.add_init_script(f"({reading.SPY})()")
    state = next(case.state for case in small_page.sampled(cls) if not case.bad)
    live = small_page.show_states(page, cls, [state]).first.locator(".d2lx")
    live.get_by_role("button", name="Copy link", exact=True).click()
    expect(live.locator(".d2lx-live")).to_have_text("Copied.")
    link, seen = page.evaluate("window.got"), live.evaluate(reading.READ)
    assert link.startswith(small_page.ADDRESS) and link.endswith("#s0")
    page.goto("about:blank")
    page.goto(link)
    again = page.locator("#s0 .d2lx")
    again.wait_for()
    assert again.evaluate(reading.READ) == seen


# ---------------------------------------------------------------- a kernel's model

# Counts everything that outlives an explorer unless it is taken back.
COUNT = """() => {
  const left = {timers: 0, urls: 0, sizes: 0, mutations: 0, seen: 0};
  const open = new Set(), count = (host, name, change) => {
    const old = host[name];
    host[name] = function (...a) { change.call(this, a); return old.apply(this, a); }; };
  for (const [start, stop, once] of [['setTimeout', 'clearTimeout', true],
      ['setInterval', 'clearInterval'], ['requestAnimationFrame', 'cancelAnimationFrame', true]]) {
    const begin = globalThis[start], end = globalThis[stop];
    globalThis[start] = (f, ms) => {
      const id = begin(t => { if (once) open.delete(start + id); f(t); }, ms);
      open.add(start + id);
      return id; };
    globalThis[stop] = id => { open.delete(start + id); end(id); };
  }
  count(URL, 'createObjectURL', () => left.urls++);
  count(URL, 'revokeObjectURL', () => left.urls--);
  for (const [name, {prototype}] of [['sizes', ResizeObserver], ['mutations', MutationObserver],
      ['seen', IntersectionObserver]]) {
    const on = new Set();
    count(prototype, 'observe', function () { on.add(this); left[name] = on.size; });
    count(prototype, 'disconnect', function () { on.delete(this); left[name] = on.size; });
  }
  const heard = [];
  for (const host of [MediaQueryList.prototype, window, document]) {
    count(host, 'addEventListener', function ([name, f]) { heard.push([this, name, f]); });
    count(host, 'removeEventListener', function (gone) {
      const at = heard.findIndex(([on, name, f]) =>
        on === this && name === gone[0] && f === gone[1]);
      if (at >= 0) heard.splice(at, 1); });
  }
  window.left = () => ({...left, timers: open.size, heard: heard.length});
}"""
MOUNT = """async ([state, allowed, times]) => {
  let listeners = 0, saved = 0;
  for (let i = 0; i < times; i++) {
    const stub = kit.state.stubModel(structuredClone(state), () => saved++);
    const model = new Proxy(stub, {get(target, name) {
      if (!allowed.includes(name)) throw Error(`an explorer used model.${String(name)}`);
      return target[name]; }});
    const el = document.createElement('div');
    document.body.append(el);
    const end = kit.render({model, el});
    const seen = e => e.checkVisibility() && !e.disabled;
    const move = [...el.querySelectorAll('[data-field], input[type=range]')].find(seen);
    if (move.type === 'checkbox') move.click();
    else if (move.tagName === 'SELECT') {
      move.selectedIndex = move.selectedIndex ? 0 : 1; move.dispatchEvent(new Event('change')); }
    else {
      if (move.value === move.max) move.stepDown(); else move.stepUp();
      move.dispatchEvent(new Event('input')); }
    for (const b of el.querySelectorAll('.d2lx-actions button')) if (seen(b)) b.click();
    await el.querySelector('figure.d2lx-card img')?.decode();
    end();
    if (el.children.length) throw Error('something stays in the place of the explorer');
    el.remove();
    listeners += stub.listeners();
  }
  return {...window.left(), listeners, saved, nodes: document.body.children.length}; }"""


def left_over(page, bundle: str, state: dict, times: int, first: str = "() => null") -> dict:
    """Mount and unmount on a model that has only what a kernel's must have; return what is left."""
    page.add_init_script(f"({COUNT})()")
    small_page.serve(page, '<!doctype html><link rel="stylesheet" href="explorers.css">')
    page.goto(small_page.ADDRESS)
    load(page, bundle)
    page.evaluate(first)
    return page.evaluate(MOUNT, [state, ALLOWED, times])


@ALL
def test_fifty_mounts_leave_nothing_and_use_only_what_a_kernel_model_has(page, bundle, cls):
    left = left_over(page, bundle, model_of(cls), 50)
    assert left.pop("saved") >= 50, "a move is saved"
    assert not any(left.values()), left


LEAKY = """() => { kit.EXPLORERS.leaky = {render({model, root}) {
  const input = document.createElement('input');
  input.type = 'range';
  root.append(input);
  addEventListener('resize', () => {});
  matchMedia('print').addEventListener('change', () => {});
  new ResizeObserver(() => {}).observe(root);
  new MutationObserver(() => {}).observe(root, {childList: true});
  URL.createObjectURL(new Blob(['a']));
  setInterval(() => {}, 1e6);
  model.on('change:a', () => {});
}}; }"""


def test_whatever_an_explorer_leaves_behind_is_counted(page, bundle):
    left = left_over(page, bundle, {"kind": "leaky"}, 2, first=LEAKY)
    assert left == {"timers": 2, "urls": 2, "sizes": 2, "mutations": 2, "seen": 0, "heard": 4,
                    "listeners": 2, "saved": 0, "nodes": 0}  # fmt: skip


def test_fifty_mounts_of_drawn_frames_leave_nothing(page, bundle):
    left = left_over(page, bundle, frames_state(), 50)
    assert left.pop("saved") >= 50 and not any(left.values()), left


@ALL
def test_a_kernel_model_and_the_explorer_move_each_other(page, bundle, cls):
    python, start = cls("it"), small_page.start_of(cls)
    fields = fields_of(small_page.kind_of(cls))
    state = next(case.state for case in small_page.sampled(cls) if not case.bad)
    page.goto("about:blank")
    load(page, bundle)
    seen = page.evaluate(
        """([model, state]) => {
          const stub = kit.state.stubModel(model), el = document.createElement('div');
          document.body.append(el); kit.render({model: stub, el});
          for (const [name, value] of Object.entries(state)) stub.set(name, value);
          window.el = el; window.stub = stub;
          return [el.querySelector('.d2lx-verdict').textContent, el.textContent]; }""",
        [model_of(cls), state],
    )
    states.put(python, state)
    assert seen[0] == python.picture().words
    assert "Copy link" not in seen[1], "a notebook has no address to copy"
    states.put(python, start)
    page.evaluate("start => Object.entries(start).forEach(([n, v]) => stub.set(n, v))", start)
    name = small_page.move(page, cls, page.locator(".d2lx"))
    value = page.evaluate("name => stub.get(name)", name)
    assert value != start[name] and states.valid(fields[name], value)


# ---------------------------------------------------------------- the static site


def sites(tmp_path):
    """Return a folder with a page of all explorers, far from each other, and all files."""
    folder = shutil.copytree(small_page.STATIC, tmp_path / "site")
    gap = '<div style="height:5000px"></div>'
    boxes = [small_page.box(cls, small_page.kind_of(cls)) for cls in small_page.CLASSES]
    text = small_page.document(gap.join(boxes))
    (folder / "page.html").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("origin", ["http", "file"])
def test_each_becomes_live_when_it_comes_near_the_window_and_not_before(page, tmp_path, origin):
    folder = sites(tmp_path)
    with chromium.served(folder) as address:
        base = address if origin == "http" else folder.as_uri()
        page.goto(f"{base}/page.html")
        page.locator(".d2lx").first.wait_for()
        for at, cls in enumerate(small_page.CLASSES):
            box = page.locator("[data-d2lx]").nth(at)
            assert page.locator(".d2lx").count() == at + (at == 0), "only what was near is live"
            box.evaluate("box => box.scrollIntoView({block: 'start', behavior: 'instant'})")
            live = box.locator(".d2lx")
            live.wait_for()
            before = live.evaluate(reading.READ)
            small_page.move(page, cls, live)
            assert live.evaluate(reading.READ) != before, f"{small_page.kind_of(cls)} is dead"


@ALL
def test_three_of_a_kind_on_a_page_do_not_move_each_other(page, cls):
    state = next(case.state for case in small_page.sampled(cls) if not case.bad)
    places = small_page.show_states(page, cls, [state, small_page.start_of(cls), state])
    one, two, three = (places.nth(i).locator(".d2lx") for i in range(3))
    before = [live.evaluate(reading.READ) for live in (one, three)]
    small_page.move(page, cls, two)
    assert [live.evaluate(reading.READ) for live in (one, three)] == before
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids)), "two elements share an id"


@ALL
def test_an_explorer_that_cannot_start_leaves_its_still_picture(page, watch, cls):
    watch.expect("console error")
    broken = small_page.box(cls, "bad").replace('json">{', 'json">', 1)
    small_page.show(page, "", broken, small_page.box(cls))
    assert page.locator("#bad .d2lx-still").is_visible() and not page.locator("#bad .d2lx").count()
