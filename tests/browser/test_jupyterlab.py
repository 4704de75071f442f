"""JupyterLab, really started: the padding chapter runs, and its sliders reach Python and back."""

import shutil

import pytest

from d2lmini.exercises import find
from tools import chromium, lab

from . import visit

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NAME = "padding-and-stride.ipynb"
RUN_S = 240
ALL = "__import__('ipywidgets').widgets.widget._instances.values()"
SHAPE = f"[w for w in {ALL} if type(w).__name__ == 'ConvShape'][-1]"
QUIZ = f"[w for w in {ALL} if repr(w) == \"quiz('padding-opening')\"][-1]"
EXPLORE = f"[w for w in {ALL} if type(w).__name__ == 'explore'][-1]"


@pytest.fixture(scope="module")
def notebook(browser, tmp_path_factory):
    """Open the chapter's notebook in JupyterLab, run all its cells and yield it with its record."""
    work, private = tmp_path_factory.mktemp("work"), tmp_path_factory.mktemp("lab")
    shutil.copy(visit.ROOT / "chapters" / NAME, work / NAME)
    record = chromium.Watch()
    with lab.jupyterlab(work, private) as (address, token):
        context = browser.new_context(viewport={"width": 1280, "height": 1000})
        chromium.watch(context, record)
        context.set_default_timeout(20_000)
        opened = lab.Notebook(context.new_page(), address, token, NAME)
        opened.run_all(RUN_S)
        yield opened, record
        context.close()


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
    for slider in shape.locator("input[type=range]").all():
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
