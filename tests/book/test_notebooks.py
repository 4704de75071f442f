"""The exporter: what it makes of MyST, what stops it, what it keeps; and nbval made strict."""

import ast
import base64
import io
import json
import re
import sys

import matplotlib.figure
import nbformat
import pytest
from nbformat import v4

from tests.book.sample_book import HEADER, edit, make_book, nbval, write_notebook
from tools import export_notebooks, outputs
from tools.chapters import ROOT, ChapterError, read_book, read_cells, read_labels
from tools.notebook_text import Converter

GLOSSARY = """\
(words)=
# All words

```{glossary}
kernel
  What slides.

multilayer perceptron
MLP
  A network.

  Not: *net*.
```
"""


def convert(folder, text, glue=None, **settings):
    """Return what a reader of the notebook sees of a chapter's first Markdown cell."""
    other = "(there)=\n# The other *one*\n\n```{code-cell} ipython3\n1\n```\n"
    book = make_book(folder, **settings, sample=text, other=other, glossary=GLOSSARY)
    path = folder / "chapters" / "sample.md"
    cell = read_cells(path)[0]
    return Converter(book, read_labels(book), path, glue or {}).cell(cell.source, cell.line)


# ---------------------------------------------------------------- MyST to Markdown

CASES = {
    "note": (":::{note}\nRead *this*.\n:::", "> **Note**\n>\n> Read *this*."),
    "note in one line": ("```{tip} Try it.\n```", "> **Tip**\n>\n> Try it."),
    "admonition": (
        "````{admonition} Look\n:class: tip\n\nA\n\n```python\nx = 1\n```\n````",
        "> **Look**\n>\n> A\n>\n> ```python\n> x = 1\n> ```",
    ),
    "nested": (
        "::::{note}\n:::{warning}\nDeep\n:::\n::::",
        "> **Note**\n>\n> > **Warning**\n> >\n> > Deep",
    ),
    "dropdown": (
        "```{dropdown} The `answer`\nForty.\n```",
        "<details>\n<summary>The answer</summary>\n\nForty.\n\n</details>",
    ),
    "dropdown class": (
        ":::{admonition} Hint\n:class: dropdown\n\nCount.\n:::",
        "<details>\n<summary>Hint</summary>\n\nCount.\n\n</details>",
    ),
    "equation": (
        "$$\na = b\n$$ (eq-a)\n\nsee {eq}`eq-a`",
        "$$\na = b \\tag{1}\n$$\n\nsee (1)",
    ),
    "equation in two lines": (
        "$$\na &= b \\\\\n&= c\n$$",
        "$$\n\\begin{aligned}a &= b \\\\\n&= c\\end{aligned}\n$$",
    ),
    "math directive": ("```{math}\n:label: eq-b\nx\n```", "$$\nx \\tag{1}\n$$"),
    "target": ("(here)=\n## Part\n\nsee {ref}`here`", "## Part\n\nsee [Part](#Part)"),
    "reference with text": ("(h)=\n## Part\n\n{ref}`this <h>`", "## Part\n\n[this](#Part)"),
    "other chapter": ("{ref}`there`", "[The other *one*](other.ipynb)"),
    "document": ("{doc}`other` [x](other.md)", "[The other *one*](other.ipynb) [x](other.ipynb)"),
    "link with code": ("[`corr2d`](other.md)", "[`corr2d`](other.ipynb)"),
    "page without a notebook": (
        "{ref}`words` {doc}`glossary` [w](glossary.md)",
        "All words All words w",
    ),
    "terms": ("{term}`kernel` {term}`kernels <kernel>` {term}`mlp`", "kernel kernels mlp"),
    "roles": (
        "{math}`x^2` {abbr}`MAC (multiply-accumulate)` H{sub}`2`O",
        "$x^2$ MAC H<sub>2</sub>O",
    ),
    "code is untouched": ("`{ref}` and `` {glue:text}`x` ``", "`{ref}` and `` {glue:text}`x` ``"),
    "fence is untouched": ("```text\n{ref}`x` $$ {{\n```", "```text\n{ref}`x` $$ {{\n```"),
    "formula is untouched": ("$a_{[i](j)}$ and $$x^{{2}}$$", "$a_{[i](j)}$ and $$x^{{2}}$$"),
    "comment": ("one\n% a note to authors\ntwo", "one\ntwo"),
    "indented": ("* item\n\n  ```{note}\n  In.\n  ```", "* item\n\n  > **Note**\n  >\n  > In."),
    "exercise": (
        "```{exercise} Sizes\n:label: ex-a\n\nCount.\n```\n\n```{solution} ex-a\nSix.\n```",
        "#### Exercise 1 (Sizes)\n\nCount.\n\n<details>\n<summary>Solution to Exercise 1</summary>"
        "\n\nSix.\n\n</details>",
    ),
    "table": (
        "```{table} Sizes\n:name: t\n\n| a |\n|---|\n```\n\n{numref}`t`",
        "*Table 1. Sizes*\n\n| a |\n|---|\n\nTable 1",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_myst_becomes_markdown_that_every_front_end_shows(tmp_path, case):
    source, expected = CASES[case]
    assert convert(tmp_path, source) == expected


def test_references_lead_to_the_published_page_where_there_is_one(tmp_path):
    shown = convert(tmp_path, "{ref}`there`", baseurl="https://course.example/book/")
    assert shown == "[The other *one*](https://course.example/book/chapters/other.html)"


def test_terms_lead_to_the_published_glossary_where_there_is_one(tmp_path):
    source = "{term}`kernels <kernel>` {term}`multilayer perceptron` {term}`MLP`"
    shown = convert(tmp_path, source, baseurl="https://course.example/book/")
    page = "https://course.example/book/chapters/glossary.html"
    assert shown == (
        f"[kernels]({page}#term-kernel) "
        f"[multilayer perceptron]({page}#term-multilayer-perceptron) [MLP]({page}#term-MLP)"
    )


def test_glued_values_are_written_as_on_the_page(tmp_path):
    glue = {"ratio": "30.55", "count": "61706", "word": "'six to nine'"}
    source = "{glue:text}`ratio:.1f` {glue:text}`count:,d` {glue:text}`word` {glue:}`count`"
    assert convert(tmp_path, source, glue) == "30.6 61,706 six to nine 61706"


STOPS = {
    "unknown directive": ("text\n\n```{mermaid}\nx\n```", 8, "directive {mermaid}"),
    "unknown directive inside": (":::{note}\n\n```{plot}\n```\n:::", 8, "directive {plot}"),
    "unknown role": ("text\nand {unknown}`x`", 7, "role {unknown}"),
    "unclosed": ("a\n\n:::{note}\nb", 8, "nothing closes"),
    "unclosed formula": ("a\n\n$$\nb", 9, "nothing closes the formula"),
    "nothing glued": ("a\n{glue:text}`b:.1f`", 7, "no cell glues 'b'"),
    "no such term": ("text\n\na {term}`filter`", 8, "the glossary has no term 'filter'"),
    "no such label": ("{numref}`fig-x`", 6, "no label 'fig-x'"),
    "no such file": ("[x](missing.md)", 6, "leads nowhere"),
    "no such picture": ("\n```{figure} missing.png\n:alt: x\n```", 7, "no picture"),
    "substitution": ("a {{ name }}", 6, "raw MyST"),
}


@pytest.mark.parametrize("case", STOPS)
def test_what_a_notebook_cannot_show_stops_the_export_with_file_and_line(tmp_path, case):
    source, line, problem = STOPS[case]
    with pytest.raises(ChapterError) as stopped:
        convert(tmp_path, source)
    assert str(stopped.value).startswith(f"chapters/sample.md:{line}: ")
    assert problem in str(stopped.value)


def test_figures_travel_inside_the_notebook(tmp_path):
    png = base64.b64decode(picture())
    (tmp_path / "p.png").write_bytes(png)
    (tmp_path / "p.svg").write_text("<svg/>")
    source = (
        "```{figure} ../p.png\n:name: fig-p\n:alt: a line\n\nIt *rises*.\n```\n\n"
        "{numref}`fig-p` ![s](../p.svg)"
    )
    book = make_book(tmp_path, sample=source)
    write_notebook(book, "sample")
    cell = nbformat.read(tmp_path / "chapters" / "sample.ipynb", as_version=4).cells[1]
    assert cell.source.startswith(
        "![a line](attachment:p.png)\n\n*Figure 1. It *rises*.*\n\nFigure 1"
    )
    assert base64.b64decode(cell.attachments["p.png"]["image/png"]) == png
    svg = cell.source.rpartition("![s](data:image/svg+xml;base64,")[2].rstrip(")")
    assert base64.b64decode(svg) == b"<svg/>"  # JupyterLab shows no SVG attachments


# ---------------------------------------------------------------- first cell, ids, tags


@pytest.mark.parametrize("address", ["", "https://git.example/someone/course"])
def test_the_first_cell_fetches_the_package_only_where_it_is_missing(tmp_path, address):
    book = make_book(tmp_path, address=address, sample="# T\n")
    cell = export_notebooks.code_cells(book, [])[0]
    assert "bootstrap" in cell.metadata.tags
    lines = cell.source.split("\n")
    installs = [line.strip() for line in lines if line.strip().startswith("%pip")]
    assert ("pip install ." in cell.source) == (not address)
    if address:
        assert installs[0] == f'%pip install -q --no-deps "d2lmini @ git+{address}@main"'
    tree = ast.parse("\n".join(line.replace("%pip install", "None  #") for line in lines))
    assert any("google.colab" in ast.unparse(node) for node in tree.body)


def test_without_an_address_a_missing_package_is_explained_in_one_sentence(tmp_path):
    source = export_notebooks.bootstrap(make_book(tmp_path, sample="# T\n"))
    source = source.replace('"d2lmini"', '"d2lmini_that_is_not_there"')
    with pytest.raises(ImportError, match=r"run `pip install \.` in a checkout"):
        exec(source, {})


def test_tags_that_hide_a_cell_on_the_page_fold_it_in_jupyter_and_colab():
    cell = export_notebooks.code_cell("1", {"tags": ["hide-input"]})
    assert cell.metadata == {
        "tags": ["hide-input"],
        "jupyter": {"source_hidden": True},
        "cellView": "form",
    }


def test_ids_hang_on_chapter_and_position_only(tmp_path):
    text = "# T\n\n```{code-cell} ipython3\n1\n```\n"
    book = make_book(tmp_path, a=text, b=text)
    ids = [
        [cell.id for cell in nbformat.read(write_notebook(book, name), as_version=4).cells]
        for name in ("a", "a", "b")
    ]
    assert ids[0] == ids[1]
    assert not set(ids[0]) & set(ids[2])


# ---------------------------------------------------------------- outputs


def picture(slope=1.0, colour="black"):
    """Return a matplotlib PNG as Jupyter stores it."""
    figure = matplotlib.figure.Figure(figsize=(2, 2))
    figure.subplots().plot([0, slope], color=colour)
    figure.subplots_adjust()
    data = io.BytesIO()
    figure.savefig(data, format="png")
    return base64.b64encode(data.getvalue()).decode()


def shown(png, text="<Figure>"):
    return [v4.new_output("display_data", {"image/png": png, "text/plain": text})]


def test_widget_views_go_and_what_a_reader_can_see_stays():
    data = {outputs.WIDGET_VIEW: {"model_id": "1"}, "text/html": "<p>", "text/plain": "Shape()"}
    only = {outputs.WIDGET_VIEW: {"model_id": "1"}}
    some = [v4.new_output("display_data", data), v4.new_output("display_data", only)]
    assert [output.data for output in outputs.clean(some)] == [
        {"text/html": "<p>", "text/plain": "Shape()"}
    ]


def test_pictures_do_not_name_the_version_that_drew_them():
    raw = picture()
    assert b"matplotlib" in base64.b64decode(raw).lower()
    cleaned = outputs.without_text(raw)
    assert b"matplotlib" not in base64.b64decode(cleaned).lower()
    assert outputs.same_picture(raw, cleaned)


def test_tracebacks_keep_no_path_of_this_machine():
    error = v4.new_output("error", ename="E", evalue="why", traceback=["File /some/where.py", "E"])
    assert outputs.clean([error])[0].traceback == ["E: why"]


def test_fresh_outputs_replace_stored_ones_only_when_a_reader_would_see_it():
    png = picture()
    assert outputs.same_outputs(shown(outputs.without_text(png)), shown(png))
    assert not outputs.same_outputs(shown(png), shown(png, "<Axes>"))
    assert not outputs.same_outputs(shown(picture(colour="red")), shown(png))
    assert not outputs.same_outputs(shown(png), [])
    assert not outputs.same_outputs(shown(png), shown(png) * 2)


def test_a_name_is_glued_once():
    record = {"application/papermill.record/text/plain": "1"}
    meta = {"scrapbook": {"name": "n", "mime_prefix": "application/papermill.record/"}}
    cell = v4.new_code_cell("", outputs=[v4.new_output("display_data", record, metadata=meta)])
    assert outputs.glued([cell]) == {"n": "1"}
    with pytest.raises(ValueError, match="two cells glue 'n'"):
        outputs.glued([cell, cell])


def test_a_chapter_that_loads_the_full_data_says_so_in_its_notebook(tmp_path):
    cell = "# T\n\n```{code-cell} ipython3\ndata = fashion_mnist(ARGUMENT)\n```\n"
    book = make_book(
        tmp_path, a=cell.replace("ARGUMENT", ""), b=cell.replace("ARGUMENT", '"subset"')
    )
    kinds = [
        nbformat.read(write_notebook(book, name), as_version=4).metadata.d2lmini.get("data")
        for name in ("a", "b")
    ]
    assert kinds == ["full", None]


# ---------------------------------------------------------------- the committed notebooks


def committed():
    return sorted((ROOT / "chapters").glob("*.ipynb"))


def test_every_chapter_has_its_notebook():
    stems = [path.stem for path in read_book().chapters()]
    assert stems and [path.stem for path in committed()] == stems


def test_notebooks_are_small_and_hold_no_widget_state_frames_or_machine_paths():
    for path in committed():
        text = path.read_text(encoding="utf-8")
        notebook = json.loads(text)
        assert len(text) < 1_000_000, f"{path.name} has {len(text):,} characters"
        assert "widgets" not in notebook["metadata"], path.name
        for word in (outputs.WIDGET_VIEW, '"frames"', str(ROOT), sys.prefix):
            assert word not in text, f"{path.name} holds {word}"


def test_the_list_of_cells_that_are_not_compared_is_reviewed():
    text = ast.parse((ROOT / "chapters" / "conftest.py").read_text(encoding="utf-8"))
    listed = next(
        ast.literal_eval(node.value)
        for node in text.body
        if isinstance(node, ast.AnnAssign) and node.target.id == "NOT_COMPARED"
    )
    assert listed == [], "a reviewer lets a cell in here by writing it into this test too"


# ---------------------------------------------------------------- numbers of the site

NUMBERED = """
$$
a = b
$$ (eq-NAME-a)

$$ c = d $$ (eq-NAME-b)

```{figure} ../p.png
:name: fig-NAME
:alt: a line

Caption.
```

```{figure} ../p.png
:alt: a line without a caption
```

```{table} Sizes
:name: tab-NAME

| a |
|---|
| b |
```

```{exercise} One
:label: ex-NAME-a

Count.
```

```{exercise}
:label: ex-NAME-b

Count again.
```

S {eq}`eq-NAME-b` {numref}`fig-NAME` {numref}`tab-NAME` {ref}`ex-NAME-b` E
"""


@pytest.mark.slow
def test_numbers_in_notebooks_are_those_of_the_site(book):
    (book.folder / "p.png").write_bytes(base64.b64decode(picture()))
    for name in ("one", "two"):
        path = book.folder / "chapters" / f"{name}.md"
        path.write_text(f"{HEADER}# {name}\n{NUMBERED.replace('NAME', name)}")
    toc = book.folder / "_toc.yml"
    toc.write_text(toc.read_text() + "- file: chapters/two\n")
    built = book.build()
    assert built.returncode == 0, built.stdout[-2000:]
    settings = read_book(book.folder)
    labels = read_labels(settings)
    for name in ("one", "two"):
        page = (book.html / "chapters" / f"{name}.html").read_text(encoding="utf-8")
        row = re.search(r"<p>S (.*?) E</p>", page, re.S)[1]
        path = book.folder / "chapters" / f"{name}.md"
        cell = read_cells(path)[0]
        shown = Converter(settings, labels, path, {}).cell(cell.source, cell.line)
        on_page = " ".join(re.sub(r"<[^>]+>", "", row).replace("Fig.", "Figure").split())
        assert shown.rstrip().endswith(f"S {on_page} E")


# ---------------------------------------------------------------- with kernels

SAMPLE = """\
# Sample

Two and two make {glue:text}`four`.

```{code-cell} ipython3
import ipywidgets
def size(n, k):
    if k > n:
        raise ValueError("too large")
    return n - k + 1
slider = ipywidgets.IntSlider(3)
slider
```

```{code-cell} ipython3
import matplotlib.pyplot as plt
plt.plot([1, 2])
plt.show()
print("size", size(28, 5))
```

```{code-cell} ipython3
from IPython.display import display
display({"application/papermill.record/text/plain": "4"}, raw=True,
        metadata={"scrapbook": {"name": "four", "mime_prefix": "application/papermill.record/"}})
1 + 1;
```

```{code-cell} ipython3
:tags: [raises-exception]
size(3, 5)
```

```{code-cell} ipython3
size(28, 5) + 2
```
"""


def export(book, *arguments):
    return export_notebooks.main([f"--root={book.root}", *arguments])


@pytest.mark.slow
def test_export_nbval_and_every_way_to_break_them(tmp_path, capfd):
    book = make_book(tmp_path, sample=SAMPLE)
    assert export(book) == 0
    notebook = tmp_path / "chapters" / "sample.ipynb"
    first = notebook.read_bytes()
    assert "Two and two make 4." in first.decode()
    assert export(book) == 0 and "text only" in capfd.readouterr().out
    assert export(book, "--force") == 0 and notebook.read_bytes() == first
    assert export(book, "--check") == 0

    assert nbval(book)[0] == {"passed": 6}

    edit(notebook, "size 24", "size 25")
    counts, printed = nbval(book)
    assert counts == {"failed": 1, "passed": 5}, printed
    assert "size 25" in printed and "Cell outputs differ" in printed
    notebook.write_bytes(first)

    bare = json.loads(first)
    for cell in bare["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    notebook.write_text(json.dumps(bare))
    counts, printed = nbval(book)
    assert counts == {"failed": 6}, printed
    assert "run `make notebooks`" in printed


@pytest.mark.slow
def test_a_cell_cannot_opt_out_and_a_dead_kernel_is_noticed(tmp_path):
    text = (
        "# T\n\n```{code-cell} ipython3\n# NBVAL_IGNORE_OUTPUT\n1\n```\n"
        "\n```{code-cell} ipython3\n:tags: [nbval-skip]\n2\n```\n"
        "\n```{code-cell} ipython3\nimport os\nos._exit(1)\n```\n"
    )
    book = make_book(tmp_path, sample=text)
    write_notebook(book, "sample", {1: "1", 2: "2"})
    counts, printed = nbval(book)
    assert counts == {"failed": 3, "passed": 1}, printed
    assert printed.count("only NOT_COMPARED in chapters/conftest.py may") >= 2
    assert "the kernel died while it ran this cell" in printed


@pytest.mark.slow
def test_without_the_full_data_a_notebook_runs_uncompared_and_fails_on_ci(tmp_path):
    text = "# T\n\n```{code-cell} ipython3\n'fashion_mnist()'; 40 + 2\n```\n"
    book = make_book(tmp_path, sample=text)
    write_notebook(book, "sample", {1: "another number"})
    conftest = tmp_path / "chapters" / "conftest.py"
    conftest.write_text(conftest.read_text() + "\n\ndef full_data():\n    return False\n")
    counts, printed = nbval(book)
    assert counts == {"skipped": 2}, printed
    assert "here is the subset" in printed
    counts, printed = nbval(book, CI="true")
    assert counts == {"failed": 2}, printed
    assert "with CI set this is a failure" in printed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("x = 0\n1 / x", "sample.md:14: a cell fails in `1 / x`: ZeroDivisionError: division by"),
        ("import sys; print('oh', file=sys.stderr)", "sample.md:13: a cell writes to stderr: oh"),
        ("import os; os._exit(1)", "sample.md:13: the kernel died"),
        (
            'from d2lmini.exercises import quiz\nquiz("pading-cost")',
            'a cell fails in `quiz("pading-cost")`: ValueError: '
            "no question is called 'pading-cost'; the nearest: padding-cost,",
        ),
        ("import sys; print(sys.prefix)", "names a folder of this machine"),
    ],
)
def test_a_broken_chapter_stops_the_export_and_leaves_no_notebook(tmp_path, capfd, code, problem):
    text = f"# T\n\n```{{code-cell}} ipython3\n1\n```\n\n```{{code-cell}} ipython3\n{code}\n```\n"
    book = make_book(tmp_path, sample=text)
    assert export(book) == 1
    assert problem in capfd.readouterr().err
    assert not (tmp_path / "chapters" / "sample.ipynb").exists()
