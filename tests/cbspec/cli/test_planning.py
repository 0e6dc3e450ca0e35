"""plan and explain: what a run would compute, and why."""

import re

import msgspec
import pytest

from cbspec.ledger import Ledger
from tests.support.claim_text import LIGHT


def rate(laboratory, stage, seconds):
    """Have a stage take so many seconds per unit of cost."""
    provenance = {"stage": stage, "seconds": seconds, "cost": 1.0, "numerics": {"device": "cpu"}}
    laboratory.evaluation().store.put(f"{stage:0<64}".encode().hex()[:64], provenance=provenance)


def test_plan_of_an_empty_store(laboratory, pinned):
    """Jobs come critical path first, without a forecast as long as nothing was ever computed."""
    result = laboratory.cbspec("plan", "--device", "cpu")

    assert result.exit_code == 0
    pinned(result.stdout)


def test_plan_of_the_canaries(laboratory):
    """At the canaries' scale a run computes two seeds of every claim, and so says its plan."""
    laboratory.edit("pyproject.toml", "[tool.cbspec]", '[tool.cbspec]\ncanary = "toy"')
    laboratory.edit(
        "claims/defaults.yaml", "memo: {days: 30}", "memo: {days: 30}\n  toy: {days: 1}"
    )

    found = laboratory.json("plan", "--scale", "toy")
    one = laboratory.json("plan", "--scale", "toy", "1.a")

    assert (found["claims"], found["undecidable"], one["claims"]) == (2, 0, 1)
    assert {(work["stage"], work["results"]) for work in found["work"]} == {
        ("grow", 2),
        ("weigh", 2),
    }
    assert {work["stage"] for work in one["work"]} == {"grow"}


def test_plan_for_another_machine(laboratory):
    """What a GPU would compute is told where there is none."""
    found = laboratory.json("plan", "--device", "cuda")

    assert found["device"] == "cuda"
    assert [(work["stage"], work["results"]) for work in found["work"]] == [
        ("grow", 3),
        ("grow", 3),
        ("weigh", 3),
        ("weigh", 3),
    ]


def test_plan_for_an_unknown_back_end(laboratory):
    """A misspelled back end is refused, and not taken for a cluster."""
    result = laboratory.cbspec("plan", "--backend", "slrum")

    assert result.exit_code == 2
    assert "--backend: unknown back end 'slrum'; did you mean 'slurm'?" in result.output


def test_forecast_is_rate_times_cost(laboratory, pinned):
    """Seconds are the stage's rate times the cost of what is missing; the critical path is that of
    one arm's chain.
    """
    rate(laboratory, "grow", 2.0)
    rate(laboratory, "weigh", 0.5)

    found = laboratory.json("plan", "--device", "cpu")

    assert [(work["stage"], work["seconds"]) for work in found["work"]] == [
        ("grow", 2.0 * 3 * 3),
        ("grow", 2.0 * 3 * 3),
        ("weigh", 0.5 * 3),
        ("weigh", 0.5 * 3),
    ]
    assert (found["seconds"], found["longest"], found["unknown"]) == (39.0, 19.5, [])
    pinned(laboratory.cbspec("plan", "--device", "cpu", "--workers", "2").stdout)


def test_forecast_counts_only_what_is_missing(laboratory):
    """Days that are stored are not counted again: from day 3 to day 5 are two days of each plant."""
    laboratory.run()
    stored = laboratory.json("plan", "--device", "cpu")
    laboratory.edit("claims/defaults.yaml", "quick: {days: 3}", "quick: {days: 5}")
    laboratory.write(
        "claims/phase2/2.a.yaml",
        LIGHT.replace("id: 1.a", "id: 2.a").replace("{light: 2.0}", "{light: 2.0, day: 3}"),
    )

    found = laboratory.json("plan", "--device", "cpu")

    assert stored["seconds"] == 0.0
    assert {work["state"] for work in stored["work"]} == {"current"}
    # Of one rank, so in the order of their keys
    longer, other = sorted(found["work"], key=lambda work: work["points"])
    assert [(work["points"], work["results"], work["absent"]) for work in (longer, other)] == [
        ([3, 5], 6, 3),
        ([5], 3, 3),
    ]
    two_days = 3 * 2 * laboratory.evaluation().store.rate("grow", "cpu")
    assert [longer["seconds"], other["seconds"]] == pytest.approx([two_days, two_days])


