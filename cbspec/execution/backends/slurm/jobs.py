"""The Slurm jobs in which helpers run."""

from __future__ import annotations

import getpass
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

from cbspec.errors import BackendError, printable
from cbspec.execution.backends.slurm.helping import Helper
from cbspec.execution.backends.slurm.request import SlurmRequest

LOOK_SECONDS = 10.0  # between two calls of squeue, which a cluster's admins want to be rare


class HelperJobs:
    """Submits the helpers of one run as Slurm jobs, and cancels them.

    Args:
        wanted: the resources of each job.
        run: the run's folder.
        logs: the folder for the output of the jobs.

    Attributes:
        pending: why Slurm lets a job wait, in its words; empty if none waits.

    Raises:
        BackendError: this machine has no sbatch or srun.
    """

    def __init__(self, wanted: SlurmRequest, run: Path, logs: Path) -> None:
        if shutil.which("sbatch") is None or shutil.which("srun") is None:
            raise BackendError("--backend slurm: there is no sbatch here; start on a login node")
        self._wanted = wanted
        self._helper = Helper(run, wanted.minutes)
        self._logs = logs
        self._jobs: list[str] = []
        self.pending = ""
        self._alive = 0
        self._looked = 0.0

    @property
    def alive(self) -> int:
        """Return how many jobs run or wait for a node, by the last call of squeue."""
        if self._jobs and time.monotonic() - self._looked > LOOK_SECONDS:
            self._looked = time.monotonic()
            self._alive = self._count()
        return self._alive

    def submit(self, number: int) -> None:
        """Submit jobs.

        Args:
            number: how many.

        Raises:
            BackendError: Slurm refuses the jobs.
        """
        import submitit

        # What one job's helpers are told, srun has no longer from sbatch
        threads = self._wanted.options.get("cpus-per-task", "1")
        executor = submitit.SlurmExecutor(self._logs)
        executor.update_parameters(
            job_name="cbspec",
            time=self._wanted.minutes,
            additional_parameters=dict(self._wanted.options),
            use_srun=self._wanted.tasks > 1,
            srun_args=[f"--cpus-per-task={threads}", "--kill-on-bad-exit=0"],
            stderr_to_stdout=True,
        )
        try:
            with executor.batch():
                jobs: list[Any] = [executor.submit(self._helper) for _ in range(number)]
        except submitit.core.utils.FailedJobError as error:
            sentence = " ".join(str(error).split())
            raise BackendError(f"--backend slurm: {printable(sentence)}") from None
        self._jobs += [job.job_id for job in jobs]
        self._alive += number
        self._looked = time.monotonic()

    def last_words(self) -> str:
        """Return the last line that a helper has printed, for an error message."""
        logs = sorted(self._logs.glob("*_log.out"), key=lambda path: path.stat().st_mtime)
        lines = logs[-1].read_text(errors="replace").strip().splitlines() if logs else []
        return printable(lines[-1]) if lines else ""

    def cancel(self) -> None:
        """Cancel every job of this run."""
        if self._jobs:
            subprocess.run(["scancel", *self._jobs], check=False, capture_output=True)

    def _count(self) -> int:
        form = "--format=%i|%t|%r"
        command = ["squeue", "--noheader", "--array", form, f"--user={getpass.getuser()}"]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:  # a busy Slurm may refuse to answer; ask again later
            return self._alive
        self.pending = ""
        alive = 0
        for line in done.stdout.splitlines():
            job, state, reason = line.split("|", 2)
            if job in self._jobs:
                alive += 1
                if state == "PD":
                    self.pending = printable(reason)
        return alive
