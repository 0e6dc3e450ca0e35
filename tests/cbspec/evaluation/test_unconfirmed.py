"""What a canary may not vouch for when it goes on record."""

from __future__ import annotations

import pytest

from cbspec.canary import CanaryRecord
from cbspec.evaluation.unconfirmed import unconfirmed
from cbspec.ledger import Ledger
from cbspec.model.dependencies import Dependencies
from tests.support.specimen import make_claim, make_entry, make_figures, make_provenance

CODE = make_entry().code
OLD = {"local_descent": "feed" * 4, "train_bp": "feed" * 4}
OTHER = {"calls": {"vec": "beef"}}
SKLEARN = Dependencies(versions={"scikit-learn": "1.9"})


def left(new, *, before=(), entries=None, known=None):
    """The verdicts that nothing confirms, as (scale, device)."""
    ledger = Ledger(entries or [make_entry()])
    found = unconfirmed([new], CanaryRecord(before), ledger, known or {})
    return [(entry.scale, entry.device) for entry in found]


def test_a_verdict_of_the_canary_s_own_code_is_confirmed():
    """A canary vouches for verdicts of its code, and only for them where none is on record."""
    entries = [make_entry(), make_entry(claim=make_claim(scale="memo"), device="cuda", code=OLD)]

    assert left(make_figures(code=CODE), entries=entries[:1]) == []
    assert left(make_figures(code=CODE), entries=entries) == [("memo", "cuda")]


@pytest.mark.parametrize(
    ("before", "unconfirmed_verdicts"),
    [
        ({"code": OLD, **OTHER}, []),  # the canary's sizes were edited, the code was not
        ({"code": CODE, **OTHER}, [("quick", "cpu")]),
        ({"code": OLD}, [("quick", "cpu")]),
        ({"code": OLD, **OTHER, "provenance": make_provenance(torch="2.12")}, [("quick", "cpu")]),
    ],
)
def test_an_earlier_canary_of_another_experiment_confirms_its_own_code_alone(
    before, unconfirmed_verdicts
):
    """A verdict of older code is confirmed where the canary on record is of the new one's code and
    arithmetic, and is of another experiment, not one with other values.
    """
    new = make_figures((0.6, 0.25), code=OLD)

    assert left(new, before=[make_figures(**before)]) == unconfirmed_verdicts


def test_another_version_of_what_a_claim_declares_is_not_confirmed():
    """A verdict of other declared files, versions or variables is as unconfirmed as one of other
    code, and so is one of another torch.
    """
    new = make_figures(code=CODE)
    known = {("6A.a", "quick"): SKLEARN}

    assert left(new, known=known) == [("quick", "cpu")]
    assert left(new, known=known, entries=[make_entry(dependencies=SKLEARN)]) == []
    newer = make_figures(code=CODE, provenance=make_provenance(torch="2.14.0+cpu"))
    assert left(newer) == [("quick", "cpu")]
