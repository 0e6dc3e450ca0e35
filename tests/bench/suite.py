"""The claims suite as a whole process, on a copy of the project with a store of its own: cold, warm, by workers, under kills.

``python -m tests.bench.suite [collect] [orders] [core] [workers] [whole] [kills N]``; all up to `workers` by default. `core` are
the claims that the first release promised a time for; `workers` and `kills` run on them.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tabulate import tabulate

ROOT = Path(__file__).parents[2]
PARTS = ("claims", "cbspec", "engine", "reports", "pyproject.toml")
CORE = [
    f"claims/{path}.yaml"
    for path in (
        "phase4/4A.b",
        "phase6/6A.a",
        "phase6_5/6.5A.a",
        "phase6_5/6.5A.b",
        "phase7/7A.a",
        "phase7/7A.f",
        "phase10/10A5.a",
    )
]
Row = tuple[str, str, str]


@contextmanager
def project() -> Iterator[Path]:
    """A copy of the project as it stands, without any stored result."""
    with tempfile.TemporaryDirectory() as folder:
        for part in PARTS:
            source, target = ROOT / part, Path(folder) / part
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "latest.*"))
            else:
                shutil.copy(source, target)
        yield Path(folder)


def start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """A run of the claims in a process group of its own."""
    hidden = ("PYTEST_", "CBSPEC_STORE", "GITHUB_", "PYTHONDONTWRITEBYTECODE")  # byte code is cached, as it is installed
    environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment | {"PYTHONPATH": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def timed(folder: Path, *arguments: str) -> float:
    """Wall seconds of one run."""
    began = time.monotonic()
    start(folder, *arguments).wait()
    return time.monotonic() - began


def figures(folder: Path) -> dict[str, Any]:
    """Claim -> its whole judgement, every figure with all its digits."""
    report = json.loads((folder / "reports" / "latest.json").read_text())
    return {record["claim"]: record["judgement"] for record in report["records"]}


def core() -> list[Row]:
    """The first claims on an empty store, then with everything stored."""
    return cold("the first seven claims", CORE, 240, 6)


def whole() -> list[Row]:
    """All claims on an empty store, then with everything stored."""
    return cold("all claims", ["claims"], 600, 8)


def cold(name: str, claims: Sequence[str], most: float, least: float) -> list[Row]:
    """Wall time of a cold run and the median of three warm ones, with four workers."""
    with project() as folder:
        first = timed(folder, *claims, "-n", "4")
        warm = sorted(timed(folder, *claims, "-n", "4") for _ in range(3))[1]
    return [
        (f"{name}, quick, cold, -n 4", f"{first:.0f} s", f"at most {most:.0f} s"),
        (f"{name}, quick, warm, -n 4", f"{warm:.1f} s", f"at most {least:.0f} s"),
    ]


def workers() -> list[Row]:
    """The same cold run by one and by two workers: time, and whether every figure is the same to the last bit."""
    found, seconds = [], []
    for count in ("1", "2"):
        with project() as folder:
            seconds.append(timed(folder, *CORE, "-n", count))
            found.append(figures(folder))
    share = f"{seconds[1]:.0f} s / {seconds[0]:.0f} s = {seconds[1] / seconds[0]:.0%}"
    same = "identical" if found[0] == found[1] else "different"
    return [("two workers against one, cold", share, "at most 60 %"), ("figures of the two, bit for bit", same, "identical")]


def orders() -> list[Row]:
    """The same claims by 0, 2 and 4 workers, in reverse order and one alone, at small sizes, each on an empty store."""
    runs = {
        "-n 0": ["-n", "0"],
        "-n 2": ["-n", "2"],
        "-n 4": ["-n", "4"],
        "reversed": ["-n", "0"],
        "alone": ["-n", "0", "-k", "6A.a"],
    }
    found = {}
    for name, arguments in runs.items():
        with project() as folder:
            shrink(folder)
            start(folder, *(CORE[::-1] if name == "reversed" else CORE), *arguments).wait()
            found[name] = figures(folder)
    whole = found.pop("-n 0")
    differing = [name for name, own in found.items() if any(own[claim] != whole[claim] for claim in own) or not own]
    return [("runs whose figures differ in any bit from -n 0: -n 2, -n 4, reversed, one alone", str(differing or "none"), "none")]


def collect(count: int = 1000) -> list[Row]:
    """Collecting and validating many claims in one process."""
    with project() as folder:
        text = (folder / "claims" / "phase6" / "6A.a.yaml").read_text()
        for path in (folder / "claims").rglob("*.yaml"):
            if path.name != "defaults.yaml":
                path.unlink()
        for number in range(count):
            (folder / "claims" / f"{number}.yaml").write_text(text.replace("id: 6A.a", f"id: G.{number}"))
        median = sorted(timed(folder, "claims", "--collect-only") for _ in range(3))[1]
    return [(f"collecting {count} claims, whole pytest process", f"{median:.2f} s", "at most 1.5 s")]


def kills(count: int = 200) -> list[Row]:
    """SIGKILL at random moments, a worker and then the whole run, at sizes small enough that a run is many stages in few seconds.

    A run that ends undisturbed is compared with one that never was, to the last bit, and the next starts on an empty store.
    """
    draw, different, left, ended = random.Random(2026), 0, 0, 0
    with project() as folder:
        shrink(folder)
        start(folder, *CORE, "-n", "4").wait()
        expected = figures(folder)
        shutil.rmtree(folder / ".cbspec")
        for number in range(count):
            if killed(start(folder, *CORE, "-n", "4"), draw) and number < count - 1:
                continue
            start(folder, *CORE, "-n", "4").wait()
            ended += 1
            different += figures(folder) != expected
            left += leftovers(folder)
            shutil.rmtree(folder / ".cbspec")
    return [
        (f"runs with other figures after {count} kill -9", f"{different} of {ended}", "0"),
        ("locks, scratch files and run folders left", str(left), "0"),
    ]


def killed(run: subprocess.Popen[bytes], draw: random.Random) -> bool:
    """Kill a run in the middle, half of the time one worker first; False when it had ended by itself."""
    time.sleep(draw.uniform(1.0, 9.0))
    ended = run.poll() is not None
    workers = children(run.pid)
    if workers and draw.random() < 0.5:
        os.kill(draw.choice(workers), signal.SIGKILL)
        time.sleep(draw.uniform(0.0, 1.0))
    if not ended:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
    return not ended


def shrink(folder: Path) -> None:
    """Sizes at which a stage takes a moment."""
    path = folder / "claims" / "defaults.yaml"
    text = path.read_text()
    for name, size in {"train_images": 512, "width": 32, "epochs": 6, "middle": 2, "late": 6, "fit_epochs": 2}.items():
        text = re.sub(rf"^(    {name}:) \d+", rf"\1 {size}", text, count=1, flags=re.MULTILINE)
    path.write_text(text)


def children(pid: int) -> list[int]:
    listed = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout
    return [int(word) for word in listed.split()]


def leftovers(folder: Path) -> int:
    places = [folder / ".cbspec" / name for name in ("store/tmp", "store/locks", "runs")]
    return sum(len(list(place.iterdir())) for place in places if place.exists())


def main(arguments: Sequence[str] = ()) -> list[Row]:
    """Run the named measurements and print them."""
    words = list(arguments) or ["collect", "orders", "core", "workers"]
    rows: list[Row] = []
    while words:
        word = words.pop(0)
        counts = [int(words.pop(0))] if words and words[0].isdigit() else []
        rows += {"collect": collect, "orders": orders, "core": core, "workers": workers, "whole": whole, "kills": kills}[word](
            *counts
        )
        print(tabulate(rows, headers=("measured", "figure", "wanted")), flush=True)
    return rows


if __name__ == "__main__":
    main(sys.argv[1:])
