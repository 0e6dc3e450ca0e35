"""Goalposts: finding what a claim asserts or measures otherwise than its recorded verdict did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from cbspec.claim import Seeds
from cbspec.kinds import Assertion
from cbspec.kinds.change import Way
from cbspec.ledger.entry import Entry, SeedPlan
from cbspec.ledger.recorded import RecordedAssertion
from cbspec.ledger.shift import shifts
from cbspec.ledger.units import other_units
from cbspec.model.finding import Verdict


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a claim since its verdict was recorded.

    Attributes:
        way: whether the assertion became looser or tighter. A change that cannot be ordered counts
            as looser; a neutral one leaves the assertion as hard to meet.
    """

    text: str
    way: Way

    def of_goalposts(self, recorded: Verdict) -> bool:
        """Tell whether the move could hide that the code changed the recorded verdict.

        Loosening can hide that the old assertion no longer holds; tightening can hide that it now
        does.
        """
        return self.way == "looser" or (self.way == "tighter" and recorded != "holds")


def moves(old: Entry, new: Entry) -> tuple[Move, ...]:
    """Return every change in what the claim asserts or measures, from entry `old` to `new`.

    Bounds and margins are in the unit of their measure, so another unit moves them all.
    """
    units = []
    for other in other_units(old, new):
        units.append(Move(text=f"unit: {other.text}", way="looser"))
    if old.digest == new.digest:
        return tuple(units)
    return (
        *units,
        *_assertions(old.assertions, new.assertions),
        *_assertions(old.controls, new.controls),
        *_seeds(old, new),
        *_arms(old, new),
    )


def _assertions(
    old: Sequence[RecordedAssertion], new: Sequence[RecordedAssertion]
) -> Iterator[Move]:
    """Pair similar assertions of the two entries, whatever their order, and compare the pairs."""
    added = list(new)
    gone = [recorded for recorded in old if not _take(added, recorded)]
    for recorded in gone:
        partner = _partner(recorded, added)
        if partner is None:
            yield Move(
                text=f"{recorded.key}: {_named(recorded.terms)} is no longer asserted", way="looser"
            )
            continue
        added.remove(partner)
        for text, way in _terms(recorded.terms, partner.terms):
            yield Move(text=f"{partner.key}: {_named(partner.terms)}: {text}", way=way)
    for extra in added:
        yield Move(
            text=f"{extra.key}: {_named(extra.terms)} is asserted in addition", way="tighter"
        )


def _take(added: list[RecordedAssertion], recorded: RecordedAssertion) -> bool:
    """Remove the assertion of `added` with the same terms, if there is one."""
    for candidate in added:
        if candidate.terms == recorded.terms:
            added.remove(candidate)
            return True
    return False


def _partner(
    recorded: RecordedAssertion, added: Sequence[RecordedAssertion]
) -> RecordedAssertion | None:
    """Return an assertion of the same kind and measure, preferably at the same place."""
    alike = [candidate for candidate in added if _named(candidate.terms) == _named(recorded.terms)]
    for candidate in alike:
        if candidate.key == recorded.key:
            return candidate
    if alike:
        return alike[0]
    return None


def _named(terms: Assertion) -> str:
    """Return the kind and the measure: ``"trend of dL_same"``."""
    measure = getattr(terms, "measure", None)
    if measure:
        return f"{terms.kind} of {measure}"
    return terms.kind


def _terms(old: Assertion, new: Assertion) -> Iterator[tuple[str, Way]]:
    """Yield a move for each field that differs, with its old and its new value."""
    for field in new.__struct_fields__:
        before, after = getattr(old, field), getattr(new, field)
        if before != after:
            yield f"{field} {_shown(before)} -> {_shown(after)}", new.change(field, before, after)


def _seeds(old: Entry, new: Entry) -> Iterator[Move]:
    """Yield a move if the seeds differ.

    More seeds after the same first analysis leave less of alpha to that one, which makes it
    tighter. Any other change, such as fewer seeds or other analyses, would spend alpha again, and
    could be chosen for what it shows.
    """
    was, now = old.drawn, new.drawn
    before, after = _looks(was), _looks(now)
    if was.pool == now.pool and before == after:
        return
    extended = now.pool[: len(was.pool)] == was.pool and len(now.pool) > len(was.pool)
    way: Way = "looser"
    if extended and before[0] == after[0]:
        way = "tighter"
    yield Move(text=f"seeds: {_plan(was)} -> {_plan(now)}", way=way)


def _looks(drawn: SeedPlan) -> tuple[int, ...]:
    return Seeds(drawn.pool, drawn.start, drawn.looks).analyses


def _plan(drawn: SeedPlan) -> str:
    looks = ", ".join(map(str, _looks(drawn)))
    return f"{looks} of {_shown(drawn.pool)}"


def _arms(old: Entry, new: Entry) -> Iterator[Move]:
    """Yield a move for each arm that is another stage call now.

    Such an arm measures something else, unless it reproduces the recorded numbers.
    """
    both = sorted(old.arms.keys() & new.arms.keys())
    changed = [arm for arm in both if not _alike(old, new, arm)]
    if changed:
        text = f"arms {', '.join(changed)}: another stage call than recorded, "
        if not shifts(old, new) and not other_units(old, new) and _spread(new):
            yield Move(text=f"{text}but every figure is as recorded", way="neutral")
        else:
            yield Move(text=f"{text}so it measures something else", way="looser")
    for arm in sorted(new.arms.keys() - old.arms.keys()):
        yield Move(text=f"arm {arm} is new", way="neutral")
    # If an assertion named an arm that is gone, the assertion has changed as well and yields a move
    for arm in sorted(old.arms.keys() - new.arms.keys()):
        yield Move(text=f"arm {arm} is gone", way="neutral")


def _alike(old: Entry, new: Entry, arm: str) -> bool:
    """Tell whether an arm measures the same, though its stage call may have other words."""
    if old.arms[arm] == new.arms[arm]:
        return True
    return arm in old.measured and old.measured[arm] == new.measured.get(arm)


def _spread(entry: Entry) -> bool:
    """Tell whether any number varies over seeds.

    Numbers that do not vary could be reproduced by another computation too.
    """
    for effect in entry.effects:
        low, high = effect.low, effect.high
        if low is not None and high is not None and low < high:
            return True
    return False


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, list | tuple):
        return f"({', '.join(map(_shown, value))})"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(item)}" for name, item in value.items())
    if isinstance(value, Assertion):
        return _named(value)
    return str(value)
