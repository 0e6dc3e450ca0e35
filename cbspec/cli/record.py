"""Putting verdicts on record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cbspec.project import Project

if TYPE_CHECKING:
    from cbspec.ledger import Evidence, Ledger


def save(project: Project, before: Ledger, after: Ledger, evidence: Sequence[Evidence]) -> None:
    """Write evidence first, then the ledger that names it, then drop what nothing names any
    more.
    """
    project.evidence.keep(evidence, before, after)
    after.save(project.config.ledger)
    project.evidence.prune([item.claim for item in evidence], after)
