"""Citations by author and year, in round brackets: LeCun et al. (1998), (LeCun et al., 1998).

sphinxcontrib-bibtex knows such citations in square brackets only, and gives the entries of the
bibliography another label. Here both say the same. tools/citations.py uses this class too, so that
a notebook and its page use the same words.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from pybtex import plugin
from pybtex.richtext import Text
from pybtex.style.formatting.plain import Style as PlainStyle
from pybtex.style.labels import BaseLabelStyle
from sphinxcontrib.bibtex import plugin as bibtex_plugin
from sphinxcontrib.bibtex.style.referencing import BracketStyle, PersonStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle

NAME = "round_author_year"


def _several_in_brackets() -> BracketStyle:
    return BracketStyle("(", ")", sep="; ")


def _several_in_a_sentence() -> BracketStyle:
    return BracketStyle("(", ")", sep=", ", sep2=" and ", last_sep=" and ")


def _persons() -> PersonStyle:
    return PersonStyle(last_sep=" and ", other=Text(" et al."))


@dataclass
class RoundAuthorYear(AuthorYearReferenceStyle):
    """{cite:t}: LeCun et al. (1998); {cite:p}: (LeCun et al., 1998; Zhang, 2019)."""

    bracket_textual: BracketStyle = field(default_factory=_several_in_a_sentence)
    bracket_parenthetical: BracketStyle = field(default_factory=_several_in_brackets)
    bracket_author: BracketStyle = field(default_factory=_several_in_a_sentence)
    bracket_label: BracketStyle = field(default_factory=_several_in_brackets)
    bracket_year: BracketStyle = field(default_factory=_several_in_brackets)
    person: PersonStyle = field(default_factory=_persons)


class AuthorYearLabel(BaseLabelStyle):
    """Label an entry of the bibliography with the words by which a chapter cites it."""

    def format_labels(self, sorted_entries) -> Iterator[str]:
        """Yield one label for each entry."""
        style = RoundAuthorYear()
        for entry in sorted_entries:
            names = style.person.author_or_editor_or_title(full=False)
            who = names.format_data({"entry": entry, "style": style})
            yield f"{who}, {entry.fields.get('year', 'n.d.')}"


class AuthorYearStyle(PlainStyle):
    """pybtex's plain entries, in the order of authors, with these labels."""

    default_label_style = NAME
    default_sorting_style = "author_year_title"


def register() -> None:
    """Make the styles known to pybtex; doing it twice is no fault."""
    group = "sphinxcontrib.bibtex.style.referencing"
    bibtex_plugin.register_plugin(group, NAME, RoundAuthorYear, force=True)
    plugin.register_plugin("pybtex.style.labels", NAME, AuthorYearLabel, force=True)
    plugin.register_plugin("pybtex.style.formatting", NAME, AuthorYearStyle, force=True)


def setup(app) -> dict:
    """Register the styles before sphinxcontrib-bibtex looks for them."""
    register()
    return {"parallel_read_safe": True, "parallel_write_safe": True}
