"""Listing every value of a claim with the line that it comes from, for ``cbspec show``."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from cbspec.claim import Claim
from cbspec.language.source_map import Origins
from cbspec.model.origin import Origin


class Explained(NamedTuple):
    """One value of a claim. `origin` is None for a default of the stage itself."""

    key: str
    value: Any
    origin: Origin | None


def explain_values(claim: Claim) -> list[Explained]:
    """Return every value of a resolved claim, with defaults and every ``$name`` filled in.

    A list of plain values, such as the arms of an assertion or the pool of seeds, is one value.
    """
    assert isinstance(claim.origins, Origins), "a claim that was read from a file"
    trace = claim.origins.trace
    whole: set[str] = set()  # key paths that are one value
    opened: set[str] = set()  # key paths whose parts are values of their own
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
