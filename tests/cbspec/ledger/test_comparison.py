from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cbspec.kinds import Order
from cbspec.ledger import Ledger, compare, diff

VERDICTS = ("holds", "refuted", "inconclusive", "invalid", "error")


def test_nothing_on_record_is_new(entry):
    """A claim that the ledger does not know is new, whatever its verdict."""
    assert [compare(None, entry(verdict)).change for verdict in VERDICTS] == ["new"] * 5


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("holds", "holds", "same"),
        ("holds", "refuted", "flip"),
        ("holds", "inconclusive", "weakened"),
        ("holds", "invalid", "weakened"),
        ("holds", "error", "weakened"),
        ("refuted", "holds", "flip"),
        ("refuted", "refuted", "same"),
        ("refuted", "inconclusive", "weakened"),
        ("refuted", "invalid", "weakened"),
        ("refuted", "error", "weakened"),
        ("inconclusive", "holds", "flip"),
        ("inconclusive", "refuted", "flip"),
        ("inconclusive", "inconclusive", "same"),
        ("inconclusive", "invalid", "weakened"),
        ("inconclusive", "error", "weakened"),
        ("invalid", "holds", "flip"),
        ("invalid", "refuted", "flip"),
        ("invalid", "inconclusive", "flip"),
        ("invalid", "invalid", "same"),
        ("invalid", "error", "weakened"),
    ],
)
def test_change_of_verdict(entry, old, new, expected):
    """A verdict that says less is weakened, any other change of verdict a flip."""
    assert compare(entry(old), entry(new)).change == expected


def test_moved_figures_are_drift(entry, judgement, finding, effect):
    """Figures that moved by more than a tenth of their error under an unchanged verdict are drift,
    and both sides are told.
    """
    moved = judgement(findings=(finding(effects=(effect(estimate=0.3760),)),))

    comparison = compare(entry(), entry(judgement=moved))

    assert comparison.change == "drift"
    assert [shift.text for shift in comparison.shifts] == [
        "vec - dfa of gamma: 0.369 [0.310, 0.430] (n = 3) -> 0.376 [0.310, 0.430] (n = 3)"
    ]


@pytest.mark.parametrize(
    "changes", [{"n": 5}, {"low": float("-inf")}, {"high": float("nan")}, {"label": "vec - frozen"}]
)
def test_other_moves_of_an_effect_are_drift(entry, judgement, finding, effect, changes):
    """Other seeds, a bound that came or went, and an effect under another name are drift."""
    moved = judgement(findings=(finding(effects=(effect(**changes),)),))

    assert compare(entry(), entry(judgement=moved)).change == "drift"


@given(
    estimate=st.floats(-1e6, 1e6),
    half=st.floats(0, 1e6),
    noise=st.floats(-1e-9, 1e-9),
)
def test_noise_below_rounding_is_same(entry, judgement, finding, effect, estimate, half, noise):
    """Noise of a billionth of an effect's size never shows, wherever the sixth digit rounds."""

    def figures(factor):
        values = {"estimate": estimate, "low": estimate - half, "high": estimate + half}
        size = max(map(abs, values.values()))
        return {name: value + size * factor for name, value in values.items()}

    before, after = (
        judgement(findings=(finding(effects=(effect(**figures(factor)),)),))
        for factor in (0.0, noise)
    )

    assert compare(entry(judgement=before), entry(judgement=after)).change == "same"


@given(estimate=st.floats(0.001, 1e6), factor=st.floats(1.0001, 2))
def test_a_ten_thousandth_is_drift(entry, judgement, finding, effect, estimate, factor):
    """A relative move of a ten thousandth or more always shows."""
    figures = ({"estimate": x, "low": x, "high": x} for x in (estimate, estimate * factor))
    before, after = (
        judgement(findings=(finding(effects=(effect(**figure),)),)) for figure in figures
    )

    assert compare(entry(judgement=before), entry(judgement=after)).change == "drift"


def test_an_assertions_own_verdict_is_drift(entry, judgement, finding):
    """An assertion decided otherwise under an unchanged claim verdict is drift, and is named."""
    mixed = judgement(findings=(finding(verdict="inconclusive"),))

    comparison = compare(entry(), entry(judgement=mixed))

    assert comparison.change == "drift"
    assert "  assert[0] holds -> inconclusive" in comparison.text.splitlines()


