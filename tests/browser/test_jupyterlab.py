"""JupyterLab, really started: what moves on the page moves in Python and back."""

import shutil

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from d2lmini.exercises import find
from tools import chromium, lab, small_page, states

from . import visit

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NAME, EVERY = "padding-and-stride.ipynb", "every.ipynb"
RUN_S = 240
ALL = "__import__('ipywidgets').widgets.widget._instances.values()"
SHAPE = f"[w for w in {ALL} if type(w).__name__ == 'ConvShape'][-1]"
QUIZ = f"[w for w in {ALL} if repr(w) == \"quiz('padding-opening')\"][-1]"
EXPLORE = f"[w for w in {ALL} if type(w).__name__ == 'explore'][-1]"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Start JupyterLab and yield its folder, its address and its token."""
    work, private = tmp_path_factory.mktemp("work"), tmp_path_factory.mktemp("lab")
    shutil.copy(visit.ROOT / "chapters" / NAME, work / NAME)
    write_every(work / EVERY)
    with lab.jupyterlab(work, private) as (address, token):
        yield work, address, token


def opened(browser, server, name: str):
    """Open a notebook, run all its cells and yield it with the record of its page."""
    _, address, token = server
    record = chromium.Watch()
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    chromium.watch(context, record)
    context.set_default_timeout(20_000)
    notebook = lab.Notebook(context.new_page(), address, token, name)
    notebook.run_all(RUN_S)
    yield notebook, record
    context.close()


@pytest.fixture(scope="module")
def notebook(browser, server):
    """Yield the chapter's notebook after a run, and its record."""
    yield from opened(browser, server, NAME)


def write_every(path) -> None:
    """Write a notebook with one cell for each explorer."""
    cells = [new_code_cell("from d2lmini.explorers import *")]
    cells += [new_code_cell(f"{cls.__name__}(id='it')") for cls in small_page.CLASSES]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)


@pytest.fixture(scope="module")
def every(browser, server):
    """Yield the notebook of all explorers after a run, and its record."""
    yield from opened(browser, server, EVERY)


@pytest.fixture
def shape(notebook):
    """Return the Shape machine in the notebook."""
    box = notebook[0].page.locator(".jp-OutputArea-output:has(.d2lx-grids)").first
    box.wait_for()
    box.evaluate("box => box.scrollIntoView({block: 'center'})")
    return box


def test_every_cell_ran(notebook):
    opened, _ = notebook
    prompts = opened.page.locator(".jp-CodeCell .jp-InputPrompt").all_inner_texts()
    assert prompts and not [p for p in prompts if p.strip() in ("[ ]:", "[*]:")], prompts


def test_a_key_on_a_slider_of_the_shape_machine_reaches_python(notebook, shape):
    opened, _ = notebook
    unmoved, state = [], f"({SHAPE}).state()"
    square = shape.locator("[data-field=square]")
    square.uncheck()  # a square has no width of its own: that slider is not to be seen
    for slider in shape.locator("input[type=range]").all():
        assert slider.is_visible()
        before, drawn, at = opened.ask(state), visit.drawing(shape), slider.input_value()
        slider.focus()
        full = slider.evaluate("e => e.value === e.max")
        opened.page.keyboard.press("ArrowLeft" if full else "ArrowRight")
        assert slider.input_value() != at, "JupyterLab took the key from the slider"
        assert slider.evaluate("e => e === document.activeElement"), "the slider lost the focus"
        if not visit.changed(shape, drawn) or not opened.wait_until_other(state, before):
            unmoved.append(
                slider.evaluate("e => e.ariaLabel || e.labels?.[0]?.textContent || e.id")
            )
        opened.page.keyboard.press("ArrowRight" if full else "ArrowLeft")
        opened.wait_for(state, before)
    assert not unmoved, f"these sliders change neither Python nor the drawing: {unmoved}"
    square.check()


def test_what_the_kernel_sends_back_never_undoes_a_newer_move(notebook, shape):
    opened, _ = notebook
    slider = shape.locator("input[type=range]").first
    slider.focus()
    start, end = int(slider.input_value()), int(slider.get_attribute("max"))
    assert end - start > 5, "there is too little room for quick moves"
    slider.evaluate(
        """e => { const seen = window.seen = [];
          const look = () => { seen.push(Number(e.value)); requestAnimationFrame(look); };
          look(); }"""
    )
    for _ in range(end - start):
        opened.page.keyboard.press("ArrowRight")
    assert opened.wait_for(f"({SHAPE}).n", str(end)), "a move did not reach Python"
    assert opened.ask(f"({SHAPE}).n") == str(end), "the kernel has answered all moves by now"
    seen = opened.page.evaluate("new Promise(d => requestAnimationFrame(() => d(window.seen)))")
    assert seen == sorted(seen) and seen[-1] == end, seen
    opened.ask(f"({SHAPE}).set_trait('n', {start})")


def test_python_moves_the_shape_machine(notebook, shape):
    opened, _ = notebook
    drawn, stride = visit.drawing(shape), opened.ask(f"({SHAPE}).s")
    other = 2 if stride != "2" else 1
    opened.ask(f"({SHAPE}).set_trait('s', {other})")
    assert visit.changed(shape, drawn), "a trait set in Python does not redraw the explorer"
    opened.ask(f"({SHAPE}).set_trait('s', {stride})")


