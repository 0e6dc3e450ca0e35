"""Templates of Markdown pages. Texts that are inserted are escaped, so they cannot mark up."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cbspec.ledger.notation import interval, number
from cbspec.model.finding import p_value
from cbspec.model.replicates import counted, noun
from cbspec.model.visible import visible

# Inside a word _ is a letter: vec_m4
# What begins a heading, a list, a quote, a rule or a reference where a text begins a line
_BLOCK = re.compile(
    r"^(?:(\d{1,9})(?=[.)](?:\s|$))|(?=#{1,6}(?:\s|$)|>|[-+](?:\s|$)|=+\s*$|-{2,}\s*$|\[[^\]]*\]:))"
)
_MARKUP = re.compile(r"([\\`*|~$]|(?<=\])\(|(?<!\w)_|_(?!\w))")


@lru_cache(maxsize=8)
def environment(folder: Path, **filters: Callable[..., object]) -> Environment:
    """Return the template environment of a folder, with shared filters and those of the caller.

    Everything that is inserted is plain text; only the template itself marks up. An unknown name is
    an error.
    """
    templates = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        # Jinja's own escapes are those of HTML; what `finalize` returns needs them no more
        autoescape=True,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters.update(sentence=_sentence, interval=interval, number=number, p=p_value)
    templates.filters.update(counted=counted, noun=noun)
    templates.filters.update(filters)
    return templates


def escaped(text: str) -> str:
    """Escape a text for a Markdown paragraph or table, as one line without any markup."""
    return _escaped(text).strip()


def tidy(page: str) -> str:
    """Remove the blank lines that a template's own lines leave in a rendered page."""
    return re.sub(r"\n{3,}", "\n\n", page).strip() + "\n"


def _finalized(value: object) -> Markup:
    """Return the text for an expression of a template, escaped unless a macro has returned it."""
    return value if isinstance(value, Markup) else Markup(_escaped(str(value)))


def _escaped(text: str) -> str:
    one_line = visible(re.sub(r"\s+", " ", text))
    marked = _MARKUP.sub(r"\\\1", one_line.replace("&", "&amp;").replace("<", "&lt;"))
    return _BLOCK.sub(r"\1\\", marked)


def _sentence(text: str) -> str:
    return text.strip().rstrip(".") + "."
