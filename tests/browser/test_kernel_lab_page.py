"""The Kernel lab on a page: what pointer, keyboard, files and camera do, and what stays behind."""

import io
import json
import math
import shutil

import pytest
import torch
from PIL import Image

from d2lmini.explorers import KernelLab, pixels
from d2lmini.explorers.kernel_lab import presets
from d2lmini.explorers.lab_picture import FIELDS, OWN
from d2lmini.widgets import STATIC, page_box
from tools import small_page
from tools.small_page import AXE

from .test_kernel_lab import torch_grey
from .test_parity import load

pytestmark = pytest.mark.browser

SIZE = FIELDS["own"]["max"]
# A page asks for a camera and gets a moving canvas, a refusal, or nothing at all.
CAMERA = """how => {
  window.tracks = [];
  const give = () => {
    const canvas = document.createElement('canvas'), pen = canvas.getContext('2d');
    Object.assign(canvas, {width: 320, height: 128});
    setInterval(() => { pen.fillStyle = '#406080'; pen.fillRect(0, 0, 320, 128); }, 20);
    const stream = canvas.captureStream();
    window.tracks.push(...stream.getTracks());
    return stream;
  };
  const ask = async asked => {
    window.asked = asked;
    if (how === 'slow') await new Promise(done => { window.allow = done; });
    if (how === 'given' || how === 'slow') return give();
    throw new DOMException('no', how);
  };
  Object.defineProperty(navigator, 'mediaDevices',
    {value: how === 'missing' ? undefined : {getUserMedia: ask}});
}"""


def box(**values) -> str:
    """Return the page part of a Kernel lab, as Python writes it."""
    lab = KernelLab("lab", **values)
    return page_box("lab", lab.kind, lab.label, lab.page_state(), lab.still())


def show(page, query: str = "", theme: str = "light", **values):
    """Open a page with a Kernel lab; return its live part."""
    return small_page.show(page, query, box(**values), theme=theme)


def words(live) -> str:
    """Return the sentence of the present state."""
    return live.locator(".d2lx-verdict").inner_text()


def own_picture(page, live) -> torch.Tensor:
    """Return the picture that the page shows now, from the code that it copies."""
    page.evaluate("navigator.clipboard.writeText = async text => { window.got = text; }")
    live.get_by_role("button", name="Copy torch code").click()
    names: dict = {}
    exec(page.evaluate("window.got"), names)
    return names["X"][0, 0].long()


def canvas(live, grid: str):
    """Return what is seen of the canvas of a grid of pixels."""
    return live.locator(f"[data-grid={grid}] .d2lx-canvas")


# ---------------------------------------------------------------- looking


def test_the_page_opens_at_the_strongest_response_and_follows_pointer_and_keys(page):
    live, lab = show(page), KernelLab("lab")
    mine = lab.picture()
    assert words(live) == mine.words
    assert live.locator(".d2lx-sum").inner_text().replace("\n", " ") == mine.sum
    canvas(live, "output").hover(position={"x": 4 * 10 + 2, "y": 4 * 20 + 2})
    assert live.locator(".d2lx-sum").inner_text().startswith("Y[20, 10] = (")
    zoom = live.locator("[data-grid=zoom] figcaption")
    assert zoom.inner_text() == "Zoom on rows 17 to 24, columns 7 to 14"
    live.locator("[data-grid=output] .d2lx-canvas").focus()
    page.keyboard.press("ArrowDown")
    assert live.locator(".d2lx-sum").inner_text().startswith("Y[1, 0] = (")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert live.locator(".d2lx-sum").inner_text().startswith("Y[1, 0] = (")
    said = live.locator("[data-grid=output] .d2lx-canvas").get_attribute("aria-description")
    answer = int(lab.output()[1, 0])
    spoken = f"minus {-answer}" if answer < 0 else str(answer)
    assert said == f"response row 1 column 0: {spoken}, from picture rows 1 to 3, columns 0 to 2"


def test_each_kernel_button_gives_what_torch_gives_and_is_marked(page):
    live = show(page)
    for name in presets():
        live.get_by_role("button", name=name, exact=True).click()
        assert words(live) == KernelLab("lab", preset=name).picture().words
        pressed = live.locator("button[aria-pressed=true]")
        assert pressed.all_inner_texts() == [name]


