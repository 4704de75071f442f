"""Let a chapter come before the glossary and the bibliography in what the search finds.

Sphinx opens the file of `html_search_scorer` from wherever the build was started, so its path is
made here.
"""

from pathlib import Path


def inited(app, config) -> None:
    """Name the script that orders the results."""
    config.html_search_scorer = str(Path(__file__).with_name("scorer.js"))


def setup(app) -> dict:
    """Set the path before the search index is made."""
    app.connect("config-inited", inited)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
