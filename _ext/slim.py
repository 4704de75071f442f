"""Send readers only what their pages use: style rules, icons, signs of formulas, colours of plots.

Runs on the written site and always starts from the full files, which Sphinx copies anew.
"""

import io
import re
from collections.abc import Iterable, Iterator
from html import unescape
from pathlib import Path

import numpy as np
from fontTools import subset
from PIL import Image

# The theme's large style sheets; our own are small and their class names are made by scripts.
SHEETS = ("styles/pydata-sphinx-theme.css", "sphinx-design.min.css", "mystnb.*.css")
MADE_BY_SCRIPTS = ("bs-tooltip",)  # class names that a script puts together from parts
TOKEN = re.compile(r"[A-Za-z_][\w-]*")
ATTRIBUTE = re.compile(r'\b(?:class|id)="([^"]*)"')
INLINE_SCRIPT = re.compile(r"<script(?![^>]*application/json)[^>]*>(.*?)</script>", re.S)
FUNCTION = re.compile(r":(?:not|is|where|has)\((?:[^()]|\([^()]*\))*\)")
NAMED = re.compile(r"[.#](-?[A-Za-z_][\w-]*)")
TRUETYPE = re.compile(r',\s*url\([^)]*\.ttf\)\s*format\("truetype"\)')
PRIVATE = re.compile(r"\\(f[0-9a-f]{3})\b|([\uf000-\uf8ff])")
MATH = re.compile(r"<math\b.*?</math>", re.S)
ANNOTATION = re.compile(r"<annotation\b.*?</annotation>|<[^>]*>", re.S)
NEAR = 8  # of 255: how far a colour of a plot may move
MANY = 20_000  # a picture with more colours is no plot and stays as it is
COMMENT = re.compile(r"/\*.*?\*/", re.S)
PLAIN = re.compile(r'<span class="(?:n|p|w)">([^<]*)</span>')  # code in the colour of its block


def split_top(text: str, mark: str) -> list[str]:
    """Split at a mark that stands in no bracket and no string."""
    parts, depth, quote, start = [], 0, "", 0
    for i, c in enumerate(text):
        if quote:
            quote = "" if c == quote and text[i - 1] != "\\" else quote
        elif c in "\"'":
            quote = c
        elif c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        elif c == mark and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return [*parts, text[start:]]


def rules(css: str) -> Iterator[tuple[str, str | None]]:
    """Yield (prelude, body) of each rule of a style sheet without comments; body None for `@x;`."""
    depth, quote, start, opened = 0, "", 0, 0
    for i, c in enumerate(css):
        if quote:
            quote = "" if c == quote and css[i - 1] != "\\" else quote
        elif c in "\"'":
            quote = c
        elif c == "{":
            depth += 1
            opened = i if depth == 1 else opened
        elif c == "}":
            depth -= 1
            if depth == 0:
                yield css[start:opened].strip(), css[opened + 1 : i]
                start = i + 1
        elif c == ";" and depth == 0 and css[start:i].lstrip().startswith("@"):
            yield css[start:i].strip(), None
            start = i + 1


def alive(selector: str, known: set[str]) -> bool:
    """Return whether a selector can match: all its classes and ids occur somewhere."""
    if "\\" in selector:
        return True
    names = NAMED.findall(FUNCTION.sub("", selector))
    return all(n in known or n.startswith(MADE_BY_SCRIPTS) for n in names)


def prune(css: str, known: set[str]) -> str:
    """Drop the selectors that match nothing on any page, and rules that have none left."""
    kept = []
    for prelude, body in rules(css):
        if body is None:
            kept.append(prelude + ";")
        elif prelude.startswith(("@media", "@supports", "@layer")):
            if inner := prune(body, known):
                kept.append(f"{prelude}{{{inner}}}")
        elif prelude.startswith("@"):
            kept.append(f"{prelude}{{{body}}}")
        elif selectors := [s for s in split_top(prelude, ",") if alive(s, known)]:
            kept.append(f"{','.join(selectors)}{{{body}}}")
    return "".join(kept)


def slim_css(css: str, known: set[str]) -> str:
    """Return a style sheet without comments, dead rules, and fonts that no browser asks for."""
    return TRUETYPE.sub("", prune(COMMENT.sub("", css), known))


