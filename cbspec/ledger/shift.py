"""Finding effects whose numbers differ from the recorded ones."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from statistics import NormalDist

import msgspec
from msgspec.structs import replace

from cbspec.ledger.entry import Entry
from cbspec.ledger.measured_noise import NoiseRecord
from cbspec.ledger.notation import interval
from cbspec.ledger.recorded import RecordedAssertion, RecordedEffect

# Relative to the effect's largest number: twice the error of rounding to six significant digits
TOLERANCE = 2e-5

# In standard errors of the recorded effect. A tenth lies below the second printed digit of a half
# width; independent seeds move an effect by two standard errors in about one case of twenty
SAME = 0.1
SHIFT = 2.0


class Shift(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One effect before and after.

    Attributes:
        before: the recorded effect; None if it is new.
        after: the new effect; None if it is gone.
        rounding: how far rounding alone usually moves it, in its unit; 0 if that is not known.
    """

    before: RecordedEffect | None
    after: RecordedEffect | None
    rounding: float = 0.0

    @property
    def size(self) -> float:
        """Return by how many standard errors of the recorded effect the effect moved.

        Drifts that were accepted one after the other count together.

        At most 1 is counted for a moved interval, for an effect that one side lacks, for another
        number of seeds, and for a record without spread and interval. A standard error counts as at
        least what rounding does to the number: seeds that agree to the last bit have none of their
        own.
        """
        was, now = self.before, self.after
        if was is None or now is None:
            return 1.0
        if was.estimate is None and now.estimate is None:
            return 0.0
        if was.estimate is None or now.estimate is None:
            return math.inf
        if was.n == now.n and not _moved(was, now):
            return 0.0
        error = _standard_error(was, now.estimate)
        if error is None:
            return 1.0
        error = max(error, self.rounding)
        if error == 0.0:
            return math.inf
        assert was.undrifted is not None  # the estimate is not None, either
        moved = max(abs(now.estimate - was.estimate), abs(now.estimate - was.undrifted))
        return max(moved / error, _interval_size(was, now, error))

    @property
    def anew(self) -> bool:
        """Tell whether the estimate is another one, so that it is of new values."""
        was, now = self.before, self.after
        if was is None or now is None or was.estimate is None or now.estimate is None:
            return True
        return was.n != now.n or not _alike(was.estimate, now.estimate)

    @property
    def text(self) -> str:
        """Return the shift as text: ``"a of dL: -0.13 [-0.14, -0.12] -> -0.10 [-0.11, -0.09]"``."""
        known = self.after or self.before
        assert known is not None  # at least one side has the effect
        text = f"{known.label} of {known.measure}: {_side(self.before)} -> {_side(self.after)}"
        if self.before and self.before.drifted_from is not None:
            text += f", drifted from {self.before.drifted_from:.3g}"
        return text


def shifts(old: Entry, new: Entry, noise: NoiseRecord | None = None) -> tuple[Shift, ...]:
    """Return the effects that one entry lacks, or that moved by more than the last recorded digits.

    Estimate, interval and number of seeds are compared.

    Args:
        old: the recorded verdict.
        new: the new verdict.
        noise: how far rounding moves the measures; None if that does not count.
    """
    before, after = _effects(old), _effects(new)
    moved = []
    for name in {**before, **after}:
        was, now = before.get(name), after.get(name)
        if was is None or now is None or _moved(was, now):
            rounding = 0.0
            if noise and was:
                rounding = noise.rounding(was.measure, was.unit, new.device)
            moved.append(Shift(before=was, after=now, rounding=rounding))
    return tuple(moved)


def drifted(old: Entry, new: Entry) -> Entry:
    """Return `new` with the estimates from which its effects have drifted, by this and before."""
    before = _effects(old)
    origins = []
    for name, effect in _effects(new).items():
        origin = before[name].undrifted if name in before else None
        if origin is not None and effect.estimate is not None and _alike(origin, effect.estimate):
            origin = None
        origins.append(origin)
    following = iter(origins)
    return replace(
        new,
        assertions=tuple(_with_origins(made, following) for made in new.assertions),
        controls=tuple(_with_origins(made, following) for made in new.controls),
    )


def _with_origins(
    assertion: RecordedAssertion, origins: Iterator[float | None]
) -> RecordedAssertion:
    """Return an assertion with the next of some origins at each of its effects."""
    effects = [replace(effect, drifted_from=next(origins)) for effect in assertion.effects]
    return replace(assertion, effects=tuple(effects))


def _effects(entry: Entry) -> dict[tuple[str, str, int], RecordedEffect]:
    """Return (measure, label, count) -> effect. The count distinguishes labels that repeat."""
    counts: Counter[tuple[str, str]] = Counter()
    effects: dict[tuple[str, str, int], RecordedEffect] = {}
    for effect in entry.effects:
        name = effect.measure, effect.label
        effects[*name, counts[name]] = effect
        counts[name] += 1
    return effects


def _interval_size(was: RecordedEffect, now: RecordedEffect, error: float) -> float:
    """Return by how many standard errors the end of an interval moved that moved more, at most 1.

    Another number of seeds, or an end that became open or closed, counts as 1.
    """
    if was.n != now.n:
        return 1.0
    moved = 0.0
    for before, after in ((was.low, now.low), (was.high, now.high)):
        if before is None and after is None:
            continue
        if before is None or after is None:
            return 1.0
        moved = max(moved, abs(after - before))
    return min(moved / error, 1.0)


def _moved(was: RecordedEffect, now: RecordedEffect) -> bool:
    # The spread is left out: it follows from interval and n, and old records lack it, which is no
    # drift
    if was.n != now.n:
        return True
    pairs = ((was.estimate, now.estimate), (was.low, now.low), (was.high, now.high))
    largest = 0.0
    for pair in pairs:
        for figure in pair:
            if figure is not None:
                largest = max(largest, abs(figure))
    return any(_differ(before, after, TOLERANCE * largest) for before, after in pairs)


def _standard_error(effect: RecordedEffect, after: float) -> float | None:
    """Return the standard error of a recorded effect in its unit.

    What has no spread over seeds, such as a share, a quantile or a coefficient, has that of its
    interval, as if it were normal: of the side where it is now, or of the other one if that has no
    width or no end. None if neither has, and 0 for what is compared as it is printed.
    """
    if effect.spread is not None:
        return effect.spread / math.sqrt(effect.n)
    assert effect.estimate is not None  # `size` compares two estimates
    if effect.printed:
        return 0.0  # a publication's number does not vary
    ends = [effect.low, effect.high]
    if after > effect.estimate:
        ends.reverse()
    for end in ends:
        if end is not None and end != effect.estimate:
            reach = NormalDist().inv_cdf((1 + effect.confidence) / 2)
            return abs(end - effect.estimate) / reach
    return None


def _alike(a: float, b: float) -> bool:
    """Tell whether two estimates differ by no more than rounding to six significant digits."""
    return abs(a - b) <= TOLERANCE * max(abs(a), abs(b))


def _differ(a: float | None, b: float | None, tolerance: float) -> bool:
    if a is None or b is None:
        return a is not b
    return abs(a - b) > tolerance


def _side(effect: RecordedEffect | None) -> str:
    if effect is None:
        return "none"
    if effect.printed:
        return interval(effect)
    return f"{interval(effect)} (n = {effect.n})"
