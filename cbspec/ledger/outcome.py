"""What a judged claim means to pytest."""

from __future__ import annotations

from typing import Literal

import msgspec

from cbspec.ledger.comparison import CHANGED, Comparison
from cbspec.model.finding import Judgement


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A pytest outcome with its reason, one line."""

    kind: Literal["passed", "failed", "xfailed", "skipped"]
    reason: str


def outcome(comparison: Comparison, judgement: Judgement) -> Outcome:
    """Return the pytest outcome of a claim.

    - passed: it holds, as recorded or for the first time.
    - xfailed: it does not hold, as recorded.
    - either of them, where the verdict wobbles: noise alone explains that it changed.
    - failed: anything else; errors are checked first.

    If a device family has no recorded verdict, that of another one is expected of it.
    """
    reason = " ".join(judgement.reason.split())
    if judgement.verdict == "error":
        return Outcome(kind="failed", reason=f"error: {reason}")
    if comparison.change == "wobble":
        kind: Literal["passed", "xfailed"] = "xfailed"
        if judgement.verdict == "holds":
            kind = "passed"
        return Outcome(kind=kind, reason=f"{comparison.headline}: {reason}")
    if comparison.change in CHANGED:
        return Outcome(kind="failed", reason=f"{comparison.headline}: {reason}")
    if judgement.verdict == "holds":
        return Outcome(kind="passed", reason=f"holds, {_record(comparison)}: {reason}")
    if comparison.expected is None:
        return Outcome(
            kind="failed", reason=f"{judgement.verdict}, {_record(comparison)}: {reason}"
        )
    return Outcome(kind="xfailed", reason=f"{judgement.verdict}, {_record(comparison)}: {reason}")


def _record(comparison: Comparison) -> str:
    if comparison.elsewhere:
        return f"as recorded on {comparison.elsewhere.device}, not yet on record here"
    if comparison.change == "drift":
        turned = "".join(f", {decision.text}" for decision in comparison.decisions)
        return f"as recorded, with other figures{turned}"
    return "not yet on record" if comparison.change == "new" else "as recorded"
