"""A verdict with all that it rests on."""

from __future__ import annotations

import pytest

from cbspec.claim import Seeds
from cbspec.report.html.judged import judged_at
from cbspec.report.html.subject import Subject
from tests.support.specimen import make_claim, make_entry, make_judgement

POOL = tuple(range(1, 13))


@pytest.mark.parametrize(
    ("drawn", "taken", "looks"),
    [
        (Seeds(POOL, start=3), 3, [3]),
        (Seeds(POOL, start=3), 12, [3, 6, 12]),
        (Seeds(POOL[:8], start=3), 8, [3, 6, 8]),
        (Seeds(POOL, start=4, looks=(4, 10, 12)), 12, [4, 10, 12]),
        (Seeds((), start=0), 5, [5]),
    ],
)
def test_the_looks_are_those_that_its_seeds_took(
    drawn: Seeds, taken: int, looks: list[int]
) -> None:
    """All interim analyses up to the seeds of the verdict are told; runs of a table, which no claim
    draws, are looked at once.
    """
    judgement = make_judgement("holds", seeds=tuple(range(1, taken + 1)))
    entry = make_entry(claim=make_claim(seeds=drawn), judgement=judgement)
    subject = Subject(id=entry.claim, entries=(entry,))

    told = judged_at(subject, entry).looks

    assert [look.seeds for look in told] == looks
    assert [look.verdict for look in told[:-1]] == ["inconclusive"] * (len(looks) - 1)
    assert told[-1].verdict == "holds"
