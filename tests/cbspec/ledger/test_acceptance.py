from __future__ import annotations

import pytest
from msgspec.structs import replace

from cbspec.errors import CbspecError, LedgerError, MissingReasonError
from cbspec.kinds import Order
from cbspec.ledger import Acceptance, Ledger, accept, compare, take_judged_anew
from cbspec.model.dependencies import Dependencies

LATER = {"commit": "beef" * 10, "dirty": True, "date": "2026-02-03"}


@pytest.fixture(scope="session")
def later(entry):
    """The provenance of a later run."""
    return replace(entry().provenance, **LATER)


@pytest.fixture(scope="session")
def loosened(claim):
    """The sample claim without its margin."""
    return claim(assertions=(Order(measure="gamma", arms=("dfa", "vec"), direction="ascending"),))


@pytest.mark.parametrize(
    ("old", "new"), [("holds", "refuted"), ("holds", "inconclusive"), ("inconclusive", "refuted")]
)
@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_changed_verdict_needs_a_reason(entry, old, new, reason):
    """Without a reason a flip or a weakening is refused, and the claim is named with what changed."""
    with pytest.raises(MissingReasonError, match=rf"6A\.a \(quick, cpu\): \w+: {old} -> {new}"):
        accept(Ledger([entry(old)]), [entry(new)], reason)


def test_moved_goalposts_need_a_reason(entry, loosened):
    """Without a reason a loosened assertion is refused."""
    with pytest.raises(MissingReasonError, match="goalposts: holds"):
        accept(Ledger([entry()]), [entry(claim=loosened)])


def test_refusal_is_an_error_of_the_user():
    """The refusal is shown as a message, not as a traceback."""
    assert issubclass(MissingReasonError, CbspecError)


def test_the_reason_is_kept(entry, later):
    """A reason is kept with its date and what changed, after those accepted before."""
    ledger = Ledger([entry("holds")])

    ledger = accept(ledger, [entry("refuted")], "the margin\nwas never met")
    ledger = accept(ledger, [entry("holds", provenance=later)], "clamping was the cause")

    [held] = ledger
    assert held.verdict == "holds"
    assert held.accepted == (
        Acceptance(
            date="2026-01-02",
            outcome="flip",
            before="holds",
            after="refuted",
            reason="the margin was never met",
        ),
        Acceptance(
            date="2026-02-03",
            outcome="flip",
            before="refuted",
            after="holds",
            reason="clamping was the cause",
        ),
    )


def test_a_reason_is_kept_without_control_characters(entry):
    """A reason is one line that acts on no terminal, of a run's verdict and of one judged anew."""
    ledger, now, reason = Ledger([entry("holds")]), [entry("refuted")], "it\nwas \x1b[31mred"

    [of_run] = accept(ledger, now, reason)
    [judged] = take_judged_anew(ledger, now, reason, "2026-02-03")

    assert of_run.accepted[0].reason == judged.accepted[0].reason == r"it was \u001b[31mred"


def test_what_was_loosened_is_kept(entry, loosened):
    """The history of moved goalposts says which term moved and how."""
    [held] = accept(Ledger([entry()]), [entry(claim=loosened)], "the memo states no margin")

    assert held.accepted[0].moves == ("assert[0]: order of gamma: margin 0.1 -> 0",)


def test_new_and_drift_need_no_reason(entry, judgement, finding, effect, claim):
    """New claims, whatever their verdict, and drift are recorded without a reason and without
    history.
    """
    moved = judgement(findings=(finding(effects=(effect(estimate=0.4),)),))
    ledger = accept(
        Ledger([entry()]), [entry(judgement=moved), entry("refuted", claim=claim(id="6A.b"))]
    )

    assert [(held.key.claim, held.verdict, held.accepted) for held in ledger] == [
        ("6A.a", "holds", ()),
        ("6A.b", "refuted", ()),
    ]
    assert [held.assertions[0].effects[0].estimate for held in ledger] == [0.4, 0.369123]


def test_accepting_what_did_not_change_changes_nothing(entry, judgement, finding, effect, later):
    """The same figures to rounding, from a later commit, leave the entry as it stands."""
    noisy = judgement(
        reason="other words", findings=(finding(effects=(effect(estimate=0.369124),)),)
    )
    ledger = Ledger([entry()])

    assert accept(ledger, [entry(judgement=noisy, provenance=later)]) == ledger


@pytest.mark.parametrize(
    ("recorded", "now"), [("2.11", "2.12.0+cpu"), ("2.11.0+cpu", "2.11.1+cpu"), ("2.11", "none")]
)
def test_the_same_figures_from_another_torch_are_recorded(entry, later, recorded, now):
    """After an upgrade of torch that changed no figure the entry has the new version."""
    old = replace(entry(), provenance=replace(later, torch=recorded))
    new = entry(provenance=replace(later, torch=now))

    [held] = accept(Ledger([old]), [new])

    assert held == replace(old, provenance=replace(later, torch=now))
    assert held.moved(now, Dependencies()) == ()


def test_a_build_of_the_recorded_minor_version_changes_nothing(entry, later):
    """An entry from before the build counted is left as it is while torch is of its version."""
    ledger = Ledger([replace(entry(), provenance=replace(later, torch="2.11"))])

    assert accept(ledger, [entry(provenance=replace(later, torch="2.11.3+cpu"))]) == ledger