def test_a_weight_is_changed_in_the_kernel_of_each_size(page):
    live = show(page)
    live.locator("[data-grid=kernel] td").first.dblclick()
    page.keyboard.type("-3")
    page.keyboard.press("Enter")
    changed = KernelLab("lab", w=[[-3, 0, -1], [2, 0, -2], [1, 0, -1]])
    assert words(live) == changed.picture().words
    assert "kernel of your own" in words(live)
    live.get_by_label("kernel size").select_option("5")
    assert live.locator("[data-grid=kernel] td").count() == 25
    wide = torch.nn.functional.pad(torch.tensor(changed.w)[1:4, 1:4], [1] * 4)
    assert words(live) == KernelLab("lab", w=wide).picture().words
    live.get_by_role("button", name="Undo").click()
    live.get_by_role("button", name="Undo").click()
    assert words(live) == KernelLab("lab").picture().words


def test_a_weight_under_the_pointer_marks_its_pixel_and_its_term(page):
    live = show(page, preset="emboss")
    live.locator("[data-grid=kernel] td").nth(5).hover()
    assert live.locator("[data-grid=zoom] .rel").count() == 1
    value = live.locator("[data-grid=zoom] .rel").inner_text()
    assert live.locator(".d2lx-sum .lit").inner_text() == f"{value}·1"
    live.locator("[data-grid=zoom] .tap").nth(3).hover()
    assert live.locator("[data-grid=kernel] .cur").inner_text() == "−1"


# ---------------------------------------------------------------- drawing


def test_a_stroke_leaves_no_gap_and_undo_takes_it_back(page):
    live = show(page)
    live.get_by_role("button", name="Empty picture").click()
    spot = canvas(live, "input").bounding_box()
    cell = spot["width"] / 32
    page.mouse.move(spot["x"] + 2.5 * cell, spot["y"] + 3.5 * cell)
    page.mouse.down()
    page.mouse.move(spot["x"] + 28.5 * cell, spot["y"] + 10.5 * cell)  # one event, 26 columns
    page.mouse.up()
    drawn = own_picture(page, live)
    assert drawn.shape == (32, 32) and drawn.unique().tolist() == [0, 255]
    assert (drawn[:, 2:29] > 0).sum(0).tolist() == [1] * 27
    assert (drawn[3, 2], drawn[10, 28], drawn.sum()) == (255, 255, 27 * 255)
    page.mouse.move(spot["x"] + 2.5 * cell, spot["y"] + 30.5 * cell)  # not pressed: nothing
    assert torch.equal(own_picture(page, live), drawn)
    live.get_by_role("button", name="Undo").click()
    assert not own_picture(page, live).any()


def test_the_keyboard_draws_and_a_built_in_picture_is_copied_first(page):
    live = show(page, source="edges")
    before = own_picture(page, live)
    live.get_by_label("draw on the picture").select_option("grey")
    live.locator("[data-grid=input] .d2lx-canvas").focus()
    for key in ("ArrowDown", "ArrowRight", "Enter", "ArrowRight", " "):
        page.keyboard.press(key)
    before[1, 1:3] = 128
    assert torch.equal(own_picture(page, live), before)
    assert live.get_by_label("picture", exact=True).input_value() == OWN
    live.get_by_label("picture", exact=True).select_option("edges")
    assert words(live) == KernelLab("lab", source="edges").picture().words


