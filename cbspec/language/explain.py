"""A claim as ``cbspec show`` prints it: every value, and the line that it comes from."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from cbspec.claim import Claim
from cbspec.language.source_map import Origins
from cbspec.model.origin import Origin


class Explained(NamedTuple):
    """One value of a claim; `origin` is None for what the stage itself has as its default."""

    key: str
    value: Any
    origin: Origin | None


def explain_values(claim: Claim) -> list[Explained]:
    """Return the claim fully resolved, value by value, with defaults filled in, and sizes and the
    matrix cell in place of their ``$name``.

    Lists of plain values (the arms of an assertion, the pool of seeds) stand as one value.
    """
    assert isinstance(claim.origins, Origins), "a claim that was read from a file"
    trace = claim.origins.trace
    whole: set[str] = set()  # what stands as one value
    opened: set[str] = set()  # what is told part by part
    for key, (value, _) in trace.items():
        if _flat(value):
            whole.add(key)
        for match in re.finditer(r"[.\[]", key):
            opened.add(key[: match.start()])
    explained = []
    for key, (value, node) in trace.items():
        listed, _, _ = key.rpartition("[")
        told_otherwise = key in opened or listed in whole or value == {}
        if key in whole or not told_otherwise:
            origin = node.origin if node is not None else None
            explained.append(Explained(key, value, origin))
    return explained


def _flat(value: object) -> bool:
    if not isinstance(value, list | tuple):
        return False
    return not any(isinstance(part, dict | list | tuple) for part in value)
