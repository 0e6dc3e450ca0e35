"""Saving a changed ledger together with its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cbspec.project import Project

if TYPE_CHECKING:
    from cbspec.ledger import Evidence, Ledger


def save(project: Project, before: Ledger, after: Ledger, evidence: Sequence[Evidence]) -> None:
    """Write the evidence, then the ledger that names it, and then remove unused evidence."""
    # In this order, a process that is killed in between leaves no entry without its evidence
    project.evidence.keep(evidence, before, after)
    after.save(project.config.ledger)
    project.evidence.prune([item.claim for item in evidence], after)
