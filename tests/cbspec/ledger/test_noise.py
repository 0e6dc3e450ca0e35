"""What noise alone would change of the verdicts on record."""

import pytest
from msgspec.structs import replace

from cbspec.ledger import expected_changes, likeliest


def sure(entry, **probabilities):
    """Entries of claims, each with its probability of the same verdict again."""
    return [replace(entry(), claim=claim, again=again) for claim, again in probabilities.items()]


def test_the_expected_number_of_changes_is_a_sum(entry):
    """Each verdict counts for what it lacks to be sure; one that tells nothing does not count."""
    entries = sure(entry, a=0.75, b=1.0, c=0.5, d=None)

    assert expected_changes(entries) == (pytest.approx(0.75), 3)


def test_the_likeliest_are_fragile_and_come_first(entry):
    """Five at most, least sure first, none that is sure to 0.95; an undecided one counts alike."""
    entries = sure(entry, a=0.94, b=0.95, c=0.5, d=None, e=0.2, f=0.9, g=0.7, h=0.8)
    entries[2] = replace(entries[2], verdict="inconclusive")

    assert [entry.claim for entry in likeliest(entries)] == ["e", "c", "g", "h", "f"]
