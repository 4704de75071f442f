"""Turn a chapter's MyST into Markdown that Jupyter, Colab and VS Code show as it is meant.

Whatever is not in the tables below stops the export with its file and line: raw MyST never reaches
a reader.
"""

import base64
import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import normpath
from textwrap import indent

from myst_nb.core.variables import format_plain_text

from tools.chapters import (
    EQUATION_END,
    TARGET,
    TERM,
    Block,
    Book,
    ChapterError,
    Label,
    has_cells,
    split_blocks,
)

ADMONITIONS = {
    "admonition": "", "attention": "Attention", "caution": "Caution", "danger": "Danger",
    "error": "Error", "hint": "Hint", "important": "Important", "note": "Note",
    "seealso": "See also", "tip": "Tip", "warning": "Warning", "margin": "", "sidebar": "",
    "topic": "",
}  # fmt: skip
DROPDOWNS = {"dropdown", "toggle"}
IMAGE_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".gif": "image/gif",
    ".svg": "image/svg+xml",
}

# a code span, a role, or an inline formula: what stands inside is never read as Markdown
INLINE = re.compile(
    r"(?:\{(?P<role>[a-zA-Z][\w:.-]*)\})?(?P<ticks>`+)(?P<body>.+?)(?<!`)(?P=ticks)(?!`)"
    r"|(?P<display>\$\$.+?\$\$)|(?P<math>(?<![\\$])\$(?!\$)[^$]+?(?<!\\)\$)",
    re.S,
)
HELD = "\ue000\ue001"  # around the number of a span that is set aside
IMAGE = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?P<path>[^)\s]+)\)")
LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]*)\]\((?P<to>[^)\s]+)\)(?P<attributes>\{[^}]*\})?")
TEXT_AND_TARGET = re.compile(r"^(?P<text>.*?)\s*<(?P<to>[^<>]+)>$", re.S)


