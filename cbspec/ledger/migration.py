"""Ledgers of earlier versions become ledgers of today's, one step at a time.

Version 1 grew while it was in use: the spread of an effect, withdrawn verdicts, the digest of the
evidence, adopted results and verdicts in doubt came to it later, each as a key that may be absent.
A cbspec from before takes such a key for a mistake. From version 2 on, each new key or meaning is a
new version, with one step here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Step = Callable[[Mapping[str, Any]], Mapping[str, Any]]

VERSION = 4


def _from_1(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the content as it is: what version 1 got later may be absent in version 2, too."""
    return content


def _from_2(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the content as it is: an entry of version 2 has no declared dependencies, and of torch
    the minor version alone.
    """
    return content


def _from_3(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave out headroom and fragile, and give the spread of a ratio in its own unit.

    Version 4 has the probability of the same verdict again, which follows from evidence and from
    nothing that version 3 kept. Version 3 had the spread of a ratio's logarithm.
    """
    entries = content.get("entries")
    if not isinstance(entries, list):
        return content
    kept = []
    for entry in entries:
        if isinstance(entry, dict):
            entry = dict(entry)
            entry.pop("headroom", None)
            entry.pop("fragile", None)
            for section in ("assertions", "controls"):
                if isinstance(entry.get(section), list):
                    entry[section] = [_in_unit(recorded) for recorded in entry[section]]
        kept.append(entry)
    return {**content, "entries": kept}


def _in_unit(recorded: Any) -> Any:
    if not isinstance(recorded, dict) or not isinstance(recorded.get("effects"), list):
        return recorded
    effects = []
    for effect in recorded["effects"]:
        if isinstance(effect, dict) and " / " in str(effect.get("label")):
            spread, estimate = effect.get("spread"), effect.get("estimate")
            if isinstance(spread, int | float) and isinstance(estimate, int | float):
                effect = {**effect, "spread": float(f"{spread * abs(estimate):.6g}")}
        effects.append(effect)
    return {**recorded, "effects": effects}


# Version -> the step that makes its content that of the next version. A step gets content that no
# one has checked: it leaves what it does not understand, and the check that follows tells of it.
STEPS: Mapping[int, Step] = {1: _from_1, 2: _from_2, 3: _from_3}
