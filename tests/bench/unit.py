"""The unit tests as a whole: how long whoever changes the harness waits for them.

``python -m tests.bench.unit [PATH...]``; all of tests/ by default.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.bench.report import Row, publish

ROOT = Path(__file__).parents[2]
SECONDS = 180.0


def main(arguments: Sequence[str] = ()) -> Iterator[Row]:
    """Wall time of the tests with two workers, and pytest's own count of them."""
    paths = list(arguments) or ["tests"]
    command = [sys.executable, "-m", "pytest", *paths, "-n", "2", "-q"]
    began = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    seconds = time.monotonic() - began
    counted = done.stdout.strip().splitlines()[-1].partition(" in ")[0]
    yield Row(
        f"unit tests of {', '.join(paths)}, -n 2",
        f"{seconds:.0f} s, {counted}",
        f"at most {SECONDS:.0f} s",
        seconds <= SECONDS and done.returncode == 0,
    )


if __name__ == "__main__":
    sys.exit(publish("unit", main(sys.argv[1:])))
