"""What a page says of mutants."""

from __future__ import annotations

from cbspec.canary.teeth import Teeth, Tried
from cbspec.ledger import Provenance
from cbspec.report.html.page import templates
from cbspec.report.html.teeth import teeth_view


def tried(outcome, asked=("1.a",), **fields):
    """Return a mutant that two claims reach."""
    return Tried(
        name=str(len(fields)) + outcome,
        definition="lab/rules.py:step",
        line=7,
        operator="sign",
        before="a - b",
        after="-(a - b)",
        reaches=("1.a", "1.b"),
        outcome=outcome,
        asked=asked,
        **fields,
    )


TEETH = Teeth(
    seed=0,
    sites=90,
    provenance=Provenance(commit="0123456789abcdef", dirty=False, torch="2.14", date="2026-11-29"),
    mutants=(
        tried(
            "noticed",
            canary=("1.a[depth=2]",),
            judged=("1.a",),
            verdicts={"1.a[depth=2]": "refuted"},
        ),
        tried("noticed", ended="ran past its time"),
        tried("missed", asked=("1.a", "1.b"), judged=("1.a", "1.b")),
        tried("equivalent", asked=("1.a", "1.b")),
        tried("not executed", asked=()),
        tried("open"),
    ),
)


def test_a_claim_is_told_how_many_of_those_it_was_asked_about_it_noticed():
    """A cell of a matrix counts for its claim, a broken run as noticed; what is equivalent, open
    or does not run says nothing of a claim.
    """
    view = teeth_view(TEETH)

    assert view.claims == {"1.a": (2, 3), "1.b": (0, 1)}
    assert (view.noticed, view.counted) == (2, 3)
    assert [row.outcome for row in view.unnoticed] == ["missed", "open"]


def test_a_claim_whose_verdict_nothing_changed_is_toothless():
    """A verdict counts as changed in whatever cell of its matrix."""
    view = teeth_view(TEETH)

    assert (view.changed, view.judged) == (1, 2)
    assert view.toothless == ("1.b",)


def test_no_mutants_no_section():
    """Nothing is said of mutants where none was tried."""
    assert teeth_view(None) is None


def test_the_section_names_what_no_canary_noticed():
    """The page counts outcomes, lists the changes that went unnoticed, and names what is
    toothless.
    """
    macros = templates().get_template("teeth.html.j2").module
    view = teeth_view(TEETH)

    section = macros.overview(view)
    line = macros.of_claim(view, "1.a")

    assert "Canaries noticed 2 of the 3" in section
    assert section.count("<code>a - b -&gt; -(a - b)</code>") == 2
    assert "Of 2 of these a verdict was computed, too; 1 changed one." in section
    assert "none of them changed: 1.b." in section
    assert "noticed 2 of 3" in line
    assert macros.of_claim(view, "2.a").strip() == ""
    assert macros.of_claim(None, "1.a").strip() == ""
