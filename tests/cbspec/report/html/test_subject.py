"""One claim of a page, with its verdicts in the order in which a reader should see them."""

from __future__ import annotations

from msgspec.structs import replace

from cbspec.report.html.subject import Subject
from tests.support.specimen import make_entry


def test_a_superseded_verdict_comes_after_one_that_stands() -> None:
    """Of two device families at a scale, the one whose verdict still describes the claim is first."""
    cpu = replace(make_entry(), doubt="superseded")
    cuda = make_entry(device="cuda")

    subject = Subject(id=cpu.claim, entries=(cpu, cuda))

    assert subject.places == (cuda, cpu)
    assert Subject(id=cpu.claim, entries=(make_entry(), cuda)).places == (make_entry(), cuda)