def test_the_same_figures_from_another_file_are_recorded(entry):
    """After an edit of a data file that changed no figure the entry has the new file's digest."""
    before, after = (Dependencies(files={"data/plants.csv": digest}) for digest in ("aa", "bb"))

    [held] = accept(Ledger([entry(dependencies=before)]), [entry(dependencies=after)])

    assert held.dependencies == after


def test_the_same_figures_from_other_code_renew_the_fingerprints(
    entry, judgement, finding, effect, later
):
    """When code changed and figures did not, the fingerprints and the provenance are renewed and
    the figures stay.
    """
    noisy = judgement(findings=(finding(effects=(effect(estimate=0.369124),)),))

    [held] = accept(
        Ledger([entry()]), [entry(judgement=noisy, provenance=later, code={"train_bp": "cd" * 32})]
    )

    assert held == replace(entry(), code={"train_bp": "cd" * 8}, provenance=later)


@pytest.mark.parametrize(
    ("change", "renewed"),
    [({}, True), ({"dirty": True}, False), ({"commit": None}, False)],
    ids=["clean", "uncommitted again", "no repository"],
)
def test_a_clean_commit_takes_the_place_of_uncommitted_changes(entry, later, change, renewed):
    """The same figures renew the provenance of an entry that no commit vouched for, if one vouches
    for the new run.
    """
    unvouched = entry(provenance=replace(later, commit="dead" * 10))
    run = replace(later, **({"dirty": False} | change))

    assert list(accept(Ledger([unvouched]), [entry(provenance=run)])) == [
        entry(provenance=run) if renewed else unvouched
    ]


def test_a_memos_figure_that_was_corrected_is_renewed(entry, judgement, finding, effect):
    """A corrected figure of the memo comes into the record although nothing measured moved."""
    corrected = judgement(findings=(finding(effects=(effect(reported=0.378),)),))

    [held] = accept(Ledger([entry()]), [entry(judgement=corrected)])

    assert (held.assertions[0].effects[0].reported, held.accepted) == (0.378, ())


def test_an_error_cannot_be_accepted(entry):
    """An error is not a result, reason or not."""
    with pytest.raises(LedgerError, match="not a result"):
        accept(Ledger(), [entry("error")], "because")


def test_refusal_is_all_or_nothing(entry, claim):
    """One claim that needs a reason keeps all of them out, and only it is named."""
    ledger = Ledger([entry("holds")])

    with pytest.raises(MissingReasonError) as refusal:
        accept(ledger, [entry("refuted"), entry(claim=claim(id="6A.b"))])

    assert "6A.b" not in str(refusal.value)
    assert [held.verdict for held in ledger] == ["holds"]


def test_a_record_without_the_spread_gets_it(entry, judgement, finding, effect):
    """A spread beside figures that did not move is no drift, and accepting adds it to a record that
    had none.
    """
    spread = entry(judgement=judgement(findings=(finding(effects=(effect(spread=0.02),)),)))

    assert compare(entry(), spread).change == "same"
    [now] = accept(Ledger([entry()]), [spread])
    assert now.assertions[0].effects[0].spread == 0.02


def at(entry, judgement, finding, effect, estimate):
    """The sample verdict with another estimate, whose standard error is .03."""
    figures = effect(estimate=estimate, low=estimate - 0.06, high=estimate + 0.06, spread=0.06, n=4)
    return entry(judgement=judgement(findings=(finding(effects=(figures,)),)))


def test_drifts_that_were_accepted_one_by_one_add_up(entry, judgement, finding, effect):
    """Three drifts of one standard error are a shift from where they began, which takes a reason;
    from then on they count anew.
    """
    begun, first, second, third, after = (
        at(entry, judgement, finding, effect, estimate)
        for estimate in (0.40, 0.43, 0.46, 0.49, 0.52)
    )
    ledger = accept(accept(Ledger([begun]), [first]), [second])
    [drifted] = ledger

    compared = compare(drifted, third)
    with pytest.raises(MissingReasonError, match=r"0\.490.*, drifted from 0\.4"):
        accept(ledger, [third])
    [told] = accept(ledger, [third], "a wider net")

    assert drifted.effects[0].drifted_from == 0.40
    assert compared.change == "shift"
    assert told.effects[0].drifted_from is None
    assert compare(told, after).change == "drift"


def test_a_drift_and_its_way_back_leave_no_trace(entry, judgement, finding, effect):
    """An effect that is back where it was has not drifted; the way back is a drift itself."""
    begun, away = (at(entry, judgement, finding, effect, estimate) for estimate in (0.40, 0.45))

    [back] = accept(accept(Ledger([begun]), [away]), [begun])

    assert back.effects == begun.effects


def test_what_is_judged_anew_keeps_where_it_drifted_from(entry, judgement, finding, effect):
    """The present judge reaches the recorded numbers; their drift is still that of before."""
    begun, away = (at(entry, judgement, finding, effect, estimate) for estimate in (0.40, 0.45))
    ledger = accept(Ledger([begun]), [away])

    [anew] = take_judged_anew(ledger, [away], "", "2026-02-03")

    assert anew.effects[0].drifted_from == 0.40
