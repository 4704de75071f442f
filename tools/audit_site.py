"""Audit the built website: `python tools/audit_site.py _build/html`.

Every problem is one sentence on its own line; any problem ends with status 1. The rules are the
functions in RULES; tests/book/test_site.py breaks a small site on purpose for each of them.
`--record` writes the weight of every file to tools/page_weight.json, from which a page that grew
too heavy names the file that grew.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tools.site_pages import Page, css_urls, is_foreign, packed, pages, resolve  # noqa: E402

ARTICLE_BYTES = 600  # less text than this is an empty build; the frame alone has 15 kB
PAGE_PACKED = 300_000  # bytes that a server sends for one page, frames and data aside
PAGE_RAW = 1_000_000  # the same before compression
DATA_PACKED = 130_000  # what explorers load beside that: trained weights
PAGE_HTML = 400_000  # the page's own source, frames aside
RECORD = ROOT / "tools/page_weight.json"

DIGEST = re.compile(r"(?<=[/.])[0-9a-f]{32,64}(?=\.)")
NOT_OURS = re.compile(
    r"fontawesome\.js|require(\.min)?\.js|html-manager|thebe|mathjax|embed-amd", re.I
)
WIDGETS = re.compile(r"application/vnd\.jupyter\.widget-(state|view)\+json")
FRAMES = re.compile(r'(<script type="application/json">).*?(</script>)', re.S)
FAILURE = re.compile(
    r"Traceback \(most recent call last\)|\b\w*(?:Error|Exception|Interrupt): ?.{0,60}"
)
NAN = re.compile(r"\bnan\b")
RAW_MARKUP = re.compile(
    r"\$\$.{0,40}|\\\(.{0,40}|\{(?:glue|ref|eq|numref|doc|cite)[:}].{0,40}|:::.{0,40}"
)
MACHINE = re.compile(
    r"(?<![\w.~-])(?:/(?:home|Users|tmp|root|var/folders)/[\w.-]+|[A-Z]:\\Users\\|/\S*site-packages/)"
    r"[^\s\"'<]*|ipykernel_\d+"
)
COMMON = {"frames", "quiz"}  # explorers in the bundle that every page with an explorer has
NEEDS = re.compile(r"needs:\{([^}]*)\}")  # in an explorer's own script, the scripts with its data
TEXT = {".html", ".js", ".css", ".txt", ".md", ".ipynb", ".json", ".svg", ".xml"}


@dataclass
class Site:
    """A built site, its table of contents, and the folder that it was built in."""

    root: Path
    toc: Path

    @cached_property
    def pages(self) -> list[Page]:
        """All pages, read once."""
        return pages(self.root)

    @cached_property
    def by_name(self) -> dict[str, Page]:
        """Pages by their path from the root."""
        return {p.name: p for p in self.pages}

    @cached_property
    def expected(self) -> list[str]:
        """Names of the pages that the table of contents promises."""
        return [f"{name}.html" for name in toc_files(yaml.safe_load(self.toc.read_text("utf-8")))]

    def files(self, *suffixes: str) -> Iterator[tuple[str, str]]:
        """Yield (name, text) of the site's files with these endings."""
        for path in sorted(self.root.rglob("*")):
            if path.suffix in suffixes and path.is_file():
                yield path.relative_to(self.root).as_posix(), path.read_text("utf-8", "replace")


def toc_files(part: object) -> Iterator[str]:
    """Yield the file names in a table of contents, in order, without their endings."""
    if isinstance(part, list):
        for item in part:
            yield from toc_files(item)
    elif isinstance(part, dict):
        for key, value in part.items():
            if key in ("root", "file"):
                yield str(value).removesuffix(".md")
            else:
                yield from toc_files(value)


def every_page_is_there(site: Site) -> Iterator[str]:
    """Each page of the table of contents exists and has text."""
    for name in site.expected:
        if name not in site.by_name:
            yield f"{name} is in {site.toc.name} but was not built."
            continue
        size = len("".join(site.by_name[name].read.article).encode())
        if size < ARTICLE_BYTES:
            yield f"{name} holds only {size} bytes of text: an empty build?"