def test_forecast_tells_of_seeds_that_may_be_drawn(laboratory, pinned):
    """What inconclusive claims could draw besides is told with its time, and is not part of the
    forecast.
    """
    rate(laboratory, "grow", 2.0)
    rate(laboratory, "weigh", 0.5)
    laboratory.draw_more()

    found = laboratory.json("plan", "--device", "cpu")

    assert (found["seconds"], found["open"], found["further"]) == (39.0, 2, 26.0)
    pinned(laboratory.cbspec("plan", "--device", "cpu").stdout)


def test_forecast_has_the_seeds_of_the_next_look(doubtful):
    """Where a first look is stored and leaves a claim open, its next look is planned; one that is
    decided has its own seeds.
    """
    doubtful.run()
    doubtful.draw_more()

    before = doubtful.json("plan", "--device", "cpu")
    doubtful.run()
    after = doubtful.json("plan", "--device", "cpu")

    absent = [
        (work["stage"], work["arms"], work["seeds"]) for work in before["work"] if work["absent"]
    ]
    assert absent == [("grow", ["bright"], [4, 5])]
    assert before["open"] == after["open"] == 0
    assert {work["absent"] for work in after["work"]} == {0}


def test_run_begins_with_the_seeds_of_the_next_look(doubtful):
    """A run plans what stored looks already ask for before it judges a claim, so that all of it is
    computed side by side.
    """
    doubtful.run()
    doubtful.draw_more()
    evaluation = doubtful.evaluation()

    evaluation.plan(doubtful.claims())

    absent = [
        cell for cell in evaluation.executor.work.plan.cells if not evaluation.store.has(cell.key)
    ]
    assert sorted(cell.seed for cell in absent) == [4, 5]


def test_a_claim_that_stored_results_decide_draws_no_more(laboratory, pinned):
    """Seeds that a claim without a record may draw are not spoken of where the stored ones decide
    it.
    """
    laboratory.edit("claims/defaults.yaml", "seeds: [1, 2, 3]", "seeds: [1, 2, 3, 4, 5]")
    laboratory.run()
    laboratory.edit(
        "claims/defaults.yaml", "seeds: [1, 2, 3, 4, 5]", "seeds: {pool: [1, 2, 3, 4, 5], start: 3}"
    )

    found = laboratory.json("plan", "--device", "cpu")

    assert (found["seconds"], found["open"], found["further"]) == (0.0, 0, 0.0)
    pinned(laboratory.cbspec("plan", "--device", "cpu").stdout)


def test_forecast_has_the_seeds_that_the_record_took(laboratory):
    """A verdict on record that took a second look is planned with all its seeds, while the claim
    draws them in that order.
    """
    laboratory.edit("claims/defaults.yaml", "seeds: [1, 2, 3]", "seeds: [1, 2, 3, 4, 5]")
    laboratory.record(laboratory.run())
    laboratory.edit(
        "lab/catalog.py", "replica.parameters.light * (day + 1)", "replica.parameters.light + day"
    )

    laboratory.edit(
        "claims/defaults.yaml",
        "seeds: [1, 2, 3, 4, 5]",
        "seeds: {pool: [1, 2, 3, 4, 5, 6], start: 3}",
    )
    again = laboratory.json("plan", "--device", "cpu")
    laboratory.edit("claims/defaults.yaml", "pool: [1, 2, 3, 4, 5, 6]", "pool: [1, 2, 3, 5, 4, 6]")
    other = laboratory.json("plan", "--device", "cpu")

    assert ({tuple(work["seeds"]) for work in again["work"]}, again["open"]) == (
        {(1, 2, 3), (4, 5)},
        0,
    )
    assert {tuple(work["seeds"]) for work in other["work"]} == {(1, 2, 3)}


