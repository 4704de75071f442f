"""Questions in a browser: commit, read why, try again; by keyboard, in words, never in the address.

The first half shows questions on a page of their own, the second half those of the built site.
"""

import json
import re

import pytest

from d2lmini.exercises import Quiz, QuizBox, find, quiz
from d2lmini.exercises.catalogue import every_quiz
from d2lmini.exercises.quizzes import as_html
from d2lmini.widgets import STATIC, page_box
from tools import small_page
from tools.chapters import read_cells
from tools.quiz_cells import quiz_names
from tools.small_page import ADDRESS, AXE

from . import visit
from .test_parity import load
from .test_shape_machine import shape_box, show

pytestmark = pytest.mark.browser

LONG = Quiz(
    name="long",
    prompt="`a_name_that_is_much_too_long_for_a_narrow_page(" + "argument=value, " * 4 + ")`?",
    options={"a": "Unterseebootskapitänsmützenband" * 2, "b": "short", "c": "x" * 70},
    correct="b",
    why={
        "a": "`" + "y" * 90 + "`",
        "b": "So it *is*.",
        "c": "A < B & C, in a longer sentence. " * 4,
    },
)
WORDS = {True: "Right.", False: "Not quite."}


def box_of(question: Quiz) -> str:
    """Return the page part of a question, as Python writes it."""
    box = QuizBox(question)
    return page_box(box.id, box.kind, box.label, box.state(), box.still())


def open_one(page, name: str = "padding-same-size", *, query: str = "", theme: str = "light"):
    """Open a page with one question and return its live part."""
    return show(page, query, box_of(find(name)), theme=theme)


def spoken(page, text: str) -> str:
    """Return what a reader sees of a record's text, as the browser reads its HTML."""
    return page.evaluate(
        "html => { const e = document.createElement('div'); e.innerHTML = html;"
        " return e.textContent; }",
        as_html(text),
    )


def check(live, key: str) -> None:
    """Choose an option and check it, by mouse."""
    live.locator(f"input[value={key}]").check()
    live.get_by_role("button", name="Check").click()


def reasons(live) -> dict[str, str]:
    """Return the explanations that are seen, by the option above them."""
    return live.evaluate(
        """box => Object.fromEntries([...box.querySelectorAll('.d2lx-option')]
          .filter(o => o.querySelector('.d2lx-why').checkVisibility())
          .map(o => [o.querySelector('input').value, o.querySelector('.d2lx-why').textContent]))"""
    )


def said(live) -> str:
    """Wait for the live region to speak and return what it says."""
    region = live.locator(".d2lx-live")
    live.page.wait_for_function("e => e.textContent", arg=region.element_handle())
    return region.text_content()


def focused(page) -> str:
    """Return what has the focus: the key of an option, or the text of a button or fold."""
    return page.evaluate("(document.activeElement.value || document.activeElement.textContent)")


def full(page, question: Quiz, key: str) -> str:
    """Return verdict and reason of an option as they must be read."""
    return f"{WORDS[key == question.correct]} {spoken(page, question.why[key])}"


# ---------------------------------------------------------------- every question, every option


STARTS = sorted({name.split("-")[0] for name in every_quiz()})


@pytest.mark.parametrize("start", STARTS)
def test_every_option_gives_exactly_its_own_reason(page, start):
    mine = {n: question for n, question in every_quiz().items() if n.split("-")[0] == start}
    show(page, "", *map(box_of, mine.values()))
    assert not visit.mount(page)
    for name, question in mine.items():
        live = page.locator(f"#quiz-{name} .d2lx")
        assert live.locator("legend").text_content() == spoken(page, question.prompt)
        labels = [line(t) for t in live.locator(".d2lx-option > label").all_inner_texts()]
        want = [f"({key}) {line(spoken(page, t))}" for key, t in question.options.items()]
        assert labels == want
        assert reasons(live) == {}, "nothing is told before an answer is checked"
        for key in question.options:
            check(live, key)
            assert reasons(live) == {key: full(page, question, key)}, (name, key)
            live.get_by_role("button", name="Start over").click()
    assert page.url == ADDRESS


def line(text: str) -> str:
    """Return text with single spaces."""
    return " ".join(text.split())


def test_the_live_question_takes_the_place_of_the_still_one(page):
    live = open_one(page)
    assert page.locator(".d2lx-still").is_hidden()
    assert page.get_by_text("How large is the output?").locator("visible=true").count() == 1
    assert live.locator(".d2lx-why").locator("visible=true").count() == 0


# ---------------------------------------------------------------- commit, try again, start over