def names(html: str) -> set[str]:
    """Return the classes and ids of a page, and every word of its inline scripts."""
    found = {n for value in ATTRIBUTE.findall(html) for n in value.split()}
    return found | {t for s in INLINE_SCRIPT.findall(html) for t in TOKEN.findall(s)}


def formula_signs(html: str) -> set[str]:
    """Return the signs that the formulas of a page show, with the root, which is an element."""
    shown = set(unescape("".join(ANNOTATION.sub("", m) for m in MATH.findall(html))))
    return shown | ({"√"} if re.search(r"<m(?:sqrt|root)\b", html) else set())


def icons(css: str) -> set[str]:
    """Return the code points of the private area that a style sheet shows, as hexadecimal."""
    return {code or f"{ord(sign):x}" for code, sign in PRIVATE.findall(css)}


def cut_font(path: Path, codes: Iterable[str]) -> None:
    """Keep only the given code points of a font, and the larger forms that brackets grow into."""
    options = [f"--unicodes={','.join(sorted(codes))}", "--layout-features=*", "--flavor=woff2"]
    subset.main([str(path), *options, "--no-recalc-timestamp", f"--output-file={path}"])


def palette(colours: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return at most 256 of the colours: the frequent ones, then those farthest from all chosen."""
    if len(colours) <= 256:
        return colours
    chosen = list(np.argsort(-counts, kind="stable")[:128])
    distance = np.stack([np.abs(colours - colours[i]).max(1) for i in chosen]).min(0)
    while len(chosen) < 256:
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, np.abs(colours - colours[chosen[-1]]).max(1))
    return colours[chosen]


def shrink_picture(path: Path) -> None:
    """Store a plot with at most 256 colours, where none of its colours moves by more than NEAR."""
    with Image.open(path) as picture:
        if picture.mode == "P" or picture.format != "PNG":
            return
        extra = {"dpi": picture.info["dpi"]} if "dpi" in picture.info else {}
        pixels = np.asarray(picture.convert("RGBA"))
    if pixels[..., 3].min() < 255:
        return
    flat, size = pixels[..., :3].reshape(-1, 3).astype(np.int16), pixels.shape[1::-1]
    colours, index, counts = np.unique(flat, axis=0, return_inverse=True, return_counts=True)
    if len(colours) > MANY:
        return
    few = palette(colours, counts)
    distance = np.abs(colours[:, None] - few[None]).max(-1)
    if distance.min(1).max() > NEAR:
        return
    small = Image.frombytes("P", size, distance.argmin(1)[index.ravel()].astype(np.uint8).tobytes())
    small.putpalette(few.astype(np.uint8).tobytes())
    packed = io.BytesIO()
    small.save(packed, "PNG", optimize=True, **extra)
    if packed.tell() < path.stat().st_size:
        path.write_bytes(packed.getvalue())


def unmark_plain_code(app, page, template, context, doctree) -> None:
    """Take the marks off code that is drawn like the rest of its block: a quarter of a page."""
    if "body" in context:
        context["body"] = PLAIN.sub(r"\1", context["body"])


def finished(app, error) -> None:
    """Slim style sheets, fonts and pictures of the written site."""
    if error or app.builder.format != "html":
        return
    out = Path(app.outdir)
    static = out / "_static"
    pages = [p.read_text(encoding="utf-8") for p in out.rglob("*.html")]
    scripts = [p.read_text(encoding="utf-8") for p in static.rglob("*.js")]
    known = set().union(*map(names, pages), *(TOKEN.findall(s) for s in scripts))
    for path in (p for pattern in SHEETS for p in static.glob(pattern)):
        path.write_text(slim_css(path.read_text(encoding="utf-8"), known), encoding="utf-8")
    codes = set().union(*(icons(p.read_text(encoding="utf-8")) for p in static.rglob("*.css")))
    for font in static.rglob("fa-*.woff2"):
        cut_font(font, codes)
    signs = set().union(*map(formula_signs, pages))
    for font in static.glob("fonts/stix-two-math.woff2"):
        cut_font(font, (f"{ord(s):x}" for s in signs | {" "}))
    for picture in out.glob("_images/*.png"):
        shrink_picture(picture)


def setup(app) -> dict:
    """Run last, when every other extension has written its files."""
    app.connect("html-page-context", unmark_plain_code)
    app.connect("build-finished", finished, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
