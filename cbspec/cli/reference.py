"""The words of the claim language as Markdown tables, made from the types that claims are read
by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from cbspec.kinds import KINDS, Assertion
from cbspec.language.schema import summary


def reference(schema: Mapping[str, Any]) -> str:
    """Return the table of a claim's keys, then that of the assertion kinds.

    Args:
        schema: the schema of claim files, as `cbspec.language.schema` builds it.
    """
    return f"{keys(schema)}\n\n{kinds()}"


def keys(schema: Mapping[str, Any]) -> str:
    """Return one row for each top-level key of a claim file."""
    needed = set(schema["required"])
    rows = (
        (f"`{key}`", "yes" if key in needed else "", words["description"])
        for key, words in schema["properties"].items()
    )
    return _table(("key", "needed", "meaning"), rows)


def kinds() -> str:
    """Return one row for each assertion kind; the words that every kind takes are left out."""
    shared = {field.name for field in msgspec.structs.fields(Assertion)}
    rows = []
    for tag, kind in KINDS.items():
        fields = [field for field in msgspec.structs.fields(kind) if field.name not in shared]
        needed = ", ".join(f"`{field.encode_name}`" for field in fields if field.required)
        more = ", ".join(f"`{field.encode_name}`" for field in fields if not field.required)
        rows.append((f"`{tag}`", summary(kind), needed, more))
    return _table(("kind", "asserts", "needs", "takes"), iter(rows))


def _table(headings: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [headings, tuple("---" for _ in headings), *rows]
    return "\n".join(_line(cells) for cells in lines)


def _line(cells: tuple[str, ...]) -> str:
    escaped = (cell.replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"
