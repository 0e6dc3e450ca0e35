"""What a run computed, and how long it took."""

import msgspec

from cbspec.report import RunTrace, StageUse
from cbspec.report.html.effort import duration, effort
from cbspec.report.html.subject import Subject


def use(call, results=3, computed=3, seconds=30.0, forecast=20.0):
    return StageUse(
        stage="train",
        call=call,
        arms=("dfa",),
        points=(20,),
        seeds=(1, 2, 3),
        results=results,
        computed=computed,
        adopted=0,
        seconds=seconds,
        forecast=forecast,
    )


def test_what_claims_share_is_counted_once(record):
    """A trajectory of two claims counts once, with the seeds of the one that drew more; what was
    stored has no share of the time.
    """
    first = record(id="1.a")
    traces = (
        RunTrace(stages=(use("ab"), use("cd", computed=0, forecast=0.0))),
        RunTrace(stages=(use("ab", results=6, computed=6, seconds=60.0, forecast=None),)),
    )
    subjects = []
    for trace in traces:
        made = msgspec.structs.replace(first, trace=trace)
        subjects.append(Subject(id="1.a", record=made))
    view = effort(subjects)
    [stage] = view.stages

    assert (stage.results, stage.computed, stage.took, stage.share) == (9, 6, "60 s", 100.0)
    assert (view.took, view.forecast) == ("60 s", "none")


def test_a_page_of_the_record_has_no_time():
    """Where nothing was run there is nothing to tell."""
    assert effort([Subject(id="1.a")]) is None


def test_durations_are_told_as_people_do():
    """Seconds, minutes and hours, to two or three digits."""
    assert [duration(value) for value in (0.4, 12.3, 270, 9000)] == [
        "0.40 s",
        "12 s",
        "4.5 min",
        "2.5 h",
    ]