def no_other_host(site: Site) -> Iterator[str]:
    """Nothing that a browser fetches comes from another host."""
    for page in site.pages:
        for address in page.fetched:
            if is_foreign(address):
                yield f"{page.name} fetches {address} from another host."
    for name, css in site.files(".css"):
        for address in css_urls(css):
            if is_foreign(address):
                yield f"{name} fetches {address} from another host."


def no_dead_weight(site: Site) -> Iterator[str]:
    """Scripts that this book does without stay away, and so do source maps."""
    for page in site.pages:
        for address in page.fetched:
            if NOT_OURS.search(address):
                yield f"{page.name} loads {address}, which this book does without."
    for path in sorted(site.root.rglob("*.map")):
        yield f"{path.relative_to(site.root)} is a source map that no reader needs."


def outputs_are_sound(site: Site) -> Iterator[str]:
    """No error message in the output of a cell, and no nan that the source does not expect."""
    for page in site.pages:
        output = "".join(page.read.outputs)
        for match in FAILURE.finditer(output):
            yield f"{page.name} shows an error in an output: {' '.join(match[0].split())}."
        source = site.root / "_sources" / page.name.replace(".html", ".md")
        text = source.read_text("utf-8") if source.exists() else ""
        if NAN.search(output) and not NAN.search(text):
            yield f"{page.name} shows nan in an output, but its source does not speak of nan."


def nothing_unrendered(site: Site) -> Iterator[str]:
    """No TeX and no MyST markup stands in the text of a page."""
    for page in site.pages:
        for match in RAW_MARKUP.finditer("".join(page.read.prose)):
            yield f"{page.name} shows markup that was not rendered: {' '.join(match[0].split())}."


def local_targets_exist(site: Site) -> Iterator[str]:
    """Every local file and anchor that a page or a style sheet names is there."""
    for page in site.pages:
        for address in dict.fromkeys([*page.fetched, *page.linked]):
            target = page.resolve(address)
            if target is not None:
                yield from missing(site, page.name, address, *target)
    for name, css in site.files(".css"):
        for address in css_urls(css):
            target = resolve(site.root, name, address)
            if target is not None and not (site.root / target[0]).exists():
                yield f"{name} names {address}, which is not there."


def missing(site: Site, name: str, address: str, path: str, anchor: str) -> Iterator[str]:
    """Yield what is wrong with one local address."""
    if path.endswith(".ipynb"):
        return  # download_notebooks_exist says more
    if path.startswith("../") or not (site.root / path).exists():
        yield f"{name} leads to {address}, which is not there."
    elif anchor and path in site.by_name and anchor not in site.by_name[path].ids:
        yield f"{name} leads to {address}, but {path} has no anchor {anchor}."


def ids_are_unique(site: Site) -> Iterator[str]:
    """No id stands twice on a page."""
    for page in site.pages:
        ids = [e.attrs["id"] for e in page.read.elements if "id" in e.attrs]
        for twice in sorted({i for i in ids if ids.count(i) > 1}):
            yield f"{page.name} has the id {twice} more than once."


def pictures_have_words(site: Site) -> Iterator[str]:
    """Every picture has a text, and the text is not the name of its file."""
    for page in site.pages:
        for img in page.all("img"):
            source = img.attrs.get("src", "")
            short = source[:60]
            if "alt" not in img.attrs:
                yield f"{page.name} has a picture without alt text: {short}."
            elif img.attrs["alt"] and Path(img.attrs["alt"]).name == Path(source).name:
                yield f"{page.name} has a picture whose alt text is its file name: {short}."


def pages_are_well_formed(site: Site) -> Iterator[str]:
    """Language, title, one main heading, and no level of headings left out."""
    for page in site.pages:
        html = page.all("html")
        if not html or not html[0].attrs.get("lang"):
            yield f"{page.name} does not say its language."
        if not any(e.words for e in page.all("title")):
            yield f"{page.name} has no title."
        headings = page.all("h1", "h2", "h3", "h4", "h5", "h6")
        count = sum(e.tag == "h1" for e in headings)
        if count != 1:
            yield f"{page.name} has {count} main headings (h1), one is right."
        for before, after in pairwise(headings):
            if int(after.tag[1]) > int(before.tag[1]) + 1:
                yield f"{page.name} jumps from {before.tag} to {after.tag} at “{after.words[:50]}”."


