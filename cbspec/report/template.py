"""Templates of Markdown pages: texts that mark up nothing, figures as people read them."""

from __future__ import annotations

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cbspec.ledger.notation import interval, number, p_value


def environment(folder: Path) -> Environment:
    """The templates of a folder, with the filters that all pages share; a name that a page is not
    given is an error.
    """
    templates = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters.update(
        md=escaped, sentence=_sentence, interval=interval, number=number, p=p_value
    )
    return templates


def escaped(text: str) -> str:
    """`text` as plain words of a Markdown paragraph or table cell: on one line, nothing in it marks
    up.
    """
    one_line = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")
    # Inside a word _ is a letter: vec_m4
    return re.sub(r"([\\`*|~]|(?<=\])\(|(?<!\w)_|_(?!\w))", r"\\\1", one_line)


def tidy(page: str) -> str:
    """A rendered page without the blank lines that its template's own lines leave."""
    return re.sub(r"\n{3,}", "\n\n", page).strip() + "\n"


def _sentence(text: str) -> str:
    return escaped(text).rstrip(".") + "."