def test_a_question_is_answered_by_keyboard_and_the_choice_reaches_python(notebook):
    opened, _ = notebook
    box = opened.page.locator(".jp-OutputArea-output:has(.d2lx-quiz)").first
    box.evaluate("box => box.scrollIntoView({block: 'center'})")
    assert opened.ask(f"({QUIZ}).choice") == "''"
    box.get_by_role("radio").first.focus()
    for key in ("ArrowDown", "Enter"):
        opened.page.keyboard.press(key)
    assert opened.wait_for(f"({QUIZ}).choice", "'b'"), "the kernel does not know the answer"
    assert box.get_by_role("radio").nth(1).evaluate("e => e === document.activeElement")
    seen = box.locator(".d2lx-why:visible")
    assert seen.all_text_contents() == [f"Not quite. {find('padding-opening').why['b']}"]
    opened.ask(f"({QUIZ}).set_trait('choice', 'c')")
    seen.nth(1).wait_for()
    assert seen.nth(1).text_content().startswith("Right. ")
    others = opened.page.locator(".d2lx-quiz input:checked")
    assert others.count() == 1, "an answer to one question moved another"


def test_a_key_on_a_slider_of_explore_redraws_its_figure(notebook):
    opened, _ = notebook
    box = opened.page.locator(".jp-OutputArea-output:has(figure.d2lx-card img)").last
    box.evaluate("box => box.scrollIntoView({block: 'center'})")
    unmoved, state = [], f"({EXPLORE}).values"
    handles = box.get_by_role("slider").all()
    assert handles, "the notebook shows no slider of explore"
    for handle in handles:
        before, drawn = opened.ask(state), visit.drawing(box)
        full = handle.evaluate("e => e.ariaValueNow === e.ariaValueMax")
        handle.press("ArrowLeft" if full else "ArrowRight")
        if not visit.changed(box, drawn, 15_000) or opened.ask(state) == before:
            unmoved.append(before)
    assert not unmoved, f"a slider of explore changes nothing at {unmoved}"


# ---------------------------------------------------------------- every explorer


def place_of(opened, cls):
    """Return the live part of an explorer in the notebook of all."""
    label = cls.class_traits()["label"].default_value
    live = opened.page.locator(f".jp-OutputArea-output .d2lx[aria-label='{label}']")
    live.wait_for()
    live.evaluate("box => box.scrollIntoView({block: 'center'})")
    return live


def in_kernel(cls) -> str:
    """Return the expression that is an explorer in the kernel."""
    return f"[w for w in {ALL} if type(w).__name__ == {cls.__name__!r}][-1]"


ALIKE = pytest.mark.parametrize("cls", small_page.CLASSES, ids=small_page.kind_of)


@ALIKE
def test_a_key_on_a_control_of_any_explorer_reaches_python(every, cls):
    opened, _ = every
    live, state = place_of(opened, cls), f"repr({in_kernel(cls)}.state())"
    before, start = opened.ask(state), live.locator(".d2lx-verdict").text_content()
    name = small_page.move(opened.page, cls, live)
    assert opened.wait_until_other(state, before), f"{name} does not reach Python"
    words = f"{in_kernel(cls)}.picture().words"
    seen = live.locator(".d2lx-verdict").text_content()
    assert opened.wait_for(words, repr(seen)), f"the page says {seen!r}"
    live.get_by_role("button", name="Undo", exact=True).click()
    assert opened.wait_for(state, before), "an undo does not reach Python"
    assert live.locator(".d2lx-verdict").text_content() == start


@ALIKE
def test_a_state_that_python_sets_is_shown_by_any_explorer(every, cls):
    opened, _ = every
    live, python = place_of(opened, cls), cls("it")
    state = next(case.state for case in small_page.sampled(cls) if not case.bad)
    states.put(python, state)
    opened.ask(f"[{in_kernel(cls)}.set_trait(n, v) for n, v in {state!r}.items()]")
    said = live.locator(".d2lx-verdict").element_handle()
    want = [said, python.picture().words]
    opened.page.wait_for_function("([e, words]) => e.textContent === words", arg=want)


@ALIKE
def test_arrow_keys_stay_inside_a_grid_in_command_mode(every, cls):
    opened, _ = every
    cell = place_of(opened, cls).locator(".d2lx-fig [tabindex='0']").first
    cell.focus()
    before = opened.page.evaluate("document.querySelectorAll('.jp-Cell').length")
    for key in ("ArrowDown", "ArrowRight", "Home"):
        opened.page.keyboard.press(key)
        assert opened.page.evaluate("!!document.activeElement.closest('.d2lx-fig')"), key
    assert opened.page.evaluate("document.querySelectorAll('.jp-Cell').length") == before


def test_no_explorer_asks_another_host_or_reports_an_error(every):
    _, record = every
    assert not record.verdict(), record.verdict()


# ---------------------------------------------------------------- the whole


def test_jupyterlab_asked_no_other_host_and_reported_no_error(notebook):
    _, record = notebook
    assert not record.verdict(), record.verdict()


def test_a_failing_cell_is_reported(notebook):
    opened, _ = notebook
    with pytest.raises(lab.LabError, match="ZeroDivisionError"):
        opened.ask("1 / 0")
    opened.page.evaluate(
        """() => { const cell = window.jupyterapp.shell.currentWidget.content.widgets
          .find(w => w.model.type === "code");
        cell.model.sharedModel.setSource("raise RuntimeError('on purpose')"); }"""
    )
    with pytest.raises(lab.LabError, match="on purpose"):
        opened.run_all(RUN_S)
