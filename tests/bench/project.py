"""A copy of the project to run the claims in, with a store of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
PARTS = (
    "claims",
    "cbspec",
    "engine",
    "reports/ledger.json",
    "reports/evidence",
    "reports/canary.json",
    "pyproject.toml",
)
ALWAYS = ("-q", "-p", "no:cacheprovider")
HIDDEN = ("PYTEST_", "CBSPEC_STORE", "GITHUB_", "PYTHONDONTWRITEBYTECODE")
# 7A.a takes 4096 images
SMALL = {
    "train_images": 4096,
    "width": 32,
    "epochs": 4,
    "middle": 2,
    "late": 4,
    "fit_epochs": 1,
}


class Run(NamedTuple):
    """What a run took: seconds by the clock, and at its peak the resident memory of its largest
    process in GB.
    """

    seconds: float
    memory: float


class Project:
    """The project in another folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[bytes]:
        """Begin a run of the claims in a process group of its own.

        Args:
            variables: of the environment, besides those that there are.
        """
        with (self.folder / "output.txt").open("wb") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "pytest", *ALWAYS, *arguments],
                cwd=self.folder,
                env=self.environment(variables),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of a run: byte code is cached, as where cbspec is installed."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(HIDDEN)}
        return kept | {"PYTHONPATH": str(self.folder)} | variables

    def run(self, *arguments: str, **variables: str) -> Run:
        """A whole run of the claims; `variables` are of the environment.

        Raises:
            RuntimeError: it did not get to its end, so that its figures would mean nothing.
        """
        # The last thing that a run of claims writes, failed ones or not
        page = self.folder / "reports" / "latest.md"
        page.unlink(missing_ok=True)
        began = time.monotonic()
        process = self.start(*arguments, **variables)
        try:
            # The kernel's peak over the process and all that it waited for
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:  # an interrupted benchmark leaves no run behind
            os.killpg(process.pid, signal.SIGKILL)
            raise
        seconds, process.returncode = time.monotonic() - began, os.waitstatus_to_exitcode(status)
        if process.returncode != 0 and not page.exists():
            output = (self.folder / "output.txt").read_text(errors="replace")
            raise RuntimeError(
                f"pytest {' '.join(arguments)} ended with status {process.returncode}:\n{output[-2000:]}"
            )
        return Run(seconds, usage.ru_maxrss * 1024 / 1e9)

    def figures(self) -> dict[str, Any]:
        """Claim -> its whole judgement in the last run, every figure with all its digits.

        Raises:
            RuntimeError: a stage could not be computed, so that the run's time would mean nothing.
        """
        report = json.loads((self.folder / "reports" / "latest.json").read_text())
        found = {record["claim"]: record["judgement"] for record in report["records"]}
        if errors := [
            f"{claim}: {own['reason']}" for claim, own in found.items() if own["verdict"] == "error"
        ]:
            raise RuntimeError("\n".join(errors))
        return found

    def shrink(self) -> None:
        """Choose sizes at which a stage takes a moment."""
        path = self.folder / "claims" / "defaults.yaml"
        text = path.read_text()
        for name, size in SMALL.items():
            text = re.sub(rf"^(    {name}:) \d+", rf"\1 {size}", text, count=1, flags=re.MULTILINE)
        path.write_text(text)

    def forget(self) -> None:
        """Remove every stored result."""
        shutil.rmtree(self.folder / ".cbspec")

    def leftovers(self) -> list[str]:
        """Locks, scratch files and run folders that no process needs any more."""
        places = [self.folder / ".cbspec" / name for name in ("store/tmp", "store/locks", "runs")]
        left: list[str] = []
        for place in places:
            left += map(str, place.glob("*"))
        return left


@contextmanager
def fresh() -> Iterator[Project]:
    """A copy of the project as it stands, without any stored result; removed at the end."""
    with tempfile.TemporaryDirectory() as folder:
        for part in PARTS:
            source, target = ROOT / part, Path(folder) / part
            target.parent.mkdir(exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        yield Project(Path(folder))
