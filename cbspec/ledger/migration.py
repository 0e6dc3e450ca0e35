"""Migrating ledgers of earlier versions, one version at a time.

Version 1 grew while it was in use: spreads, withdrawn verdicts, evidence, adoption and doubt were
added as keys that may be absent. An older cbspec takes such a key for a mistake. So from version 2
on, every new key or meaning is a new version, with one step here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Step = Callable[[Mapping[str, Any]], Mapping[str, Any]]

VERSION = 5


def _from_1(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the content unchanged: the keys that version 1 got later may be absent in 2 as well."""
    return content


def _from_2(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the content unchanged: old entries lack dependencies, and torch's full version."""
    return content


def _from_3(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Remove headroom and fragile, and convert the spread of a ratio from its logarithm.

    Version 4 has the probability of the same verdict instead, which only evidence can give.
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


def _from_4(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the content unchanged: old entries do not say what their stages were seen to load, nor
    what their arms measure apart from where the tables lie.
    """
    return content


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


# Version -> the step to the next version. A step gets content that is not checked yet. It leaves
# what it does not understand to the check that follows
STEPS: Mapping[int, Step] = {1: _from_1, 2: _from_2, 3: _from_3, 4: _from_4}