def test_the_first_answer_is_kept_and_the_others_may_be_tried(page):
    question, live = find("padding-same-size"), open_one(page)
    first = live.locator(".d2lx-first").locator("visible=true")
    assert first.count() == 0
    for i, key in enumerate("adc"):
        check(live, key)
        assert list(reasons(live)) == sorted("adc"[: i + 1]), "a reason that was read stays"
        marked = live.locator(".d2lx-option", has=page.locator(".d2lx-first:visible"))
        assert marked.count() == 1 and marked.locator("input").input_value() == "a"
    assert live.locator("input:checked").input_value() == "c"
    fold = live.locator("details")
    assert fold.locator("p").all_text_contents() == [f"(b) {spoken(page, question.why['b'])}"]


def test_a_choice_alone_answers_nothing(page):
    live = open_one(page)
    live.locator("input[value=c]").check()
    assert reasons(live) == {} and live.get_by_role("button", name="Start over").count() == 0
    assert live.locator("details").is_hidden()


def test_after_the_right_answer_the_other_reasons_can_be_unfolded(page):
    question, live = find("padding-same-size"), open_one(page)
    check(live, "a")
    assert live.locator("details").is_hidden(), "not before the right answer"
    live.get_by_role("button", name="Start over").click()
    check(live, "c")
    summary = live.locator("details > summary")
    assert summary.inner_text() == "Why not the others?"
    assert live.locator("details > p").locator("visible=true").count() == 0
    summary.focus()
    page.keyboard.press("Enter")
    seen = live.locator("details > p").locator("visible=true").all_text_contents()
    assert seen == [f"({key}) {spoken(page, question.why[key])}" for key in "abd"]
    for key in "abd":
        check(live, key)
    assert live.locator("details").is_hidden(), "all have been read"


def test_checking_without_a_choice_asks_for_one(page):
    live = open_one(page)
    live.get_by_role("button", name="Check").click()
    assert live.locator(".d2lx-note").inner_text() == "Choose an answer first."
    assert focused(page) == "a" and reasons(live) == {}
    check(live, "b")
    assert live.locator(".d2lx-note").inner_text() == ""


def test_start_over_makes_the_question_new(page):
    live = open_one(page)
    form = live.locator(".d2lx-quiz")  # without the region that speaks a moment later
    fresh = form.inner_text()
    check(live, "b")
    check(live, "c")
    live.locator("summary").click()
    assert form.inner_text() != fresh
    live.get_by_role("button", name="Start over").click()
    assert form.inner_text() == fresh
    page.wait_for_function("document.querySelector('.d2lx-live').textContent === ''")
    assert live.locator("input:checked").count() == 0
    assert live.locator("[aria-describedby]").count() == 0
    assert focused(page) == "a", "the focus does not fall from a button that goes away"
    check(live, "d")
    marked = live.locator(".d2lx-option", has=page.locator(".d2lx-first:visible"))
    assert marked.locator("input").input_value() == "d", "a new first answer"


def test_two_questions_do_not_touch_each_other(page):
    show(page, "", box_of(find("padding-same-size")), box_of(find("padding-none")))
    one, other = (page.locator(f"#quiz-padding-{n} .d2lx") for n in ("same-size", "none"))
    other.wait_for()
    check(one, "a")
    other.locator("input[value=d]").check()
    assert one.locator("input:checked").input_value() == "a"
    assert list(reasons(one)) == ["a"] and reasons(other) == {}


# ---------------------------------------------------------------- keyboard and screen readers


def test_a_question_is_answered_by_keyboard_alone(page):
    question, live = find("padding-same-size"), open_one(page)
    page.keyboard.press("Tab")
    assert focused(page) == "a", "one Tab stop for the options, at the first"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert focused(page) == "b" and live.locator("input:checked").input_value() == "b"
    assert reasons(live) == {}, "moving along the options answers nothing"
    page.keyboard.press("Enter")
    assert reasons(live) == {"b": full(page, question, "b")}
    assert focused(page) == "b", "the focus stays"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    assert focused(page) == "Check"
    page.keyboard.press("Space")
    assert list(reasons(live)) == ["b", "c"] and focused(page) == "Check"
    for name in ("Start over", "Why not the others?"):
        page.keyboard.press("Tab")
        assert focused(page) == name
    page.keyboard.press("Enter")
    assert live.locator("details > p").locator("visible=true").count() == 2
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    assert focused(page) == "a" and reasons(live) == {}
    page.keyboard.press("Space")
    assert live.locator("input:checked").input_value() == "a"


