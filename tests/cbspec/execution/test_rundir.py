"""What the processes of one run tell each other."""

import time

from cbspec.execution.messages import Status
from cbspec.execution.rundir import RunDirectory


def test_what_kills_two_workers_is_not_given_to_a_third(tmp_path):
    """A lane at which a worker was killed is anyone's again; one that killed two has failed, for
    the run and with its reason.
    """
    owner = RunDirectory(tmp_path / "runs" / "run", "main")
    for worker, failed in (("gw0", False), ("gw1", True)):
        now = time.time()
        dying = RunDirectory(owner.path, worker)
        dying.publish(
            Status(
                worker=worker, job="count @5 seeds 1", lanes=("a", "b"), started=now, updated=now
            )
        )
        owner.record_lost(worker)

        assert [owner.failure(lane) is not None for lane in ("a", "b", "c")] == [
            failed,
            failed,
            False,
        ]
    assert owner.failure("a").message == (
        "count @5 seeds 1 could not be computed: "
        "the worker that computed it was killed (out of memory?), at both attempts"
    )


def test_a_job_whose_worker_was_killed_is_told_once(tmp_path):
    """However many seeds the job has, its second attempt is one sentence of the report."""
    owner = RunDirectory(tmp_path / "runs" / "run", "main")
    dying = RunDirectory(owner.path, "gw0")
    job = "count @5 seeds 1,2,3"
    dying.publish(Status(worker="gw0", job=job, lanes=("a", "b", "c"), started=0, updated=0))
    owner.record_lost("gw0")
    for lane in ("a", "b", "c"):
        owner.recover(lane)

    assert owner.retries() == [
        f"{job} was computed at the second attempt; "
        "the first failed: the worker that computed it was killed (out of memory?)"
    ]


def test_draws_are_told_to_all(tmp_path):
    """The number of seeds that a claim draws is known to every worker, whatever its id is made of."""
    one, other = (RunDirectory(tmp_path / "run", worker) for worker in ("gw0", "gw1"))
    one.announce_seeds("1.b[depth=4]", 6)
    one.announce_seeds("a/b c", 12)
    one.announce_seeds("1.b[label=" + "検" * 28 + "]", 6)
    one.announce_seeds("1.b[label=" + "検" * 28 + "証]", 9)

    assert other.drawn() == {
        "1.b[depth=4]": 6,
        "a/b c": 12,
        "1.b[label=" + "検" * 28 + "]": 6,
        "1.b[label=" + "検" * 28 + "証]": 9,
    }


def test_an_end_is_of_one_job(tmp_path):
    """Whoever published the progress of a job, its end removes it, and that of no other job; with a
    worker named, that worker's alone.
    """
    here, there = (RunDirectory(tmp_path / "run", worker) for worker in ("gw0", "node.7"))
    for run, lanes in ((here, "ab"), (there, "ab"), (there, "b")):
        run.publish(Status(worker=run.worker, job="job", lanes=(lanes,), started=0, updated=0))

    here.publish_end(("ab",), "gw0")
    after_one = [(status.worker, status.lanes) for status in here.statuses()]
    here.publish_end(("b",))
    after_two = [(status.worker, status.lanes) for status in here.statuses()]

    assert after_one == [("node.7", ("ab",)), ("node.7", ("b",))]
    assert after_two == [("node.7", ("ab",))]
