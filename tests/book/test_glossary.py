"""The glossary: its terms are used, its wrong words found, its anchors those of the page."""

import re
from pathlib import Path

import pytest

from tests.book.conftest import Book
from tests.book.sample_book import HEADER
from tools.chapters import ROOT, read_book, read_cells
from tools.check_style import check
from tools.glossary import CHINESE, Entry, entries, forbidden, pattern
from tools.notebook_text import term_id

ENTRIES = entries()
# What the design asks for: English term and Chinese name.
ASKED = {
    "kernel": "卷积核",
    "cross-correlation": "互相关",
    "convolution": "卷积",
    "convolution layer": "卷积层",
    "bias": "偏置",
    "pooling": "汇聚",
    "max pooling": "最大汇聚",
    "average pooling": "平均汇聚",
    "padding": "填充",
    "stride": "步幅",
    "dilation": "空洞率",
    "channel": "通道",
    "feature map": "特征图",
    "receptive field": "感受野",
    "translation equivariance": "平移等变性",
    "translation invariance": "平移不变性",
    "locality": "局部性",
    "weight sharing": "权重共享",
    "tensor": "张量",
    "element": "元素",
    "fully connected layer": "全连接层",
    "multilayer perceptron": "多层感知机",
    "hidden representation": "隐藏表示",
    "activation": "激活值",
    "iteration": "迭代",
    "epoch": "轮",
    "training split": "训练集",
    "validation split": "验证集",
    "test split": "测试集",
    "downsampling": "降采样",
    "multiply-accumulate": "乘加",
    "plateau": "平台期",
    "stability limit": "稳定界限",
}
WRONG = {"filter", "convolutional layer", "fully-connected", "spatial invariance"} | {
    *("核数组", "核矩阵", "过滤器", "滤波器", "相关运算", "二维相关", "互相关联", "卷基层"),
    *("池化", "步长", "特征映射", "空间不变性", "下采样"),
}
LETTERS = [*"XKYnkmPpsdNrj", "c_i", "c_o", r"\Delta", r"\eta"]


def named(name: str) -> Entry:
    """Return the entry of a term."""
    return next(entry for entry in ENTRIES if name in entry.names)


def words_of(path: Path) -> str:
    """Return the text of a page with single blanks, in lower case, without emphasis."""
    text = " ".join(cell.source for cell in read_cells(path))
    return " ".join(text.replace("*", "").lower().split())


def test_every_term_that_is_asked_for_is_there_with_its_chinese_name():
    found = {name: entry.chinese for entry in ENTRIES for name in entry.names}
    assert {name: found.get(name) for name in ASKED} == ASKED


def test_entries_are_complete():
    names = [name.lower() for entry in ENTRIES for name in entry.names]
    assert len(set(names)) == len(names), "a term stands twice"
    for entry in ENTRIES:
        assert CHINESE.search(entry.chinese) and entry.definition.endswith((".", ")")), entry.names
        sentences = re.findall(r"[.!?](?=\s|\)|$)", entry.definition)
        assert 1 <= len(sentences) <= 3, entry.definition
        assert (ROOT / f"chapters/{entry.chapter}.md").stem == entry.chapter


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.names[0])
def test_the_chapter_that_introduces_a_term_uses_it(entry):
    assert f"chapters/{entry.chapter}" in read_book().pages, "not in the contents"
    text = words_of(ROOT / f"chapters/{entry.chapter}.md")
    used = [name for name in entry.names if re.search(rf"\b{re.escape(name.lower())}s?\b", text)]
    assert used, f"{entry.chapter}.md never says {' or '.join(entry.names)}"


def test_every_letter_has_one_row():
    page = (ROOT / "chapters/glossary.md").read_text(encoding="utf-8")
    table = page.split("\n## Letters\n")[1].split("\n## ")[0]
    first = [row.split("|")[1] for row in table.split("\n") if row.startswith("| $")]
    letters = [letter for cell in first for letter in re.findall(r"\$([^$]+)\$", cell)]
    assert sorted(letters) == sorted(LETTERS)


# ---------- words that must not stand


def style_errors(tmp_path: Path, text: str) -> str:
    """Return what the style check says of a sentence."""
    path = tmp_path / "chapters" / "sample.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{HEADER}# Title\n\n{text}\n", encoding="utf-8")
    return "\n".join(check(path)[0])