def no_widget_state(site: Site) -> Iterator[str]:
    """No block of widget state: it would repeat the whole bundle for each widget."""
    for page in site.pages:
        if match := WIDGETS.search(page.html):
            yield f"{page.name} holds {match[0]}: a widget that is no explorer."


def explorers_have_stills(site: Site) -> Iterator[str]:
    """Every explorer shows a picture or table without any script, under its own id."""
    for page in site.pages:
        for box in page.read.explorers:
            if not box.id:
                yield f"{page.name} has an explorer without an id."
            if not box.stills:
                yield f"{page.name} has an explorer without a still state: {box.id}."


def own_scripts(page: Page) -> list[str]:
    """Return the scripts that a page's explorers load when they come near the window."""
    kinds = {box.kind: None for box in page.read.explorers if box.kind not in COMMON}
    return [f"_static/explorer-{kind}.js" for kind in kinds]


def data_scripts(site: Site, page: Page) -> list[str]:
    """Return the scripts with data that these scripts ask for."""
    own = [site.root / name for name in own_scripts(page)]
    asked = [NEEDS.findall(path.read_text("utf-8")) for path in own if path.is_file()]
    names = re.findall(r'"([\w-]+)"', " ".join(part for parts in asked for part in parts))
    return [f"_static/{name}.js" for name in dict.fromkeys(names)]


def explorers_have_scripts(site: Site) -> Iterator[str]:
    """Whatever an explorer loads later is there, and its data are no heavier than allowed."""
    for page in site.pages:
        data = data_scripts(site, page)
        for name in [*own_scripts(page), *data]:
            if not (site.root / name).is_file():
                yield f"{page.name} has an explorer that loads {name}, which is not there."
        there = [(name, site.root / name) for name in data if (site.root / name).is_file()]
        weight = sum(packed(name, path.read_bytes()) for name, path in there)
        if weight > DATA_PACKED:
            yield (
                f"{page.name} has explorers whose data weigh {weight:,} bytes compressed, "
                f"{DATA_PACKED:,} are allowed: {', '.join(name for name, _ in there)}."
            )


def no_machine_path(site: Site) -> Iterator[str]:
    """No path of the machine that built the site, neither its checkout nor its home folders."""
    own = re.escape(str(site.toc.resolve().parent))
    either = re.compile(rf"{own}[^\s\"'<]*|{MACHINE.pattern}")
    for name, text in site.files(*TEXT):
        if match := either.search(text):
            yield f"{name} holds a path of the building machine: {match[0][:80]}."


def download_notebooks_exist(site: Site) -> Iterator[str]:
    """The page of each notebook offers it, and the file is an executed notebook."""
    for page in site.pages:
        buttons = [e for e in page.all("a") if "btn-download-notebook-button" in e.classes]
        cells = any("cell_input" in e.classes for e in page.read.elements)
        if cells and not buttons:
            yield f"{page.name} has cells but no button that downloads its notebook."
        for button in buttons:
            address = button.attrs.get("href", "")
            target = page.resolve(address)
            if target is None or target[0] != page.name.replace(".html", ".ipynb"):
                yield f"{page.name} offers {address}, which is not its own notebook."
            elif not (site.root / target[0]).exists():
                yield f"{page.name} offers {target[0]}, which is missing: run `make notebooks`."
            else:
                yield from notebook_problems(site.root / target[0], target[0])


def notebook_problems(path: Path, name: str) -> Iterator[str]:
    """Yield what is wrong with one exported notebook."""
    try:
        cells = json.loads(path.read_text("utf-8"))["cells"]
    except (json.JSONDecodeError, KeyError, TypeError):
        yield f"{name} is not a notebook file: run `make notebooks`."
        return
    code = [c for c in cells if c["cell_type"] == "code" and "".join(c["source"]).strip()]
    idle = sum(c.get("execution_count") is None for c in code)
    if not code or idle:
        yield f"{name} has {idle} of {len(code)} cells that never ran: run `make notebooks`."


