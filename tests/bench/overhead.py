"""What a back end costs beside `local`: processor time of all processes of a run, and the clock."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from tests.bench.report import Row
from tests.cluster import slurm

ROOT = Path(__file__).parents[2]
GROUPS = Path("/sys/fs/cgroup/cpuacct")  # daemons leave the tree of processes, but not their group
LOCAL = ("-n", "2")
RAY = ("-n", "0", "--backend", "ray", "--address", "local")
AIMS = {"ray": (15, 20), "slurm": (10, 15)}  # most percent, and most seconds, beyond `local`
SETTLE_SECONDS = 2.0  # that the daemons of a cluster take to end after the run


class Spent(NamedTuple):
    """The seconds that a run takes: of all its processes together, and by the clock."""

    processor: float
    clock: float


def overhead(claims: Sequence[str]) -> Iterator[Row]:
    """Compute claims from an empty store on two cores, with each back end.

    Args:
        claims: ids; all claims without any.
    """
    what = f"{', '.join(claims)} at quick" if claims else "quick suite"
    about = f"{what}, from an empty store on two cores: processor time of all processes, and clock"
    try:
        with own_group() as group:
            spent = {"local": _spent(group, claims, LOCAL), "ray": _spent(group, claims, RAY)}
            if not slurm.lacking():
                spent["slurm"] = _on_slurm(group, claims)
    except OSError as error:
        yield Row(about, f"not measured: {error}")
        return
    local = spent["local"]
    yield Row(f"{about}, local", f"{local.processor:.1f} s, {local.clock:.1f} s")
    yield from _beyond(about, spent)


def _beyond(about: str, spent: Mapping[str, Spent]) -> Iterator[Row]:
    for name, (percent, seconds) in AIMS.items():
        if name not in spent:
            yield Row(f"{about}, {name}", "not installed")
            continue
        found, met = [], True
        for local, here in zip(spent["local"], spent[name], strict=True):
            more, share = here - local, 100 * (here - local) / local
            found.append(f"{here:.1f} s: {more:+.1f} s, {share:+.1f} %")
            met = met and share <= percent and more <= seconds
        aim = f"at most {percent} % and {seconds} s more"
        yield Row(f"{about}, {name}", "; ".join(found), aim, met)


def _on_slurm(group: Path, claims: Sequence[str]) -> Spent:
    # Its daemons may still write when they have been told to end
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        slurm.start(Path(folder))
        try:
            return _spent(group, claims, slurm.BACKEND)
        finally:
            slurm.stop(Path(folder))


def _spent(group: Path, claims: Sequence[str], options: Sequence[str]) -> Spent:
    """Return what a run with these options takes.

    Raises:
        AssertionError: a claim fails.
    """
    with tempfile.TemporaryDirectory() as store:
        before, began = _used(group), time.monotonic()
        command = [sys.executable, "-m", "cbspec", "run", *claims, *options, "-q"]
        environment = {**os.environ, "CBSPEC_STORE": store, "RAY_worker_niceness": "0"}
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        clock = time.monotonic() - began
        assert done.returncode == 0, done.stdout + done.stderr
        time.sleep(SETTLE_SECONDS)
        return Spent(_used(group) - before, clock)


@contextmanager
def own_group() -> Iterator[Path]:
    """Put this process, and all that it starts, into a control group of their own.

    Raises:
        OSError: this system has no such groups, or this user may not make one.
    """
    group = GROUPS / f"cbspec-bench-{os.getpid()}"
    group.mkdir()
    (group / "cgroup.procs").write_text(str(os.getpid()))
    try:
        yield group
    finally:
        (GROUPS / "cgroup.procs").write_text(str(os.getpid()))
        with suppress(OSError):  # a daemon may still be ending
            group.rmdir()


def _used(group: Path) -> float:
    return int((group / "cpuacct.usage").read_text()) / 1e9