@dataclass
class Converter:
    """Convert the Markdown cells of one chapter.

    ``glue`` holds what the chapter's cells glued, name to ``text/plain``; ``attachments`` collects
    the pictures of the cell in hand. With ``away`` the text leaves its chapter: its links lead to
    published pages only.
    """

    book: Book
    labels: dict[str, Label]
    path: Path
    glue: dict[str, str]
    cites: Callable[[str, str], str] | None = None
    attachments: dict[str, dict[str, str]] = field(default_factory=dict)
    away: bool = False

    @property
    def page(self) -> str:
        """The chapter's name in ``_toc.yml``."""
        return self.path.relative_to(self.book.root).with_suffix("").as_posix()

    def cell(self, source: str, line: int) -> str:
        """Return one Markdown cell as plain Markdown; ``line`` is where it starts.

        Raises:
            ChapterError: something that a notebook cannot show.
        """
        self.attachments = {}
        return self._blocks(source.split("\n"), line).strip("\n")

    def block(self, block: Block) -> str:
        """Return one directive as plain Markdown.

        Raises:
            ChapterError: something that a notebook cannot show.
        """
        self.attachments = {}
        return self._block(block).strip("\n")

    def stop(self, line: int, problem: str) -> ChapterError:
        """Return the error that ends the export."""
        return ChapterError(self.path, line, problem)

    # ------------------------------------------------------------ blocks

    def _blocks(self, lines: list[str], line: int) -> str:
        try:
            blocks = list(split_blocks(lines, line))
        except ValueError as error:
            where, problem = str(error).split(": ", 1)
            raise self.stop(int(where), problem) from None
        return "\n".join(self._block(block) for block in blocks)

    def _block(self, block: Block) -> str:
        if block.kind == "code":
            return block.body
        if block.kind == "text":
            return self._text(block.lines, block.line)
        return indent(self._directive(block), " " * block.indent)

    def _directive(self, block: Block) -> str:
        if block.name in ADMONITIONS:
            return self._admonition(block)
        if block.name in DROPDOWNS:
            return self._details(block, block.argument or "Details")
        convert = getattr(self, f"_{block.name.replace('-', '_')}_block", None)
        if convert is None:
            raise self.stop(block.opened, f"a notebook cannot show the directive {{{block.name}}}")
        return str(convert(block))

    def _inside(self, block: Block) -> str:
        return self._blocks(block.lines, block.line).strip("\n")

    def _admonition(self, block: Block) -> str:
        title = ADMONITIONS[block.name]
        first_line = block.argument
        if block.name in ("admonition", "margin", "sidebar", "topic"):
            title, first_line = self.inline(block.argument, block.line), ""
        if "dropdown" in block.options.get("class", ""):
            return self._details(block, title)
        body = "\n\n".join(filter(None, [self.inline(first_line, block.line), self._inside(block)]))
        text = f"**{title}**\n\n{body}" if title else body
        return "\n".join(f"> {row}".rstrip() for row in text.split("\n"))

    def _details(self, block: Block, title: str) -> str:
        summary = html.escape(re.sub(r"[*`$]", "", self.inline(title, block.line)), quote=False)
        return f"<details>\n<summary>{summary}</summary>\n\n{self._inside(block)}\n\n</details>"

    def _exercise_block(self, block: Block) -> str:
        name = block.options.get("label") or block.options.get("name")
        if name not in self.labels:
            raise self.stop(block.opened, "an exercise needs a :label:")
        title = f" ({self.inline(block.argument, block.line)})" if block.argument else ""
        return f"#### Exercise {self.labels[name].number}{title}\n\n{self._inside(block)}"

    def _solution_block(self, block: Block) -> str:
        label = self._label(block.argument, block.line)
        return self._details(block, f"Solution to Exercise {label.number}")

    def _figure_block(self, block: Block) -> str:
        picture = self._picture(block.options.get("alt", ""), block.argument, block.opened)
        caption = " ".join(self._inside(block).split())
        if not caption:
            return picture
        name = block.options.get("name")
        number = f"Figure {self.labels[name].number}. " if name in self.labels else ""
        return f"{picture}\n\n*{number}{caption}*"

    def _image_block(self, block: Block) -> str:
        return self._picture(block.options.get("alt", ""), block.argument, block.opened)

    def _math_block(self, block: Block) -> str:
        name = block.options.get("label") or block.options.get("name")
        return self._equation(block.body.strip(), self.labels[name].number if name else "")

    def _table_block(self, block: Block) -> str:
        caption = self.inline(block.argument, block.opened)
        name = block.options.get("name")
        number = f"Table {self.labels[name].number}. " if name in self.labels else ""
        return f"*{number}{caption}*\n\n{self._inside(block)}" if caption else self._inside(block)

    def _code_block_block(self, block: Block) -> str:
        return f"```{block.argument}\n{block.body}\n```"

    def _rubric_block(self, block: Block) -> str:
        return f"**{self.inline(block.argument, block.line)}**"

    def _div_block(self, block: Block) -> str:
        return self._inside(block)

    # ------------------------------------------------------------ text

    def _text(self, lines: list[str], line: int) -> str:
        rows: list[str] = []
        equation: list[str] | None = None
        for at, row in enumerate(lines, start=line):
            if equation is not None or row.lstrip().startswith("$$"):
                equation = [*(equation or []), row]
                if _closed(equation):
                    rows.append(self._dollars(equation, at))
                    equation = None
            elif row.startswith("%") or TARGET.match(row) or row.strip() == "+++":
                continue
            else:
                rows.append(row)
        if equation is not None:
            raise self.stop(line + len(lines) - 1, "nothing closes the formula that $$ opens")
        return self.inline("\n".join(rows), line)

    def _dollars(self, rows: list[str], line: int) -> str:
        text = "\n".join(rows).strip()
        number = ""
        if ending := EQUATION_END.match(rows[-1]):
            number = self.labels[ending["label"]].number
            text = text[: text.rindex("$$") + 2]
        return self._equation(text[2:-2].strip(), number)

    def _equation(self, tex: str, number: str) -> str:
        if r"\\" in tex and r"\begin" not in tex:
            tex = rf"\begin{{aligned}}{tex}\end{{aligned}}"
        tag = rf" \tag{{{number}}}" if number else ""
        return f"$$\n{tex}{tag}\n$$"

    def inline(self, text: str, line: int) -> str:
        """Return text with its roles, links and pictures resolved."""
        held: list[str] = []

        def hold(span: re.Match[str]) -> str:
            where = line + text.count("\n", 0, span.start())
            held.append(self._role(span, where) if span["role"] else span[0])
            return f"{HELD[0]}{len(held) - 1}{HELD[1]}"

        rest = INLINE.sub(hold, text)
        if leftover := re.search(r"\{[a-zA-Z][\w:.-]*\}`|^\s*:::|\{\{", rest, re.M):
            raise self.stop(
                line + rest.count("\n", 0, leftover.start()), f"raw MyST: {leftover[0]!r}"
            )
        rest = IMAGE.sub(
            lambda m: self._picture(m["alt"], m["path"], line + rest.count("\n", 0, m.start())),
            rest,
        )
        rest = LINK.sub(lambda m: self._link(m, line + rest.count("\n", 0, m.start())), rest)
        return re.sub(f"{HELD[0]}(\\d+){HELD[1]}", lambda m: held[int(m[1])], rest)

    def _picture(self, alt: str, where: str, line: int) -> str:
        if where.startswith(("data:", "attachment:")):
            return f"![{alt}]({where})"
        file = (
            (self.book.root / where.lstrip("/"))
            if where.startswith("/")
            else self.path.parent / where
        )
        kind = IMAGE_TYPES.get(file.suffix)
        if kind is None or not file.is_file():
            raise self.stop(
                line,
                f"no picture to embed at {where}: it must be a file, one of {sorted(IMAGE_TYPES)}",
            )
        data = base64.b64encode(file.read_bytes()).decode()
        if kind == "image/svg+xml":  # JupyterLab shows no SVG attachments
            return f"![{alt}](data:{kind};base64,{data})"
        self.attachments[file.name] = {kind: data}
        return f"![{alt}](attachment:{file.name})"

    def _link(self, match: re.Match[str], line: int) -> str:
        to, text = match["to"], match["text"]
        if re.match(r"^(https?:|mailto:)", to):
            return f"[{text}]({to})"
        if to.startswith("#") or to in self.labels:
            return self._reference(self._label(to.lstrip("#"), line), text)
        file, _, anchor = to.partition("#")
        page = normpath(f"{self.page}/../{file}").removesuffix(".md").removesuffix(".ipynb")
        if f"/{page}" in self.labels:
            return self._reference(self._label(anchor or f"/{page}", line), text)
        raise self.stop(line, f"the link to {to} leads nowhere")

    def _label(self, name: str, line: int) -> Label:
        if name not in self.labels:
            raise self.stop(line, f"no label {name!r} in the book")
        return self.labels[name]

    def _reference(self, label: Label, text: str = "") -> str:
        """Return a link to a label: its heading here, else the published page or the notebook."""
        default = {"equation": f"({label.number})"}.get(
            label.kind,
            label.title
            if label.kind in ("heading", "page")
            else f"{label.kind.capitalize()} {label.number}",
        )
        text = text or default
        if label.page == self.page and not self.away:
            heading = label.kind in ("heading", "page")
            return (
                f"[{text}](#{re.sub(r'[*`$]', '', label.title).replace(' ', '-')})"
                if heading
                else text
            )
        url = self.book.url(label.page) or self._notebook_of(label.page)
        return f"[{text}]({url})" if url else text

    def _notebook_of(self, page: str) -> str:
        """Return the file of another chapter's notebook beside this one, "" without one."""
        folder, _, name = page.rpartition("/")
        beside = folder == self.page.rpartition("/")[0] and not self.away
        return f"{name}.ipynb" if beside and has_cells(self.book.root / f"{page}.md") else ""

    def _term(self, name: str, text: str, line: int) -> str:
        """Return a term, linked to the published glossary where there is one."""
        if TERM + name.lower() not in self.labels:
            raise self.stop(line, f"the glossary has no term {name!r}")
        label = self.labels[TERM + name.lower()]
        url = self.book.url(label.page)
        return f"[{text}]({url}#{term_id(label.title)})" if url else text

    # ------------------------------------------------------------ roles

    def _role(self, match: re.Match[str], line: int) -> str:
        role, body = match["role"], match["body"].strip()
        text, to = "", body
        if titled := TEXT_AND_TARGET.match(body):
            text, to = titled["text"], titled["to"]
        if role in ("glue:text", "glue:", "glue"):
            return self._glued(body, line)
        if role in ("eq", "math:numref", "ref", "numref", "prf:ref"):
            label = self._label(to, line)
            return self._reference(
                label, text.replace("%s", label.number).replace("{number}", label.number)
            )
        if role == "doc":
            page = to.lstrip("/") if to.startswith("/") else normpath(f"{self.page}/../{to}")
            return self._reference(self._label(f"/{page}", line), text)
        if role == "term":
            return self._term(to, text or to, line)
        if role.startswith("cite") and self.cites:
            try:
                return self.cites(role, body)
            except ValueError as error:
                raise self.stop(line, str(error)) from None
        simple = {
            "math": f"${body}$", "abbr": re.sub(r"\s*\([^)]*\)$", "", body),
            "sub": f"<sub>{body}</sub>", "sup": f"<sup>{body}</sup>", "kbd": f"<kbd>{body}</kbd>",
            "code": f"`{body}`", "file": f"`{body}`", "dfn": f"*{body}*",
        }  # fmt: skip
        if role not in simple:
            raise self.stop(line, f"a notebook cannot show the role {{{role}}}")
        return simple[role]

    def _glued(self, body: str, line: int) -> str:
        key, _, spec = body.partition(":")
        if key not in self.glue:
            raise self.stop(line, f"no cell glues {key!r}; glued are {sorted(self.glue)}")
        try:
            return format_plain_text(self.glue[key], spec or "s")
        except ValueError as error:
            raise self.stop(line, f"glued {key!r} cannot be written as {spec!r}: {error}") from None


def term_id(term: str) -> str:
    """Return the anchor that Sphinx gives to a term of the glossary."""
    plain = unicodedata.normalize("NFKD", f"term-{term}").encode("ascii", "ignore").decode()
    return re.sub(r"[^a-zA-Z0-9._]+", "-", plain).rstrip("-")


def _closed(rows: list[str]) -> bool:
    return "\n".join(rows).count("$$") >= 2
