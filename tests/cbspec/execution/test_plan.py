from cbspec.claim import Seeds
from cbspec.evaluation.agenda import awaited
from cbspec.execution.cell import closure
from cbspec.execution.numerics import Numerics
from cbspec.execution.plan import Planner
from cbspec.fingerprint import Fingerprint
from cbspec.stage import Call, Input, Stage
from tests.cbspec.execution.arithmetic import COUNT, Count, added, counted
from tests.support.specimen import make_claim

NUMERICS = Numerics(device="cpu", torch="2.11")


def test_points_of_one_trajectory_are_one_job(planner):
    """Checkpoints at several points of one run, for several seeds, are computed by a single job."""
    cells = [planner.cell(counted(step), seed) for step in (1, 3, 5) for seed in (7, 8)]

    plan = planner.plan(cells)

    assert [str(job) for job in plan.jobs] == ["count @1,3,5 seeds 7,8"]
    assert plan.jobs[0].cost == 10.0  # two lanes of five steps, not the sum over points


def test_equal_calls_merge(planner):
    """A call that two claims ask for is one cell."""
    cells = [planner.cell(added(1.0, counted(2)), 7), planner.cell(added(1.0, counted(2)), 7)]

    plan = planner.plan(cells)

    assert len(plan.cells) == 2  # the count and the addition, once each


def test_longest_path_comes_first(planner):
    """Jobs are ordered by their cost plus that of the costliest chain waiting for them."""
    short, long = planner.cell(counted(3), 1), planner.cell(added(0.0, counted(5, length=9)), 1)

    plan = planner.plan([short, long])

    assert [str(job) for job in plan.jobs] == [
        "count @5 seeds 1",
        "count @3 seeds 1",
        "add seeds 1",
    ]
    assert list(plan.rank.values()) != []
    assert [plan.rank[job] for job in plan.jobs] == [6.0, 3.0, 1.0]


def test_what_may_have_to_follow_counts_as_waiting(planner):
    """A short job goes ahead of a longer one where its claim, left open, would ask for seeds that
    take longer still.
    """
    short, long = counted(1, length=9), counted(3)
    wanted = [planner.cell(short, 1), planner.cell(long, 1)]
    doubtful = make_claim(
        arms={"short": short, "other": counted(2, length=9)}, seeds=Seeds(pool=(1, 2, 3), start=1)
    )

    follows = awaited([doubtful], planner, lambda cell: cell.seed == 1)

    assert {str(cell): cost for cell, cost in follows.items()} == {
        "count@1 seed 1": 2.0,
        "count@2 seed 1": 2.0,
    }
    assert [str(job) for job in planner.plan(wanted).jobs] == [
        "count @3 seeds 1",
        "count @1 seeds 1",
    ]
    assert [str(job) for job in planner.plan(wanted, after={wanted[0]: 2.5}).jobs] == [
        "count @1 seeds 1",
        "count @3 seeds 1",
    ]
    assert set(awaited([doubtful], planner, lambda _: True).values()) == {0.0}


def test_no_more_seeds_no_more_waiting(planner):
    """A claim that has all its seeds at first awaits nothing."""
    assert (
        awaited(
            [make_claim(arms={"a": counted(1)}, seeds=Seeds(pool=(1, 2), start=2))],
            planner,
            lambda _: False,
        )
        == {}
    )


def test_wide_devices_batch_compatible_arms(planner):
    """Arms that differ in a varying parameter alone share a job on a wide device, and have one each
    on a CPU.
    """
    cells = [planner.cell(added(by, counted(2)), seed) for by in (1.0, 2.0) for seed in (7, 8)]

    narrow, wide = planner.plan(cells), planner.plan(cells, wide=True)

    assert sorted(len(job.cells) for job in narrow.jobs) == [2, 2, 2]
    assert sorted(len(job.cells) for job in wide.jobs) == [2, 4]


def test_what_is_not_trained_waits_for_no_training(planner):
    """On a wide device an estimator left as it began shares no job with one that is fitted, whose
    input takes long.
    """
    fit = Stage(
        "fit",
        "counts beside its input",
        COUNT.implementation,
        Count,
        inputs={"number": Input("number", "")},
        progress="step",
    )
    random, fitted = (
        Call(fit, Count(step=step), {"number": counted(begin)}) for step, begin in ((0, 0), (3, 5))
    )

    plan = planner.plan(
        [planner.cell(call, seed) for call in (random, fitted) for seed in (7, 8)], wide=True
    )

    assert sorted(map(str, plan.jobs)) == [
        "count @0,5 seeds 7,8",
        "fit @0 seeds 7,8",
        "fit @3 seeds 7,8",
    ]
    assert {
        str(cell) for job in plan.jobs if str(job).startswith("fit @0") for cell in job.inputs
    } == {
        "count@0 seed 7",
        "count@0 seed 8",
    }


def test_keys_depend_on_what_a_result_depends_on(planner):
    """Seed, parameter, input, code and numerics each give another key; asking again gives the same."""
    other_code = Planner(
        lambda implementation: Fingerprint(digest="edited", definitions={}), NUMERICS
    )
    threaded = Planner(planner.fingerprint, Numerics(device="cpu", torch="2.11", threads=2))
    call = added(1.0, counted(2))

    keys = [
        planner.cell(call, 7).key,
        planner.cell(call, 8).key,
        planner.cell(added(2.0, counted(2)), 7).key,
        planner.cell(added(1.0, counted(3)), 7).key,
        other_code.cell(call, 7).key,
        threaded.cell(call, 7).key,
    ]

    assert len(set(keys)) == len(keys)
    assert planner.cell(added(1.0, counted(2)), 7).key == keys[0]


def test_lane_is_shared_by_points_only(planner):
    """The points of one trajectory share a lock, seeds do not."""
    first, last, other = (
        planner.cell(counted(step), seed) for step, seed in ((1, 7), (5, 7), (5, 8))
    )

    assert first.lane == last.lane != other.lane
    assert planner.at(first, 5) is last


def test_points_that_no_plan_has_are_not_kept(planner):
    """Looking for a point to go on from leaves nothing behind: a trajectory may have a million."""
    cell = planner.cell(counted(500), 1)
    held = len(planner._cells)

    assert planner.at(cell, 3).call.point == 3
    assert len(planner._cells) == held
    assert planner.at(planner.at(cell, 3), 500) is cell


def test_closure_lists_inputs_first(planner):
    """Everything a cell is computed from comes before it, once."""
    base = planner.cell(counted(2), 7)
    top = planner.cell(added(2.0, added(1.0, counted(2))), 7)

    cells = closure([top, base])

    assert cells[0] is base
    assert cells[-1] is top
    assert len(cells) == 3


def test_a_cpu_core_takes_a_few_seeds_at_once(planner):
    """Five seeds of a trajectory, all its points, are two jobs on a CPU, those asked for first
    together; one on a wide device.
    """
    cells = [planner.cell(counted(step), seed) for seed in (9, 1, 5, 7, 3) for step in (2, 4)]

    narrow, wide = planner.plan(cells), planner.plan(cells, wide=True)

    assert sorted(map(str, narrow.jobs)) == ["count @2,4 seeds 1,5,9", "count @2,4 seeds 3,7"]
    assert list(map(str, wide.jobs)) == ["count @2,4 seeds 1,3,5,7,9"]