def test_what_a_screen_reader_is_told(page):
    question, live = find("padding-same-size"), open_one(page)
    group = live.get_by_role("group", name=spoken(page, question.prompt))
    assert group.get_by_role("radio").count() == len(question.options)
    assert live.get_by_role("radio", name="(b) 26×26", exact=True).count() == 1
    check(live, "b")
    assert said(live) == full(page, question, "b")
    assert live.locator(".d2lx-live").get_attribute("aria-live") == "polite"
    described = live.locator("input[value=b]").get_attribute("aria-describedby")
    assert page.locator(f"#{described}").text_content() == full(page, question, "b")
    assert live.get_by_role("radio", name="(b) 26×26 your first answer").count() == 1
    check(live, "c")
    page.wait_for_function(
        "([e, text]) => e.textContent === text",
        arg=[live.locator(".d2lx-live").element_handle(), full(page, question, "c")],
    )


STATES = {"new": "", "wrong": "a", "right": "c", "all": "abdc"}


@pytest.mark.parametrize("theme", visit.THEMES)
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_in_any_state(page, state, theme):
    live = show(page, "", box_of(find("padding-same-size")), shape_box(), theme=theme)
    for key in STATES[state]:
        check(live, key)
    if state == "right":
        live.locator("summary").click()
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        """() => axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(
             v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.html.slice(0, 120)).join(' | ')}`))"""
    )
    assert not found, found


# ---------------------------------------------------------------- the address


@pytest.mark.parametrize(
    "query", ["", "?quiz-padding-same-size.choice=c&quiz-padding-same-size.question=x&a=b"]
)
def test_no_answer_goes_into_the_address_or_comes_out_of_it(page, query):
    live = show(page, query, box_of(find("padding-same-size")), shape_box())
    assert reasons(live) == {} and live.locator("input:checked").count() == 0
    for key in "abcd":
        check(live, key)
    machine = page.locator("#shape .d2lx")
    machine.wait_for()
    machine.locator("[data-field=k]").press("ArrowRight")
    page.wait_for_function("location.search.includes('shape.k=4')")
    assert "choice" not in page.url or "choice" in query
    check(live, "b")
    page.wait_for_function("!location.search.includes('choice')")
    assert live.get_by_role("button", name=re.compile("link", re.I)).count() == 0


# ---------------------------------------------------------------- paper, colours, no script


def test_without_a_script_question_and_folded_answer_are_there_once(new_page):
    page, question = new_page(java_script_enabled=False), find("padding-same-size")
    small_page.serve(page, small_page.document(box_of(question)))
    page.goto(ADDRESS)
    still = page.locator(".d2lx-still")
    assert still.is_visible() and page.locator(".d2lx").count() == 0
    assert still.locator("li").all_text_contents() == list(question.options.values())
    assert still.locator("details > p").locator("visible=true").count() == 0
    still.locator("summary").click()
    seen = still.locator("details > p").locator("visible=true").all_inner_texts()
    assert [text[:3] for text in seen] == ["(c)", "(a)", "(b)", "(d)"]


