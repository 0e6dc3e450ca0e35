"""When results will lie ready, and the order that the processes of a run share."""

from cbspec.execution.readiness import agreed_order, ready_at
from tests.cbspec.execution.arithmetic import added, counted


def test_cores_take_the_longest_job_first(planner):
    """Jobs of 5, 4 and 2 on two cores end at 5, 4 and 6, those on one core at 5, 9 and 11."""
    five, four, two = (planner.cell(counted(step, length=9 + step), 1) for step in (5, 4, 2))
    plan = planner.plan([two, five, four])

    beside = ready_at(plan, lambda cell: False, 2)
    alone = ready_at(plan, lambda cell: False, 1)

    assert [beside[cell] for cell in (five, four, two)] == [5.0, 4.0, 6.0]
    assert [alone[cell] for cell in (five, four, two)] == [5.0, 9.0, 11.0]


def test_a_result_waits_for_its_inputs(planner):
    """A sum of a count of 3 is ready one after the count, and at once where the count is stored."""
    total = planner.cell(added(1.0, counted(3)), 7)
    [count] = total.inputs.values()
    plan = planner.plan([total])

    assert ready_at(plan, lambda cell: False, 4) == {count: 3.0, total: 4.0}
    assert ready_at(plan, lambda cell: cell == count, 4) == {count: 0.0, total: 1.0}
    assert ready_at(plan, lambda cell: True, 4) == {count: 0.0, total: 0.0}


def test_the_first_proposal_counts(tmp_path):
    """Whatever a later process would propose, it is told what the first one did."""
    place = tmp_path / "run" / "order"

    first = agreed_order(place, lambda: ["2.a", "1.a"])
    later = agreed_order(place, lambda: ["1.a", "2.a"])

    assert first == later == ["2.a", "1.a"]
    assert [path.name for path in place.parent.iterdir()] == ["order"]


def test_two_proposals_at_a_time_are_one(tmp_path):
    """Of two processes that propose at the same moment, both follow the one that wrote first."""
    place = tmp_path / "order"

    def propose_late():
        agreed_order(place, lambda: ["early"])
        return ["late"]

    assert agreed_order(place, propose_late) == ["early"]