def test_plan_with_nothing_to_do(laboratory, pinned):
    """With every stage stored the plan says so."""
    laboratory.run()

    found = laboratory.json("plan", "--device", "cpu")

    assert [work["absent"] for work in found["work"]] == [0, 0, 0, 0]
    pinned(laboratory.cbspec("plan", "--device", "cpu").stdout)


def test_plan_says_why(laboratory, pinned):
    """A stale job is told with the definition that changed, the ones behind it with their input;
    what is skipped is counted.
    """
    laboratory.run()
    laboratory.edit(
        "lab/catalog.py", "replica.parameters.light * (day + 1)", "replica.parameters.light + day"
    )

    quick = laboratory.cbspec("plan", "1.a", "2.a", "--device", "cpu").stdout
    memo = laboratory.cbspec("plan", "--device", "cpu", "--scale", "memo").stdout

    assert "lab/catalog.py:29: grow changed" in quick
    assert "input plant changed: grow @3" in quick
    first, *_ = memo.splitlines(keepends=True)
    pinned(first)


def test_causes_that_several_jobs_share_are_told_once(laboratory, pinned):
    """Jobs that are stale for the same causes refer to a list of them below."""
    laboratory.run()
    laboratory.edit(
        "lab/catalog.py", "replica.parameters.light * (day + 1)", "replica.parameters.light + day"
    )

    found = laboratory.cbspec("plan", "--device", "cpu").stdout

    pinned(re.sub(r"[\d.]+ s\b", "0.0 s", found))


def test_explain_for_a_person(laboratory, pinned):
    """Stages with state, seeds, arms and causes; then the record and what changed since."""
    laboratory.commit()
    laboratory.record(laboratory.run())
    laboratory.edit(
        "lab/catalog.py", "replica.parameters.light * (day + 1)", "replica.parameters.light + day"
    )

    told = laboratory.cbspec("explain", "2.a", "--device", "cpu").stdout

    # The day and the commit of the record
    pinned(re.sub(r"20\d\d-\d\d-\d\d at \w+", "DATE at COMMIT", told))


def test_explain_without_a_record(laboratory, pinned):
    """A claim that is not on record says so, and what was never computed is missing."""
    [found] = laboratory.json("explain", "1.a", "--device", "cpu")

    assert [stage["state"] for stage in found["stages"]] == ["missing", "missing"]
    pinned(laboratory.cbspec("explain", "1.a", "--device", "cpu").stdout)


def test_explain_of_a_claim_that_another_scale_decides(laboratory, pinned):
    """A claim that is not decidable at the asked scale is explained at one that decides it."""
    laboratory.edit("claims/phase1/1.a.yaml", "scales: [quick, memo]", "scales: [memo]")

    told = laboratory.cbspec("explain", "1.a", "--device", "cpu")

    assert told.exit_code == 0
    pinned(told.stdout)


@pytest.mark.parametrize("verdict", ["holds", "refuted"])
def test_explain_shows_the_record_of_another_device_family(laboratory, verdict):
    """Where only another device family has a verdict on record, it is the one to compare with, and
    named.
    """
    found = [record.comparison.new for record in laboratory.run().records]
    entries = [msgspec.structs.replace(entry, device="cuda", verdict=verdict) for entry in found]
    Ledger(entries).save(laboratory.root / "reports" / "ledger.json")

    assert (
        f"On record on cuda: {verdict}, 20"
        in laboratory.cbspec("explain", "1.a", "--device", "cpu").stdout
    )
