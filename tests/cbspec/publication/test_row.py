"""Findings gathered from claims, and what their verdicts come to."""

from __future__ import annotations

import itertools

import pytest
from msgspec.structs import replace

from cbspec.ledger import Ledger
from cbspec.publication.outcome import ScaleOutcome
from cbspec.publication.row import rows, scales_of
from tests.support.specimen import make_claim, make_entry

ENTRY = make_entry()


def outcome(*verdicts, missing=()):
    return ScaleOutcome(
        "quick",
        "cpu",
        entries=tuple(replace(ENTRY, verdict=verdict) for verdict in verdicts),
        missing=missing,
    )


@pytest.mark.parametrize(
    ("verdicts", "missing", "comes_to", "agrees"),
    [
        (["holds"], (), "holds", "yes"),
        (["holds", "holds"], (), "holds", "yes"),
        (["holds", "inconclusive"], (), "inconclusive", "undecided"),
        (["inconclusive", "invalid"], (), "invalid", "undecided"),
        (["invalid", "refuted", "holds"], (), "refuted", "no"),
        (["holds"], ("1.b[depth=4]",), None, ""),
        (["refuted"], ("1.b[depth=4]",), "refuted", "no"),
        ([], ("1.b",), None, ""),
    ],
)
def test_a_finding_asserts_all_its_claims(verdicts, missing, comes_to, agrees):
    """One refuted claim refutes the finding; it holds with all of them on record and holding, in
    whatever order they come.
    """
    for ordered in itertools.permutations(verdicts):
        found = outcome(*ordered, missing=missing)

        assert (found.verdict, found.agrees) == (comes_to, agrees)


def test_only_what_made_the_verdict_makes_it_fragile():
    """A finding that is refuted firmly is not fragile for another claim that holds by little."""
    firm, frail = (
        replace(ENTRY, verdict="refuted", again=0.99),
        replace(ENTRY, verdict="holds", again=0.8),
    )

    assert not ScaleOutcome("quick", "cpu", entries=(firm, frail)).fragile
    assert ScaleOutcome("quick", "cpu", entries=(frail,)).fragile


def test_devices_stand_apart():
    """The same claim on record on two device families has two outcomes, each with what it lacks."""
    claims = [make_claim(id=f"1.b[depth={depth}]") for depth in (2, 4)]
    on = [make_entry(claim=claims[0], device=device) for device in ("cuda", "cpu")]
    [row] = rows(claims, Ledger([replace(entry, claim=claims[0].id) for entry in on]))

    assert [
        (each.scale, each.device, len(each.entries), each.missing) for each in row.outcomes
    ] == [
        ("quick", "cpu", 1, ("1.b[depth=4]",)),
        ("quick", "cuda", 1, ("1.b[depth=4]",)),
    ]


def test_a_claim_on_record_that_is_gone_is_no_finding():
    """What no claim file has any more is left out."""
    assert rows([], Ledger([ENTRY])) == []


def test_scales_in_the_order_in_which_claims_name_them():
    """The scale that claims name first stands first, of two the one of more claims, however many
    cells a matrix has.
    """
    cells = [(f"1.a[depth={depth}]", ("a", "memo")) for depth in range(3)]
    named = [("1.b", ("memo",)), *cells, ("1.c", ("quick", "memo")), ("1.d", ("quick", "memo"))]

    assert scales_of(make_claim(id=name, decidable=scales) for name, scales in named) == [
        "quick",
        "a",
        "memo",
    ]