def test_a_finger_draws_without_scrolling_the_page(new_page):
    page = new_page(has_touch=True)
    live = show(page)
    touch = "e => getComputedStyle(e.firstElementChild).touchAction"
    assert canvas(live, "input").evaluate(touch) == "auto"
    live.get_by_role("button", name="Empty picture").click()
    assert canvas(live, "input").evaluate(touch) == "none"
    assert canvas(live, "output").evaluate(touch) == "auto"
    canvas(live, "input").tap(position={"x": 100, "y": 60})
    assert own_picture(page, live)[60 // 8, 100 // 8] == 255


def test_a_short_picture_is_in_the_address_and_a_long_one_says_that_it_is_not(page):
    page.clock.install()
    short = torch.zeros(20, 30, dtype=torch.int64)
    short[3:9, 4] = 200
    live = show(page, f"?lab.source=own+picture&lab.own={pixels.encode(short)}")
    assert torch.equal(own_picture(page, live), short)
    assert words(live) == KernelLab("lab", x=short).picture().words
    generator = torch.Generator().manual_seed(0)
    long = torch.randint(0, 256, (64, 64), generator=generator)
    live = show(page, x=long)
    live.get_by_label("draw on the picture").select_option("white")
    canvas(live, "input").click()
    page.clock.run_for(1000)
    assert "lab.ink=white" in page.url and "lab.own" not in page.url
    assert "too long for an address" in live.locator(".d2lx-lines").inner_text()
    assert len(page.url) < 200


@pytest.mark.parametrize("code", ["", "x", "4x4-00x", "65x65-00", "32x32-00", "<b>"])
def test_a_hostile_picture_in_the_address_keeps_the_first_one_and_says_so(page, code):
    live = show(page, f"?lab.own={code}")
    assert "is not a picture of 5 to 64 pixels" in live.locator(".d2lx-note").inner_text()
    assert words(live) == KernelLab("lab").picture().words


# ---------------------------------------------------------------- files


def png(rgb: torch.Tensor, **options) -> bytes:
    """Return an image file of red, green and blue."""
    out = io.BytesIO()
    image = Image.fromarray(rgb.to(torch.uint8).permute(1, 2, 0).contiguous().numpy())
    image.save(out, options.pop("format", "PNG"), **options)
    return out.getvalue()


def choose(live, content: bytes, name: str = "mine.png") -> None:
    """Choose a file."""
    live.get_by_label("Own file").set_input_files(
        {"name": name, "mimeType": "image/png", "buffer": content}
    )


@pytest.mark.parametrize("wide, high, block", [(64, 64, 1), (128, 200, 2), (520, 512, 8)])
def test_a_file_becomes_the_grey_of_its_middle_square(page, wide, high, block):
    generator = torch.Generator().manual_seed(wide)
    rgb = torch.randint(0, 256, (3, high, wide), generator=generator)
    live = show(page)
    choose(live, png(rgb))
    page.wait_for_function("document.querySelector('.d2lx .d2lx-verdict').textContent[0] === 'O'")
    square = SIZE * block
    top, left = (high - square) // 2, (wide - square) // 2
    want = torch_grey(rgb[:, top : top + square, left : left + square], SIZE)
    assert torch.equal(own_picture(page, live), want)
    assert words(live) == KernelLab("lab", x=want).picture().words
    assert "never sent anywhere" in live.locator(".d2lx-lines").inner_text()


def test_a_file_turned_by_its_metadata_comes_upright(page):
    rgb = torch.zeros(3, 128, 128)
    rgb[:, :64] = 255  # stored: white above; shown: turned by 90 degrees, white on the right
    exif = Image.Exif()
    exif[0x0112] = 6
    live = show(page)
    choose(live, png(rgb, format="JPEG", exif=exif, quality=95), "turned.jpg")
    page.wait_for_function("document.querySelector('.d2lx .d2lx-verdict').textContent[0] === 'O'")
    upright = own_picture(page, live)
    assert upright[:, 34:].min() > 245 and upright[:, :30].max() < 10


def test_a_transparent_file_lies_on_white_and_a_small_one_is_enlarged(page):
    out = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(out, "PNG")
    live = show(page)
    choose(live, out.getvalue())
    page.wait_for_function("document.querySelector('.d2lx .d2lx-verdict').textContent[0] === 'O'")
    assert own_picture(page, live).tolist() == [[255] * 64] * 64


def test_a_file_that_is_no_picture_is_refused_in_words(page):
    live = show(page)
    choose(live, b"no picture at all", "letter.txt")
    note = live.locator(".d2lx-note")
    page.wait_for_function("e => e.textContent", arg=note.element_handle())
    assert note.inner_text() == (
        "“letter.txt” is not a picture that this browser can read. The one before stays."
    )
    assert words(live) == KernelLab("lab").picture().words


def test_a_file_opens_on_a_page_from_the_disk(page, tmp_path):
    place = shutil.copytree(STATIC, tmp_path / "site") / "page.html"
    place.write_text(small_page.document(box()), encoding="utf-8")
    page.goto(place.as_uri())
    live = page.locator(".d2lx").first
    live.wait_for()
    choose(live, png(torch.full((3, 64, 64), 7)))
    page.wait_for_function("document.querySelector('.d2lx .d2lx-verdict').textContent[0] === 'O'")
    assert own_picture(page, live).unique().tolist() == [7]


# ---------------------------------------------------------------- camera


def film(page, how: str):
    """Open the lab where a camera is given, refused or missing."""
    page.add_init_script(f"({CAMERA})({json.dumps(how)})")
    return show(page)


def running(page) -> list[str]:
    """Return the state of every camera track."""
    return page.evaluate("window.tracks.map(track => track.readyState)")


def test_the_camera_starts_on_a_click_only_and_stops_after_the_shot(page):
    live = film(page, "given")
    assert running(page) == [] and page.evaluate("window.asked") is None
    live.get_by_role("button", name="Use the camera").click()
    live.get_by_role("button", name="Take the picture").wait_for()
    assert page.evaluate("window.asked") == {"video": True}
    page.wait_for_function("document.querySelector('video').videoWidth > 0")
    page.wait_for_timeout(100)
    assert running(page) == ["live"]
    live.get_by_role("button", name="Take the picture").click()
    assert running(page) == ["ended"] and live.locator("video").is_hidden()
    want = math.floor((299 * 0x40 + 587 * 0x60 + 114 * 0x80) / 1000 + 0.5)
    taken = own_picture(page, live)
    assert taken.shape == (64, 64) and (taken - want).abs().max() <= 2  # video loses a little


def test_the_camera_can_be_stopped_and_stops_when_the_page_is_left(page):
    live = film(page, "given")
    for leave in (
        lambda: live.get_by_role("button", name="Stop the camera").click(),
        lambda: page.evaluate(
            """() => { Object.defineProperty(document, 'hidden', {value: true, configurable: true});
                 document.dispatchEvent(new Event('visibilitychange'));
                 delete document.hidden; }"""
        ),
    ):
        live.get_by_role("button", name="Use the camera").click()
        live.get_by_role("button", name="Stop the camera").wait_for()
        leave()
        assert set(running(page)) == {"ended"} and live.locator("video").is_hidden()
    assert words(live) == KernelLab("lab").picture().words


@pytest.mark.parametrize(
    "how, said",
    [
        ("NotAllowedError", "The camera was not allowed, so there is no picture."),
        ("NotFoundError", "There is no camera here."),
        ("missing", "There is no camera here."),
        ("NotReadableError", "The camera cannot be used now (NotReadableError)."),
    ],
)
def test_a_camera_that_is_refused_or_absent_is_said_in_words(page, how, said):
    live = film(page, how)
    live.get_by_role("button", name="Use the camera").click()
    note = live.locator(".d2lx-note")
    page.wait_for_function("e => e.textContent", arg=note.element_handle())
    assert note.inner_text() == f"{said} Choose a file, or draw."
    assert live.locator("video").is_hidden()
    assert live.get_by_role("button", name="Use the camera").is_visible()


MOUNT = """json => {
  const state = JSON.parse(json), el = document.createElement('div'), on = [];
  const add = document.addEventListener, remove = document.removeEventListener;
  document.addEventListener = function (...a) { on.push(a[0]); return add.apply(this, a); };
  document.removeEventListener = function (...a) {
    on.splice(on.indexOf(a[0]), 1); return remove.apply(this, a); };
  document.body.append(el);
  const model = kit.state.stubModel(state);
  window.end = kit.render({model, el});
  window.left = () => [on.length, model.listeners(), el.children.length];
}"""


def test_taking_the_explorer_away_stops_a_camera_even_one_allowed_afterwards(page):
    page.goto("about:blank")
    load(page, (STATIC / "explorers.mjs").read_text(encoding="utf-8"))
    page.evaluate(f"({CAMERA})('slow')")
    lab = KernelLab("lab")
    model = lab.page_state() | {"kind": "kernel_lab", "label": "Lab", "start": lab.state()}
    page.evaluate(MOUNT, json.dumps(model))
    page.get_by_role("button", name="Use the camera").click()
    assert page.evaluate("() => { window.end(); return window.left(); }") == [0, 0, 0]
    page.evaluate("window.allow()")
    page.wait_for_function("window.tracks.length === 1")
    page.wait_for_function("window.tracks[0].readyState === 'ended'")


def test_a_kernel_sends_a_picture_and_hears_of_one_that_is_drawn(page):
    page.goto("about:blank")
    load(page, (STATIC / "explorers.mjs").read_text(encoding="utf-8"))
    lab = KernelLab("lab")
    model = lab.page_state() | {"kind": "kernel_lab", "label": "Lab", "start": lab.state()}
    sent = pixels.encode(torch.eye(12, dtype=torch.int64) * 200)
    seen = page.evaluate(
        """([json, sent]) => {
          const model = kit.state.stubModel(JSON.parse(json)), el = document.createElement('div');
          document.body.append(el); kit.render({model, el});
          const line = () => el.querySelector('.d2lx-verdict').textContent;
          model.set('own', sent); model.set('source', 'own picture');
          const out = [line()];
          [...el.querySelectorAll('button')].find(b => b.textContent === 'Empty picture').click();
          return [...out, model.get('own'), model.get('ink')]; }""",
        [json.dumps(model), sent],
    )
    mine = KernelLab("lab", x=pixels.decode(sent)).picture().words
    assert seen == [mine, FIELDS["own"]["init"], "white"]


# ---------------------------------------------------------------- access and size


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_while_drawing_with_the_camera_on(page, theme):
    page.add_init_script(f"({CAMERA})('given')")
    page.set_viewport_size({"width": 360, "height": 740})
    live = show(page, "?lab.view=clipped&lab.source=own+picture&lab.ink=white", theme=theme)
    live.get_by_role("button", name="Use the camera").click()
    live.get_by_role("button", name="Stop the camera").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        """() => axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(
             v => `${v.id}: ${v.nodes.map(n => n.html).slice(0, 3).join(' ')}`))"""
    )
    assert not found
