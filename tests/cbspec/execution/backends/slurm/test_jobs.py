"""The Slurm jobs of a run, as squeue lists them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from cbspec.execution.backends.slurm.jobs import HelperJobs
from cbspec.execution.backends.slurm.request import request

LISTED = "7_0|R|None\n7_1|PD|Resources\n9_0|PD|Priority\n"


@pytest.mark.parametrize(
    ("status", "listed", "found"),
    [(0, LISTED, (2, "Resources")), (0, "9_0|PD|Priority\n", (0, "")), (1, "", (2, ""))],
)
def test_jobs_that_wait_say_why(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    listed: str,
    found: tuple[int, str],
) -> None:
    """Jobs of other runs do not count, and a squeue that does not answer changes nothing."""
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/sbatch")
    answer = subprocess.CompletedProcess([], status, listed, "")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: answer)
    jobs = HelperJobs(request(""), tmp_path, tmp_path)
    jobs._jobs, jobs._alive = ["7_0", "7_1"], 2

    alive = jobs.alive

    assert (alive, jobs.pending) == found
