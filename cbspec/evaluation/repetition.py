"""Wobbles that repeat: a verdict changes within noise, as it did in an earlier run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from cbspec.errors import ConfigError
from cbspec.ledger import Comparison, Key
from cbspec.model.finding import Verdict
from cbspec.report import Run, decode

Wobbles = Mapping[Key, Verdict]
"""Ledger key -> the verdict that the earlier run reached, for the verdicts that wobbled."""


def wobbles_of(report: Path) -> Wobbles:
    """Return the verdicts that wobbled in an earlier run.

    Args:
        report: the ``latest.json`` of that run.

    Raises:
        ConfigError: the file is not the report of a run.
    """
    try:
        run = decode(report.read_text(encoding="utf-8"), Run)
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError) as error:
        raise ConfigError(f"--repeat-of {report}: not the report of a run: {error}") from None
    wobbles = {}
    for record in run.records:
        if record.comparison.change == "wobble":
            wobbles[record.entry.key] = record.judgement.verdict
    return wobbles


def repeated(comparison: Comparison, earlier: Wobbles) -> Comparison:
    """Mark a wobble as repeated if an earlier run reached the same verdict."""
    new = comparison.new
    if comparison.change != "wobble" or new is None or earlier.get(new.key) != new.verdict:
        return comparison
    return msgspec.structs.replace(comparison, repeated=True)
