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
    whole = {key for key, (value, _) in trace.items() if _flat(value)}
    # What is told part by part
    opened = {key[: match.start()] for key in trace for match in re.finditer(r"[.\[]", key)}
    return [
        Explained(key, value, node.origin if node is not None else None)
        for key, (value, node) in trace.items()
        if key in whole or not (key in opened or value == {} or key.rpartition("[")[0] in whole)
    ]


def _flat(value: object) -> bool:
    return isinstance(value, list | tuple) and not any(
        isinstance(part, dict | list | tuple) for part in value
    )
