"""The jobs of Slurm in which helpers run."""

from __future__ import annotations

import getpass
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

from cbspec.errors import ConfigError
from cbspec.execution.backends.slurm.helping import Helper
from cbspec.execution.backends.slurm.request import SlurmRequest
from cbspec.execution.failure import printable

LOOK_SECONDS = 10.0  # between two questions to Slurm


class HelperJobs:
    """Submits helpers of one run, and ends them.

    Args:
        wanted: what each gets.
        run: the run's folder.
        logs: where each leaves what it printed.

    Raises:
        ConfigError: this machine submits no jobs.
    """

    def __init__(self, wanted: SlurmRequest, run: Path, logs: Path) -> None:
        if shutil.which("sbatch") is None or shutil.which("srun") is None:
            raise ConfigError("--backend slurm: there is no sbatch here; start on a login node")
        self._wanted = wanted
        self._helper = Helper(run)
        self._logs = logs
        self._jobs: list[str] = []
        self._alive = 0
        self._looked = 0.0

    @property
    def alive(self) -> int:
        """Return how many helpers run or wait for a node, as Slurm knew lately."""
        if self._jobs and time.monotonic() - self._looked > LOOK_SECONDS:
            self._looked = time.monotonic()
            self._alive = self._count()
        return self._alive

    def submit(self, number: int) -> None:
        """Submit so many helpers.

        Raises:
            ConfigError: Slurm refuses them.
        """
        import submitit

        executor = submitit.SlurmExecutor(self._logs, max_num_timeout=1000)
        executor.update_parameters(
            job_name="cbspec",
            time=self._wanted.minutes,
            additional_parameters=dict(self._wanted.options),
            use_srun=False,
            stderr_to_stdout=True,
        )
        try:
            with executor.batch():
                jobs: list[Any] = [executor.submit(self._helper) for _ in range(number)]
        except submitit.core.utils.FailedJobError as error:
            raise ConfigError(f"--backend slurm: {printable(str(error))}") from None
        self._jobs += [job.job_id for job in jobs]
        self._alive += number
        self._looked = time.monotonic()

    def last_words(self) -> str:
        """Return the end of what the last helper printed, for people."""
        logs = sorted(self._logs.glob("*_log.out"), key=lambda path: path.stat().st_mtime)
        lines = logs[-1].read_text(errors="replace").strip().splitlines() if logs else []
        return printable(lines[-1]) if lines else ""

    def cancel(self) -> None:
        """End every helper of this run."""
        if self._jobs:
            subprocess.run(["scancel", *self._jobs], check=False, capture_output=True)

    def _count(self) -> int:
        command = ["squeue", "--noheader", "--array", "--format=%i", f"--user={getpass.getuser()}"]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:  # Slurm is busy, and will answer later
            return self._alive
        return len(set(done.stdout.split()).intersection(self._jobs))
