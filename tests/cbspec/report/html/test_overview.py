"""The first view of a page."""

from __future__ import annotations

from cbspec.report.html.overview import in_order
from cbspec.report.html.subject import Subject


def test_claims_are_in_the_order_of_their_phases_then_of_their_ids() -> None:
    """Phase 6.9 comes before 6.10, as in the replication table, and claim 2 before claim 10."""
    phases = {"6.10.a": "6.10", "6.9.a[depth=10]": "6.9", "6.9.a[depth=2]": "6.9", "6C.a": "6C"}
    subjects = [Subject(id=name, phase=phase) for name, phase in phases.items()]

    assert [subject.id for subject in in_order(subjects)] == [
        "6C.a",
        "6.9.a[depth=2]",
        "6.9.a[depth=10]",
        "6.10.a",
    ]
