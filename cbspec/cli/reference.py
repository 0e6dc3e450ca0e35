"""The reference of the claim language as Markdown tables, made from its types."""

from __future__ import annotations

from collections.abc import Mapping
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
    """Return a table with a row for each top-level key of a claim file."""
    lines = _head("key", "needed", "meaning")
    for key, words in schema["properties"].items():
        needed = ""
        if key in schema["required"]:
            needed = "yes"
        lines.append(_row(f"`{key}`", needed, words["description"]))
    return "\n".join(lines)


def kinds() -> str:
    """Return a table with a row for each assertion kind, without the fields that all share."""
    shared = {field.name for field in msgspec.structs.fields(Assertion)}
    lines = _head("kind", "asserts", "needs", "takes")
    for tag, kind in KINDS.items():
        needs: list[str] = []
        takes: list[str] = []
        for field in msgspec.structs.fields(kind):
            if field.name not in shared:
                words = needs if field.required else takes
                words.append(f"`{field.encode_name}`")
        lines.append(_row(f"`{tag}`", summary(kind), ", ".join(needs), ", ".join(takes)))
    return "\n".join(lines)


def _head(*headings: str) -> list[str]:
    return [_row(*headings), _row(*["---"] * len(headings))]


def _row(*cells: str) -> str:
    row = " | ".join(cell.replace("|", "\\|") for cell in cells)
    return f"| {row} |"
