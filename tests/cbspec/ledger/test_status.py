from __future__ import annotations

from cbspec.ledger import Ledger, status


def test_each_claim_at_each_scale(entry, claim):
    """A claim has a row per recorded scale and device, or one that says that nothing is recorded
    where it is decidable.
    """
    ids = [("a", "quick"), ("a", "memo"), ("b", "quick"), ("b", "memo")]
    claims = [
        claim(id=name, scale=scale, decidable=("quick", "memo") if name == "a" else ("memo",))
        for name, scale in ids
    ]
    ledger = Ledger([entry(claim=claims[0]), entry("refuted", claim=claims[0], device="cuda")])

    rows = status(
        ledger, claims, lambda _claim, held: ["torch 2.11"] if held.device == "cuda" else []
    )

    assert [
        (row.claim, row.scale, row.device, row.verdict, row.currency, row.moved) for row in rows
    ] == [
        ("a", "quick", "cpu", "holds", "current", ()),
        ("a", "quick", "cuda", "refuted", "stale", ("torch 2.11",)),
        ("a", "memo", None, None, "unrecorded", ()),
        ("b", "memo", None, None, "unrecorded", ()),
    ]


def test_a_claim_that_asserts_otherwise_is_stale(entry, claim):
    """An entry of what a claim used to assert is stale whatever the code says."""
    [row] = status(Ledger([entry()]), [claim(alpha=0.01)], lambda _claim, _entry: ())

    assert (row.currency, row.moved) == ("stale", ("claim",))


def test_entries_without_claim_are_orphaned(entry, claim):
    """An entry whose claim is gone is shown, so that it can be removed."""
    rows = status(
        Ledger([entry(claim=claim(id="z"))]), [claim(decidable=())], lambda _claim, _entry: ()
    )

    assert [(row.claim, row.currency) for row in rows] == [("z", "orphaned")]


def test_entries_at_a_scale_that_the_claim_gave_up_are_orphaned(entry, claim):
    """An entry is orphaned too where its claim is decidable at other scales only, whichever it is
    read at.
    """
    for scale in ("quick", "memo"):
        rows = status(
            Ledger([entry()]), [claim(scale=scale, decidable=("memo",))], lambda _claim, _entry: ()
        )

        assert [(row.scale, row.currency) for row in rows if row.entry] == [("quick", "orphaned")]