def test_paper_shows_the_still_question_and_no_control(page):
    live = open_one(page)
    check(live, "a")
    page.emulate_media(media="print")
    assert live.is_hidden() and page.locator(".d2lx-still").is_visible()
    left = page.locator("input, button").locator("visible=true")
    assert left.count() == 0, left.all_inner_texts()


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_no_state_makes_the_page_scroll_sideways(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    live = show(page, "", box_of(LONG))
    for key in ("", "a", "c", "b"):
        if key:
            check(live, key)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, key
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_forced_colours_keep_what_is_right_and_what_is_not(page):
    page.emulate_media(forced_colors="active")
    live = open_one(page)
    check(live, "a")
    check(live, "c")
    style = "e => { const s = getComputedStyle(e); return [s.borderLeftStyle, s.borderLeftWidth]; }"
    assert live.locator(".d2lx-wrong:visible").evaluate(style) == ["dashed", "3px"]
    assert live.locator(".d2lx-right:visible").evaluate(style) == ["solid", "3px"]
    assert [text.split(".")[0] for text in reasons(live).values()] == ["Not quite", "Right"]


@pytest.mark.parametrize("pointer, least", [("fine", 24), ("coarse", 44)])
def test_an_option_is_large_enough_to_hit(new_page, pointer, least):
    page = new_page(has_touch=pointer == "coarse", is_mobile=pointer == "coarse")
    live = open_one(page)
    for target in live.locator("label, button:visible").all():
        assert target.bounding_box()["height"] >= least


# ---------------------------------------------------------------- in a kernel


def mount_in_kernel(page, times: int = 1, choice: str = "") -> None:
    """Mount a question on a model that allows only what anywidget's models promise."""
    box = quiz("padding-same-size")
    state = box.state() | {"kind": box.kind, "label": box.label, "start": box.start}
    page.goto("about:blank")
    load(page, (STATIC / "explorers.mjs").read_text(encoding="utf-8"))
    page.evaluate(
        """([json, times]) => {
          globalThis.saved = []; globalThis.views = [];
          const allowed = ['get', 'set', 'save_changes', 'on', 'off'];
          globalThis.stub = kit.state.stubModel(JSON.parse(json),
            () => saved.push(stub.get('choice')));
          globalThis.model = new Proxy(stub, {get(target, name) {
            if (!allowed.includes(name)) throw Error(`a question used model.${String(name)}`);
            return target[name]; }});
          for (let i = 0; i < times; i++) {
            const el = document.createElement('div');
            document.body.append(el);
            views.push(kit.render({model, el}));
          } }""",
        [json.dumps(state | {"choice": choice}), times],
    )


def test_a_choice_reaches_the_kernel_and_a_choice_of_the_kernel_the_page(page):
    mount_in_kernel(page)
    live = page.locator(".d2lx")
    check(live, "a")
    check(live, "a")
    check(live, "c")
    live.get_by_role("button", name="Start over").click()
    assert page.evaluate("saved") == ["a", "c", ""], "each new answer once"
    page.evaluate("stub.set('choice', 'd')")
    assert list(reasons(live)) == ["d"] and live.locator("input:checked").input_value() == "d"
    page.evaluate("stub.set('choice', '')")
    assert reasons(live) == {}


def test_two_views_of_one_question_show_the_same(page):
    mount_in_kernel(page, times=2)
    one, other = page.locator(".d2lx").all()
    check(one, "b")
    assert reasons(one) == reasons(other) and list(reasons(one)) == ["b"]
    assert other.locator("input:checked").input_value() == "b"


def test_a_question_that_was_answered_before_opens_with_its_answer(page):
    mount_in_kernel(page, choice="c")
    live = page.locator(".d2lx")
    assert list(reasons(live)) == ["c"] and live.locator("details").is_visible()
    assert live.locator(".d2lx-live").text_content() == "", "nothing is said unasked"
    assert live.locator(".d2lx-first:visible").count() == 0


def test_a_question_that_is_taken_away_leaves_nothing_behind(page):
    mount_in_kernel(page, times=3)
    assert page.evaluate("stub.listeners()") == 3
    page.evaluate("views.forEach(end => end())")
    assert page.evaluate("stub.listeners()") == 0 and page.locator("form").count() == 0


# ---------------------------------------------------------------- on the site

on_site = pytest.mark.slow


def of_chapter(name: str) -> list[str]:
    """Return the names of the questions that a chapter's source shows, in order."""
    cells = read_cells(visit.ROOT / f"{name}.md")
    return [question for cell in cells for question in quiz_names(cell)]


@on_site
@pytest.mark.parametrize("origin", visit.ORIGINS)
@pytest.mark.parametrize("name", visit.CHAPTERS)
def test_every_question_of_a_chapter_comes_alive_and_explains(page, site, site_dir, name, origin):
    page.goto(visit.address(origin, site, site_dir, name))
    asked = page.locator("[data-d2lx=quiz]")
    assert [box.get_attribute("id") for box in asked.all()] == [
        f"quiz-{question}" for question in of_chapter(name)
    ], f"{name}: other questions than its source has"
    visit.mount(page)
    before = page.url
    for key_of in of_chapter(name):
        question, live = find(key_of), page.locator(f"#quiz-{key_of} .d2lx")
        for key in question.options:
            live.locator(f"input[value={key}]").focus()
            page.keyboard.press("Space")
            page.keyboard.press("Enter")
            assert reasons(live)[key] == full(page, question, key), (key_of, key)
    page.wait_for_timeout(300)  # an address would follow after 150 ms
    assert page.url == before, f"{name}: answering changed the address"


@on_site
@pytest.mark.parametrize("name", visit.CHAPTERS)
def test_the_page_hides_the_call_and_says_the_question_once(page, site, site_dir, name):
    page.goto(visit.address("http", site, site_dir, name))
    visit.mount(page)
    for key in of_chapter(name):
        cell = page.locator("div.cell", has=page.locator(f"#quiz-{key}"))
        assert cell.locator(".cell_input").is_hidden(), f"{name}: the code of {key} is seen"
        assert cell.locator(".d2lx-still").is_hidden()


@on_site
@pytest.mark.parametrize("name", visit.CHAPTERS)
def test_on_paper_every_question_has_its_answer(page, site, site_dir, name):
    page.goto(visit.address("http", site, site_dir, name))
    visit.mount(page)
    page.emulate_media(media="print")
    for key in of_chapter(name):
        still = page.locator(f"#quiz-{key} .d2lx-still")
        question = find(key)
        seen = still.locator("details > p").all()
        assert len(seen) == len(question.options)
        for line in seen:  # a fold that paper cannot open is drawn open
            drawn = line.evaluate("e => e.checkVisibility({contentVisibilityAuto: true})")
            assert drawn and line.bounding_box()["height"] > 8, key