def test_the_wrong_words_of_the_design_are_listed():
    assert {word for entry in ENTRIES for word in entry.wrong} >= WRONG


@pytest.mark.parametrize("word", sorted({word for entry in ENTRIES for word in entry.wrong}))
def test_a_wrong_word_is_named_with_the_right_one(tmp_path, word):
    entry = next(entry for entry in ENTRIES if word in entry.wrong)
    right = entry.chinese if CHINESE.search(word) else entry.names[0]
    said = style_errors(
        tmp_path, f"Here 这{word}是 stands." if CHINESE.search(word) else f"A {word}."
    )
    assert f"sample.md:8: write {right}, not {word!r}" in said
    assert "write" not in style_errors(tmp_path, f"Others say *{word}*.")


def test_no_term_is_forbidden():
    for entry in ENTRIES:
        for term in (*entry.names, entry.chinese):
            wrong = [found for found in forbidden() if re.search(found, term, re.I)]
            assert not wrong, f"{term}: {wrong}"


@pytest.mark.parametrize(
    ("name", "wrong", "text", "found"),
    [
        ("kernel", "filter", "two Filters", True),
        ("kernel", "filter", "an infiltered room", False),
        ("cross-correlation", "相关运算", "二维互相关运算", False),
        ("cross-correlation", "相关运算", "二维相关运算", True),
        ("cross-correlation", "互相关联", "互相关联运算", True),
        ("convolution layer", "convolutional layer", "a convolutional  layer", True),
        ("convolution layer", "convolutional layer", "a convolutional network", False),
    ],
)
def test_a_wrong_word_is_found_where_it_stands_and_not_inside_the_right_one(
    name, wrong, text, found
):
    assert bool(re.search(pattern(wrong, named(name)), text, re.I)) is found


def test_a_glossary_is_read_with_names_definition_wrong_words_and_chapter(tmp_path):
    page = tmp_path / "glossary.md"
    page.write_text(
        "# G\n\nIntroduced in {doc}`one`.\n\n```{glossary}\nnet\nweb\n"
        '  <span lang="zh">网</span> Threads,\n  knotted.\n\n'
        '  Not: *mesh*, <span lang="zh">*罗*, *罟*</span>.\n\nknot\n  A tie.\n```\n\n'
        "Introduced in {doc}`two`.\n\n```{glossary}\nrope\n  Thick.\n```\n"
    )
    assert entries(page) == [
        Entry(("net", "web"), "网", "Threads, knotted.", ("mesh", "罗", "罟"), "one", 6),
        Entry(("knot",), "", "A tie.", (), "one", 13),
        Entry(("rope",), "", "Thick.", (), "two", 20),
    ]
    assert set(forbidden(page).values()) == {"net", "网"}


# ---------- the page


@pytest.mark.slow
def test_anchors_of_terms_are_those_that_notebooks_link_to(book: Book):
    page = (ROOT / "chapters/glossary.md").read_text(encoding="utf-8")
    page = re.sub(r"\{doc\}`[\w-]+`", "elsewhere", page)
    (book.folder / "chapters" / "glossary.md").write_text(page, encoding="utf-8")
    book.chapter("1", "A {term}`kernel` and {term}`kernels <kernel>` make an {term}`mlp`.")
    toc = book.folder / "_toc.yml"
    toc.write_text(toc.read_text() + "- file: chapters/glossary\n")
    built = book.build()
    assert built.returncode == 0, built.stdout[-2000:]
    html = (book.html / "chapters" / "glossary.html").read_text(encoding="utf-8")
    anchors = re.findall(r'<dt id="([^"]+)">', html)
    assert anchors == [term_id(name) for entry in ENTRIES for name in entry.names]
    chapter = (book.html / "chapters" / "one.html").read_text(encoding="utf-8")
    assert chapter.count('href="glossary.html#term-kernel"') == 2
    assert 'href="glossary.html#term-MLP"' in chapter
    assert not (book.html / "chapters" / "glossary.ipynb").exists()
    assert "btn-download-notebook-button" not in html and "Colab" not in html
    assert not (book.html / "genindex.html").exists()
