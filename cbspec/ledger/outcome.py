"""What a judged claim means to pytest."""

from __future__ import annotations

from typing import Literal

import msgspec

from cbspec.ledger.comparison import Comparison
from cbspec.model.finding import Judgement

Cause = Literal["error", "goalposts", "change", "doubt", "new"]
"""Why a claim failed: a stage, what is asserted, a verdict that is not as recorded, one that is no
longer vouched for, or a new claim that does not hold.
"""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A pytest outcome with its reason, one line.

    Attributes:
        cause: of a failure; None for any other outcome.
        warning: what a person should see although it fails nothing; empty where there is nothing.
    """

    kind: Literal["passed", "failed", "xfailed", "skipped"]
    reason: str
    cause: Cause | None = None
    warning: str = ""


def outcome(comparison: Comparison, judgement: Judgement) -> Outcome:
    """Return the pytest outcome of a claim.

    - passed: it holds, as recorded or for the first time.
    - xfailed: it does not hold, as recorded.
    - either of them with a warning, where the verdict wobbles: noise alone explains that it
      changed. A run that repeats it fails.
    - failed: anything else; errors are checked first.

    If a device family has no recorded verdict, that of another one is expected of it.
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
