"""The first view of a page."""

from __future__ import annotations

from cbspec.report.html.overview import in_order, overview
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


def test_a_tile_of_one_is_singular(subject, flipped) -> None:
    """Below a 1 stands a claim that needs a look, below other numbers claims that need one."""
    other = Subject(id="9.z", phase="9")
    words = []
    for subjects in ([subject(flipped)], [subject(flipped), other], [other]):
        words.append([tile.word for tile in overview(subjects, of_run=True).tiles[:2]])

    assert words == [
        ["claim", "needs a look"],
        ["claims", "needs a look"],
        ["claim", "need a look"],
    ]
