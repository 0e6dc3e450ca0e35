"""The back end slurm on two nodes: figures as they are locally, whatever is killed or preempted."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster import slurm
from tests.cluster.lab import SUNK, Ferry
from tests.support.patience import until

pytestmark = pytest.mark.usefixtures("slurm_cluster")


def busy(lab: Ferry, boats: int) -> None:
    """Wait until so many jobs of three boats are held up after their first hour."""
    until(lambda: len(lab.journal()) >= 3 * boats, f"{boats} jobs are computed")


def test_figures_and_results_are_those_of_a_local_run(lab: Ferry, locally: Ferry) -> None:
    """Verdicts, values and stored results are equal to the last bit; a stage that raises is tried
    twice and named with its node.
    """
    lab.claim("sunk.yaml", SUNK)

    output = lab.finish(*slurm.BACKEND)

    found = lab.judgements()
    sunk = found.pop("3.a")
    assert found == locally.judgements()
    assert locally.contents().items() <= lab.contents().items()
    assert sunk.verdict == "error"
    assert re.search(r"seed \d on n[12] could not be computed: .*the boat has sunk", sunk.reason)
    assert re.search(r"\[cbspec\] main +sail .* on n[12]: done in", output)


def goes_on(lab: Ferry, locally: Ferry) -> None:
    """Figures are the local run's; what had been stored was not computed again, the rest was."""
    assert lab.judgements() == locally.judgements()
    assert lab.contents() == locally.contents()
    assert lab.journal()["5.0 1 1"] == 1
    assert max(lab.journal().values()) == 2


def test_a_killed_helper_costs_no_figure(lab: Ferry, locally: Ferry) -> None:
    """What a helper was at when it was killed is computed by another one, from the last stored
    point on.
    """
    lab.hold()
    running = lab.begin(*slurm.BACKEND)
    busy(lab, 2)
    for process in slurm.holders(lab.root):
        os.kill(process, signal.SIGKILL)
    lab.let_go()
    running.end()

    goes_on(lab, locally)


def test_a_preempted_helper_goes_on_when_it_is_requeued(lab: Ferry, locally: Ferry) -> None:
    """A job that goes first takes the nodes away; the helpers come back and resume."""
    lab.hold()
    running = lab.begin(*slurm.BACKEND)
    busy(lab, 2)
    before = slurm.holders(lab.root)
    slurm.occupy(seconds=1)
    slurm.begin_requeued()
    assert not any(Path(f"/proc/{process}").exists() for process in before)
    lab.let_go()
    running.end()

    goes_on(lab, locally)


def test_the_helpers_of_one_job_compute_side_by_side(lab: Ferry, locally: Ferry) -> None:
    """With ntasks=2 one Slurm job computes two jobs of the plan at a time."""
    lab.hold()
    running = lab.begin(*slurm.BACKEND[:-1], "partition=pair,ntasks=2,helpers=2,time=10")
    busy(lab, 2)
    jobs = slurm.jobs()
    lab.let_go()
    running.end()

    assert len(jobs) == 1
    assert lab.judgements() == locally.judgements()
    assert lab.contents() == locally.contents()
    assert set(lab.journal().values()) == {1}


def test_a_helper_by_hand_joins_and_leaves(lab: Ferry, locally: Ferry) -> None:
    """`cbspec work` computes what is left on the counter, with the run's hash seed, and ends with
    the run.
    """
    lab.hold()
    running = lab.begin(*slurm.BACKEND)
    busy(lab, 2)
    other = {**os.environ, "PYTHONHASHSEED": "3"}
    by_hand = subprocess.Popen([sys.executable, "-m", "cbspec", "work"], cwd=lab.root, env=other)
    busy(lab, 3)
    lab.let_go()
    running.end()

    assert by_hand.wait(60) == 0
    assert lab.judgements() == locally.judgements()
    assert lab.contents() == locally.contents()
    assert set(lab.journal().values()) == {1}


def test_without_a_run_there_is_nothing_to_help(lab: Ferry) -> None:
    """`cbspec work` says so and ends."""
    result = lab.cbspec("work")

    assert result.exit_code == 1
    assert "No run" in result.output


def test_what_slurm_refuses_is_said_in_its_words(lab: Ferry) -> None:
    """A partition that there is not ends the run with sbatch's own message."""
    status, output = lab.begin("-n", "0", "--backend", "slurm", "--slurm", "partition=lw").end()

    assert status == 2
    assert "invalid partition" in output
    assert "Traceback" not in output
