"""The pytest outcome of a judged claim."""

from __future__ import annotations

from typing import Literal

import msgspec

from cbspec.ledger.comparison import Comparison
from cbspec.model.finding import Judgement

Cause = Literal["error", "goalposts", "change", "doubt", "new"]
"""Why a claim failed: a stage raised, the assertion was moved, the verdict changed, a recorded
verdict is in doubt, or a new claim does not hold.
"""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A pytest outcome with its reason.

    Attributes:
        kind: the outcome.
        reason: the reason, as one line.
        cause: the cause of a failure; None for any other outcome.
        warning: a change that does not fail the claim but should be seen; empty if there is none.
    """

    kind: Literal["passed", "failed", "xfailed", "skipped"]
    reason: str
    cause: Cause | None = None
    warning: str = ""


def outcome(comparison: Comparison, judgement: Judgement) -> Outcome:
    """Return the pytest outcome of a claim.

    - passed: it holds, as recorded, or for the first time.
    - xfailed: it does not hold, as recorded.
    - passed or xfailed with a warning: the verdict changed, but noise alone explains it. It fails
      if a run repeats the change.
    - failed: anything else.

    If a device family has no recorded verdict, that of another family is expected.
    """
    reason = " ".join(judgement.reason.split())
    if judgement.verdict == "error":
        return Outcome(kind="failed", reason=f"error: {reason}", cause="error")
    if comparison.alarming:
        cause: Cause = "change"
        if comparison.change == "goalposts":
            cause = "goalposts"
        return Outcome(kind="failed", reason=f"{comparison.headline}: {reason}", cause=cause)
    if comparison.change == "wobble":
        kind: Literal["passed", "xfailed"] = "xfailed"
        if judgement.verdict == "holds":
            kind = "passed"
        headline = comparison.headline
        return Outcome(kind=kind, reason=f"{headline}: {reason}", warning=headline)
    if judgement.verdict == "holds":
        return Outcome(kind="passed", reason=f"holds, {_record(comparison)}: {reason}")
    if comparison.expected is None:
        new = f"{judgement.verdict}, {_record(comparison)}: {reason}"
        return Outcome(kind="failed", reason=new, cause="new")
    return Outcome(kind="xfailed", reason=f"{judgement.verdict}, {_record(comparison)}: {reason}")


def _record(comparison: Comparison) -> str:
    if comparison.elsewhere:
        return f"as recorded on {comparison.elsewhere.device}, not yet on record here"
    if comparison.change == "drift":
        text = "as recorded, with other figures"
        for decision in comparison.decisions:
            text += f", {decision.text}"
        return text
    if comparison.change == "new":
        return "not yet on record"
    return "as recorded"
