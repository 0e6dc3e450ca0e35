"""What a run did for a claim: looks, stages and curves, read from stored results."""

from datetime import UTC, datetime, timedelta

import pytest

from cbspec.evaluation.tracing import POINTS, Tracer
from cbspec.execution.numerics import Numerics
from cbspec.execution.plan import Planner
from cbspec.fingerprint import Fingerprint
from cbspec.stage import Call, Measure, Parameters, Stage
from cbspec.store import ADOPTED, Store
from tests.support.specimen import make_claim, make_entry, make_judgement

NOW = datetime.now(UTC)


class Training(Parameters, frozen=True, kw_only=True):
    epoch: int
    rate: float = 1.0


TRAIN = Stage(
    name="train",
    doc="",
    implementation="nowhere:nothing",
    parameters=Training,
    measures={"loss": Measure("nats", "")},
    progress="epoch",
)


@pytest.fixture
def planner():
    code = Fingerprint(digest="c0de", definitions={})
    return Planner(lambda implementation: code, Numerics(device="cpu", torch="2.11"))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


@pytest.fixture
def trained(planner, store):
    """Store the results of a call for seeds, one curve each."""

    def put(call, seeds, created=NOW, seconds=2.0, **remark):
        for seed in seeds:
            curve = [float(seed + point) for point in range(call.point)]
            store.put(
                planner.cell(call, seed).key,
                measures={"loss": curve[-1]},
                series={"loss": curve, "batches": [1.0, 2.0]},
                provenance={
                    "stage": "train",
                    "seconds": seconds,
                    "cost": 1.0,
                    "created": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
                    **remark,
                },
            )

    return put


def call(epoch=4, rate=1.0):
    return Call(TRAIN, Training(epoch=epoch, rate=rate))


def traced(planner, store, claim, *seeds):
    tracer = Tracer(store, planner, NOW - timedelta(seconds=5))
    tracer.expect(planner.cells(claim.arms, seeds[-1]).values())
    judgements = [make_judgement("inconclusive", seeds=drawn) for drawn in seeds]
    return tracer.trace(claim, judgements, make_entry(claim=claim))


def test_every_look_is_told(planner, store, trained):
    """Each interim analysis has its number of seeds, its verdict and the effect that decided."""
    claim = make_claim(arms={"dfa": call()})
    trained(call(), (1, 2, 3, 4))
    looks = traced(planner, store, claim, (1, 2), (1, 2, 3, 4)).looks

    assert [(look.seeds, look.verdict) for look in looks] == [
        (2, "inconclusive"),
        (4, "inconclusive"),
    ]
    assert [look.effect.label for look in looks] == ["vec - dfa", "vec - dfa"]


def test_points_of_a_trajectory_are_one_stage(planner, store, trained):
    """Two points of one run count as one stage of both arms, whose seconds are those of the last
    point; a curve reaches that far.
    """
    claim = make_claim(arms={"early": call(2), "late": call(4)})
    trained(call(2), (1, 2), seconds=1.0)
    trained(call(4), (1, 2), seconds=3.0)
    trace = traced(planner, store, claim, (1, 2))
    [stage] = trace.stages
    [curve] = trace.curves

    assert (stage.arms, stage.points, stage.seeds) == (("early", "late"), (2, 4), (1, 2))
    assert (stage.results, stage.computed, stage.seconds, stage.state) == (4, 4, 6.0, "computed")
    assert (curve.series, curve.unit, curve.points) == ("loss", "epoch", (1, 2, 3, 4))
    assert curve.values == ((1.0, 2.0, 3.0, 4.0), (2.0, 3.0, 4.0, 5.0))


def test_where_results_are_from(planner, store, trained):
    """What was stored before the run is stored, and what other code computed is adopted; neither
    has a forecast of seconds.
    """
    old = NOW - timedelta(days=1)
    claim = make_claim(arms={"stored": call(rate=1.0), "adopted": call(rate=2.0)})
    trained(call(rate=1.0), (1,), created=old)
    trained(call(rate=2.0), (1,), **{ADOPTED: {"code": "beef"}})
    stages = traced(planner, store, claim, (1,)).stages

    assert [(stage.arms, stage.state, stage.forecast) for stage in stages] == [
        (("stored",), "stored", 0.0),
        (("adopted",), "adopted", 0.0),
    ]


def test_the_forecast_is_by_earlier_rates(planner, store, trained):
    """A stage without a rate before the run has no forecast; one with a rate has it by that rate,
    whatever its own results took.
    """
    claim = make_claim(arms={"dfa": call()})
    tracer = Tracer(store, planner, NOW - timedelta(seconds=5))
    tracer.expect(planner.cells(claim.arms, (1,)).values())
    trained(call(), (1,), seconds=2.0)
    entry = make_entry(claim=claim)
    [first] = tracer.trace(claim, [make_judgement(seeds=(1,))], entry).stages
    again = Tracer(store, planner, NOW - timedelta(seconds=5))
    again.expect(planner.cells(claim.arms, (2,)).values())
    trained(call(), (2,), seconds=9.0)
    [second] = again.trace(claim, [make_judgement(seeds=(2,))], entry).stages

    assert (first.forecast, second.forecast) == (None, 2.0)


def test_long_curves_are_thinned(planner, store, trained):
    """Of a thousand points at most so many are kept, evenly, the last one among them."""
    claim = make_claim(arms={"dfa": call(1000)})
    trained(call(1000), (1,))
    [curve] = traced(planner, store, claim, (1,)).curves

    assert len(curve.points) <= POINTS
    assert curve.points[-1] == 1000
    assert (
        len({late - early for early, late in zip(curve.points, curve.points[1:], strict=False)})
        == 1
    )


def test_a_stage_that_failed_leaves_no_trace(planner, store):
    """Without an analysis there is nothing to tell."""
    trace = Tracer(store, planner).trace(make_claim(), [], make_entry())

    assert (trace.looks, trace.stages, trace.curves) == ((), (), ())