@pytest.mark.parametrize(("before", "after"), [("holds", "refuted"), ("refuted", "holds")])
def test_an_assertion_that_turned_is_a_flip(entry, judgement, finding, before, after):
    """Where the claim stays refuted by one assertion, another one that turned round is a flip,
    named in the headline.
    """

    def recorded(verdict):
        return entry(judgement=judgement("refuted", findings=(finding(verdict=verdict),)))

    comparison = compare(recorded(before), recorded(after))

    assert (comparison.change, comparison.headline) == (
        "flip",
        f"flip: refuted, but assert[0] {before} -> {after}",
    )


@pytest.mark.parametrize(
    ("there", "here", "change", "headline"),
    [
        ("holds", "refuted", "flip", "flip: holds on cuda -> refuted"),
        ("refuted", "inconclusive", "weakened", "weakened: refuted on cuda -> inconclusive"),
        ("refuted", "refuted", "new", "new: refuted, as on cuda"),
    ],
)
def test_another_device_family_counts_where_this_one_has_nothing(
    entry, there, here, change, headline
):
    """A contradiction to the other family's verdict is a change like any other; the same verdict is
    new here.
    """
    comparison = compare(entry(there, device="cuda"), entry(here))

    assert (comparison.change, comparison.headline) == (change, headline)


def test_goalposts_move_beside_another_device_family_too(entry, claim):
    """An assertion looser than the other family's is goalposts; where there is an own record, the
    other one does not count.
    """
    loosened = entry(
        claim=claim(
            assertions=(Order(measure="gamma", arms=("dfa", "vec"), direction="ascending"),)
        )
    )

    assert compare(entry(device="cuda"), loosened).change == "goalposts"
    assert (
        compare(Ledger([loosened, entry(device="cuda")]).expected(loosened.key), loosened).change
        == "same"
    )


def test_goalposts_come_before_a_flip(entry, claim):
    """A loosened assertion is told as such even when the verdict turned to holds with it."""
    loosened = claim(
        assertions=(Order(measure="gamma", arms=("dfa", "vec"), direction="ascending"),)
    )

    comparison = compare(entry("refuted"), entry("holds", claim=loosened))

    assert comparison.change == "goalposts"
    assert comparison.headline == "goalposts: refuted -> holds"
    assert "  moved: assert[0]: order of gamma: margin 0.1 -> 0" in comparison.text.splitlines()


def test_text_of_a_flip(entry, judgement, finding, effect):
    """The text gives both verdicts, the record's commit and date, both reasons, the assertion and
    its figures.
    """
    turned = finding(verdict="refuted", effects=(effect(estimate=-0.02, low=-0.05, high=0.01),))

    text = compare(entry(), entry(judgement=judgement("refuted", findings=(turned,)))).text

    assert text == (
        "flip: holds -> refuted\n"
        "  recorded 2026-01-02 at 3f2a1c0000, torch 2.11: it holds\n"
        "  now: it refuted\n"
        "  assert[0] holds -> refuted\n"
        "  vec - dfa of gamma: 0.369 [0.310, 0.430] (n = 3) -> -0.020 [-0.050, 0.010] (n = 3)"
    )


def test_an_error_has_no_figures_to_compare(entry, judgement):
    """Beside an error the text says what happened, and lists neither recorded figures nor
    assertions as gone.
    """
    comparison = compare(
        entry(), entry(judgement=judgement("error", reason="the disk is full", findings=()))
    )

    assert comparison.shifts == ()
    assert comparison.text == (
        "weakened: holds -> error\n  recorded 2026-01-02 at 3f2a1c0000, torch 2.11: it holds\n  now: the disk is full"
    )


def test_diff_of_two_ledgers(entry, claim):
    """A diff has every entry of either ledger once, in order, and says which came and which are
    gone.
    """
    names = {
        "a": entry(claim=claim(id="a")),
        "b": entry(claim=claim(id="b")),
        "c": entry(claim=claim(id="c")),
    }
    flipped = replace(names["b"], verdict="refuted")

    compared = diff(Ledger([names["a"], names["b"]]), Ledger([flipped, names["c"]]))

    assert [(comparison.key.claim, comparison.change) for comparison in compared] == [
        ("a", "gone"),
        ("b", "flip"),
        ("c", "new"),
    ]


@pytest.mark.parametrize(("old", "new"), list(product(VERDICTS[:4], VERDICTS)))
def test_only_an_unchanged_verdict_is_same_or_drift(entry, old, new):
    """Whatever the pair, a verdict that changed is never passed over as same or drift."""
    assert (compare(entry(old), entry(new)).change in ("same", "drift")) == (old == new)
