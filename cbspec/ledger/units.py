"""Measures whose unit is another one than that of their recorded values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cbspec.ledger.entry import Entry
    from cbspec.ledger.evidence import Evidence

_OWN = frozenset({"correlation", "ratio", "share of seeds"})
"""The units of effects that no measure has."""


class OtherUnit(NamedTuple):
    """A measure with the unit that it was recorded in, and the one that it has now."""

    measure: str
    before: str
    after: str

    @property
    def text(self) -> str:
        return (
            f"{self.measure} was in {self.before or 'no unit'} and is in {self.after or 'no unit'}"
        )


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[OtherUnit, ...]:
    """Return the measures that have another unit after than before, where both are known."""
    others = []
    for measure, unit in before.items():
        if after.get(measure, unit) != unit:
            others.append(OtherUnit(measure, unit, after[measure]))
    return tuple(others)


def other_units(old: Entry, new: Entry) -> tuple[OtherUnit, ...]:
    """Return the measures of which an effect with the same label has another unit in entry `new`.

    A quotient or a share has a unit of its own, and labels that differ are of different quantities.
    """
    before, after = _units(old), _units(new)
    others: dict[OtherUnit, None] = {}
    for name, units in before.items():
        now = after.get(name, units)
        if not units & now:
            measure, _ = name
            others[OtherUnit(measure, ", ".join(sorted(units)), ", ".join(sorted(now)))] = None
    return tuple(others)


def recorded_units(entry: Entry, evidence: Evidence, present: Mapping[str, str]) -> dict[str, str]:
    """Return measure -> the unit of its recorded values.

    Old evidence has none: there an effect in the measure's own unit tells it, else the unit is taken
    to be the present one.
    """
    if evidence.units:
        return evidence.units
    told: dict[str, set[str]] = {}
    for (measure, _), names in _units(entry).items():
        told.setdefault(measure, set()).update(names - _OWN)
    units = dict(present)
    for measure, known in told.items():
        if len(known) == 1 and measure in present:
            units[measure] = min(known)
    return units


def _units(entry: Entry) -> dict[tuple[str, str], set[str]]:
    """Return (measure, label) -> the units of such effects."""
    units: dict[tuple[str, str], set[str]] = {}
    for effect in entry.effects:
        units.setdefault((effect.measure, effect.label), set()).add(effect.unit)
    return units
