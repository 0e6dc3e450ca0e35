"""The looks of a claim: at its first seeds, or at those of the verdict that it is held to."""

from collections.abc import Mapping, Sequence

import pytest

from cbspec.claim import Claim, Seeds
from cbspec.evaluation.interim import InterimAnalysis, interim_analyses, judged
from cbspec.execution.cell import Cell
from cbspec.execution.numerics import Numerics
from cbspec.execution.plan import Planner
from cbspec.fingerprint import Fingerprint
from cbspec.judge import alpha_at
from cbspec.kinds import Sign
from cbspec.ledger import Entry, compare
from cbspec.model.values import Values
from cbspec.stage import Call
from cbspec.store import StoredResult
from tests.support.specimen import STAGE, make_claim, make_entry

POOL = (42, 123, 456, 789, 1011, 1213)
# Three alike, then one on the other side of the bound: refuted by three seeds, open by six
SHIFTS = (-0.00328, -0.00292, -0.00261, -0.00121, 0.00137, -0.00307)


@pytest.fixture
def planner() -> Planner:
    """Every stage has the same code."""
    code = Fingerprint(digest="c0de", definitions={})
    return Planner(lambda implementation: code, Numerics(device="cpu", torch="2.11"))


@pytest.fixture
def claim() -> Claim:
    """The change is said to be positive in both arms; looks at three seeds and at six."""
    return make_claim(
        arms=dict.fromkeys(("oracle", "cb"), Call(STAGE, STAGE.parameters())),
        assertions=(Sign(measure="gamma", arms=("oracle", "cb"), sign="positive"),),
        seeds=Seeds(pool=POOL, start=3),
    )


def measured(cells: Sequence[Cell]) -> Mapping[Cell, StoredResult]:
    """Each seed's result, without a store."""
    results = {}
    for cell in cells:
        values = {"gamma": SHIFTS[POOL.index(cell.seed)], "rho": 0.0}
        results[cell] = StoredResult(cell.key, {}, values, {}, {}, {})
    return results


def recorded(claim: Claim, count: int) -> Entry:
    """The verdict on record that so many seeds gave."""
    columns = {"gamma": SHIFTS[:count], "rho": (0.0,) * count}
    values = Values(seeds=POOL[:count], arms={"oracle": columns, "cb": columns})
    return make_entry(claim=claim, judgement=judged(claim, values), values=values)


def looks(claim: Claim, planner: Planner, entry: Entry | None) -> list[InterimAnalysis]:
    """Every interim analysis of a run with these results."""
    return list(interim_analyses(claim, planner, measured, entry))


def test_without_a_record_the_first_seeds_decide(claim: Claim, planner: Planner) -> None:
    """Three seeds refute the claim, so no more are drawn."""
    [look] = looks(claim, planner, None)

    assert (look.judgement.verdict, look.judgement.seeds) == ("refuted", POOL[:3])


def test_a_record_of_more_seeds_is_compared_with_as_many(claim: Claim, planner: Planner) -> None:
    """A run held to a verdict on six seeds looks at six at once and gives the same verdict, at the
    level of the second look.
    """
    entry = recorded(claim, 6)
    [look] = looks(claim, planner, entry)
    made = make_entry(claim=claim, judgement=look.judgement)

    assert (look.judgement.verdict, look.judgement.seeds) == ("inconclusive", POOL)
    assert compare(entry, made).change == "same"
    assert look.judgement.findings[0].effects[0].confidence == pytest.approx(
        1 - 2 * alpha_at(6, claim.seeds, 0.025)
    )


def test_a_record_of_the_first_seeds_changes_nothing(claim: Claim, planner: Planner) -> None:
    """Held to a verdict on three seeds, a run looks at three."""
    [look] = looks(claim, planner, recorded(claim, 3))

    assert look.judgement.seeds == POOL[:3]


def test_a_comparison_names_both_numbers_of_seeds(claim: Claim) -> None:
    """Where a run took another number of seeds than the record, its comparison says so."""
    comparison = compare(recorded(claim, 6), recorded(claim, 3))

    assert "  seeds: 6 on record, 3 now" in comparison.text.splitlines()
    assert " on record, " not in compare(recorded(claim, 6), recorded(claim, 6)).text
