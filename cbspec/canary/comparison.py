"""Comparing a claim's canary with the recorded one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from cbspec.canary.record import CanaryRecord, Figures
from cbspec.model.dependencies import same_torch
from cbspec.model.edit import Edit

State = Literal["equal", "differs", "unheld", "new", "error"]

UNHELD = "canary compares nothing: none of its figures is held"
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a canary that is not as recorded.

    Attributes:
        seed: the seed; None if the whole arm differs.
        before: the recorded value, or why there is none.
        after: the new value, or why there is none.
        allowed: the greatest difference within tolerance; None if no numbers are compared.
    """

    arm: str
    measure: str
    seed: int | None
    before: float | str
    after: float | str
    allowed: float | None = None

    @property
    def text(self) -> str:
        """Return the difference as text: ``"gamma of vec_m4, seed 42: 0.5123 -> 0.4877 (tolerance
        0.0004)"``.
        """
        text = f"{self.measure} of {self.arm}"
        if self.seed is not None:
            text += f", seed {self.seed}"
        before, after = shown_value(self.before), shown_value(self.after)
        if before == after:  # in six digits; the values are not
            before, after = str(self.before), str(self.after)
        text += f": {before} -> {after}"
        if self.allowed is not None:
            text += f" (tolerance {self.allowed:.1g})"
        return text


class CanaryCheck(msgspec.Struct, frozen=True, kw_only=True):
    """The check of one claim's canary.

    Attributes:
        claim: the id of the claim.
        state: `equal` or `differs`; `unheld` if the code changed and none of the values is held, so
            that nothing was compared; `new` if no comparable canary is recorded; `error` if a stage
            could not be computed.
        reason: the reason, for `unheld`, `new` and `error`.
        differences: the values that are not as recorded.
        figures: the new values; None for an error.
        held: whether any of the values is held to the recorded one.
        edits: the definitions that changed since the canary was recorded.
        title: the title of the claim.
        phase: its phase.
        path: its file, relative to the repository.
        line: its line in the file.
    """

    claim: str
    state: State
    reason: str = ""
    differences: tuple[Difference, ...] = ()
    figures: Figures | None = None
    held: bool = True
    edits: tuple[Edit, ...] = ()
    title: str = ""
    phase: str = ""
    path: str = ""
    line: int = 1

    @property
    def failed(self) -> bool:
        """Tell whether the canary is not as recorded, or could not be computed."""
        return self.state in ("differs", "error")

    @property
    def text(self) -> str:
        """Return the check as one line."""
        if self.state == "differs":
            count = len(self.differences)
            figures = f"{count} canary figures"
            if count == 1:
                figures = "1 canary figure"
            return f"{figures} changed; {self.differences[0].text}"
        return {"equal": "canary equal", "new": f"canary not on record: {self.reason}"}.get(
            self.state, self.reason
        )


def compared(record: CanaryRecord, computed: Figures) -> CanaryCheck:
    """Compare a claim's canary with the recorded one, value by value.

    A value x equals the recorded value r if ``|x - r| <= atol + rtol * |r|``. An undefined value is
    equal if it was undefined for the same reason, numbers in the reason aside. If an arm or a
    measure is not on record, or a stage call is another one, the whole canary is `new`. If none of
    the values is held, it is equal only as the canary of the recorded code.
    """
    known = record.figures.get(computed.claim)
    if known is None:
        return CanaryCheck(
            claim=computed.claim, state="new", reason="no figures of this claim", figures=computed
        )
    if reason := _incomparable(known, computed):
        return CanaryCheck(claim=computed.claim, state="new", reason=reason, figures=computed)
    held = _held(record, computed)
    if not held and not _same_code(known, computed):
        return CanaryCheck(
            claim=computed.claim, state="unheld", reason=UNHELD, figures=computed, held=False
        )
    differences = tuple(_differences(record, known, computed))
    return CanaryCheck(
        claim=computed.claim,
        state="differs" if differences else "equal",
        differences=differences,
        figures=computed,
        held=held,
    )


def another_experiment(known: Figures, calls: Mapping[str, str]) -> list[str]:
    """Return the arms whose stage call is not the one on record.

    Args:
        known: the recorded canary.
        calls: arm -> digest of its stage call.
    """
    return [arm for arm, call in calls.items() if known.calls.get(arm) != call]


def _incomparable(known: Figures, computed: Figures) -> str:
    """Return why two canaries cannot be compared; empty if they can."""
    if known.values.seeds != computed.values.seeds:
        return f"its seeds were {known.values.seeds}, now {computed.values.seeds}"
    if moved := another_experiment(known, computed.calls):
        return f"another stage call than recorded: {', '.join(moved)}"
    for arm, measures in computed.values.arms.items():
        absent = sorted(measures.keys() - known.values.arms.get(arm, {}).keys())
        if absent:
            return f"no figures of {', '.join(absent)} of {arm}"
    return ""


def _same_code(known: Figures, computed: Figures) -> bool:
    alike = same_torch(known.provenance.torch, computed.provenance.torch)
    return alike and known.code == computed.code


def _held(record: CanaryRecord, computed: Figures) -> bool:
    """Tell whether any value of a canary is held to the recorded one."""
    for arm, measures in computed.values.arms.items():
        for measure in measures:
            if record.tolerance(computed.claim, arm, measure) is not None:
                return True
    return False


def _differences(record: CanaryRecord, known: Figures, computed: Figures) -> Iterator[Difference]:
    for arm, measures in computed.values.arms.items():
        for measure in measures:
            tolerance = record.tolerance(computed.claim, arm, measure)
            if tolerance is None:
                continue
            for seed in computed.values.seeds:
                before = _value(known, arm, measure, seed)
                after = _value(computed, arm, measure, seed)
                allowed = None
                if not (isinstance(before, str) or isinstance(after, str)):
                    allowed = tolerance.atol + tolerance.rtol * abs(before)
                if not _same(before, after, allowed):
                    yield Difference(
                        arm=arm,
                        measure=measure,
                        seed=seed,
                        before=before,
                        after=after,
                        allowed=allowed,
                    )


def _same(before: float | str, after: float | str, allowed: float | None) -> bool:
    if isinstance(before, str) and isinstance(after, str):
        return _without_numbers(before) == _without_numbers(after)
    if isinstance(before, str) or isinstance(after, str) or allowed is None:
        return False
    return abs(after - before) <= allowed


def _value(figures: Figures, arm: str, measure: str, seed: int) -> float | str:
    """Return a value, or why there is none."""
    values = figures.values
    value = values.arms[arm][measure][values.seeds.index(seed)]
    if value is None:
        return values.reason(arm, measure, seed) or "no value"
    return value


def _without_numbers(reason: str) -> str:
    """Return a reason without its numbers, whose last digits depend on the platform."""
    return _NUMBER.sub("#", reason)


def shown_value(value: float | str) -> str:
    """Return a value to six digits, or why there is none."""
    if isinstance(value, str):
        return value
    return f"{value:.6g}"