def weigh(site: Site, page: Page) -> dict[str, tuple[int, int]]:
    """Return (packed, raw) bytes of all files that a page loads, by name, frames and data aside."""
    names = [page.name, *(n for n in own_scripts(page) if (site.root / n).is_file())]
    for address in page.fetched:
        target = page.resolve(address)
        if target is not None and (site.root / target[0]).is_file():
            names.append(target[0])
    for name in [n for n in names if n.endswith(".css")]:
        for address in css_urls((site.root / name).read_text("utf-8")):
            target = resolve(site.root, name, address)
            if target is not None and (site.root / target[0]).is_file():
                names.append(target[0])
    found = {}
    for name in dict.fromkeys(names):
        content = (site.root / name).read_bytes()
        if name == page.name:
            content = FRAMES.sub(r"\1\2", page.html).encode()
        found[name] = packed(name, content), len(content)
    return found


def grouped(files: dict[str, tuple[int, int]]) -> dict[str, list[int]]:
    """Add up files whose names hold a digest of their content, such as plots: `_images/*.png`."""
    groups: dict[str, list[int]] = {}
    for name, sizes in files.items():
        group = groups.setdefault(DIGEST.sub("*", name), [0, 0])
        group[:] = [old + new for old, new in zip(group, sizes, strict=True)]
    return groups


def pages_are_light(site: Site) -> Iterator[str]:
    """Each page stays within its weight; a page that does not names the files that grew."""
    recorded = json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else {}
    for page in site.pages:
        files = weigh(site, page)
        before = recorded.get(page.name, {})
        own = files[page.name][1]
        if own > PAGE_HTML:
            yield f"{page.name} alone has {own:,} bytes, {PAGE_HTML:,} are allowed."
        for i, kind, limit in ((0, "compressed", PAGE_PACKED), (1, "in all", PAGE_RAW)):
            total = sum(sizes[i] for sizes in files.values())
            if total > limit:
                grew = what_grew(files, before, i)
                yield f"{page.name} weighs {total:,} bytes {kind}, {limit:,} are allowed; {grew}."


def what_grew(files: dict[str, tuple[int, int]], before: dict[str, list[int]], i: int) -> str:
    """Name the three files, or groups of files, that grew most since the record was written."""
    groups = grouped(files)
    growth = {g: sizes[i] - before.get(g, [0, 0])[i] for g, sizes in groups.items()}
    parts = []
    for group in sorted(growth, key=lambda g: -growth[g])[:3]:
        if growth[group] > 0:
            same = [n for n in files if DIGEST.sub("*", n) == group]
            largest = max(same, key=lambda n: files[n][i])
            said = f"{group} (+{growth[group]:,} to {groups[group][i]:,})"
            parts.append(said if len(same) == 1 else f"{said}, the largest of them {largest}")
    return "grew since the record: " + "; ".join(parts) if parts else "nothing grew"


RULES = (
    every_page_is_there,
    no_other_host,
    no_dead_weight,
    outputs_are_sound,
    nothing_unrendered,
    local_targets_exist,
    ids_are_unique,
    pictures_have_words,
    pages_are_well_formed,
    no_widget_state,
    explorers_have_stills,
    explorers_have_scripts,
    no_machine_path,
    download_notebooks_exist,
    pages_are_light,
)


def audit(site: Site) -> list[str]:
    """Return all problems of a site, one sentence each."""
    if not site.pages:
        return [f"There is no site in {site.root}: run `make site`."]
    return [problem for rule in RULES for problem in rule(site)]


def record(site: Site) -> None:
    """Write the weight of every file that a page loads, page by page."""
    sizes = {page.name: grouped(weigh(site, page)) for page in site.pages}
    text = json.dumps(sizes, indent=1, sort_keys=True)
    flat = re.sub(r"\[\s+(\d+),\s+(\d+)\s+\]", r"[\1, \2]", text)
    RECORD.write_text(flat + "\n", encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Audit a site, print each problem, return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", type=Path, nargs="?", default=ROOT / "_build/html")
    parser.add_argument("--toc", type=Path, default=ROOT / "_toc.yml")
    parser.add_argument("--record", action="store_true", help="write tools/page_weight.json")
    options = parser.parse_args(arguments)
    site = Site(options.site, options.toc)
    if options.record:
        record(site)
    problems = audit(site)
    for problem in problems:
        print(problem)
    if not problems:
        heaviest = max(sum(f[0] for f in weigh(site, p).values()) for p in site.pages)
        print(
            f"{len(site.pages)} pages audited, no problem; the heaviest weighs "
            f"{heaviest / 1000:.0f} kB compressed, data that explorers load aside."
        )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
