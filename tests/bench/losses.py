"""Runs on clusters of which a part is killed at random: the figures are as ever, and nothing is
computed more than twice.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.report import Row
from tests.support.patience import until

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster

    from tests.cluster.lab import Ferry

NODES = ("two", "three")  # besides the one of the process that judges


def kills(number: int) -> Iterator[Row]:
    """Kill a helper of Slurm at a random moment of each run."""
    from tests.cluster import slurm
    from tests.cluster.conftest import ferry

    if reason := slurm.lacking():
        yield Row("helpers killed at random", reason)
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folders = [Path(place, name) for name in ("slurm", "shore", "lab")]
        for folder in folders:
            folder.mkdir()
        os.environ["FERRY"] = str(folders[1])
        slurm.start(folders[0])
        try:
            with ferry(folders[2], folders[1]) as lab:
                yield _kills(lab, number)
        finally:
            slurm.stop(folders[0])


def _kills(lab: Ferry, number: int) -> Row:
    from tests.cluster.slurm import BACKEND, holders

    lab.finish("-n", "0")
    expected = lab.judgements(), lab.contents()
    moment = random.Random(0)
    same = killed = most = 0
    for _ in range(number):
        lab.forget()
        running = lab.begin(*BACKEND)
        delay = time.monotonic() + moment.uniform(0.5, 6.0)
        victims: Sequence[int] = ()
        while running.alive and (time.monotonic() < delay or not victims):
            victims = holders(lab.root)
            time.sleep(0.005)
        if victims and running.alive:
            os.kill(moment.choice(victims), signal.SIGKILL)
            killed += 1
        running.end()
        same += (lab.judgements(), lab.contents()) == expected
        most = max(most, *lab.journal().values())
    return Row(
        f"{number} runs, in {killed} of which a helper of Slurm was killed while it had a job",
        f"{same} with the same figures; nothing computed more than {most} times",
        f"{number}; twice",
        same == number and most <= 2,
    )


def nodes(number: int) -> Iterator[Row]:
    """Lose a node of Ray at a random moment of each run."""
    if find_spec("ray") is None:
        yield Row("nodes of Ray lost at random", "ray is not installed")
        return
    from ray.cluster_utils import Cluster

    from tests.cluster.conftest import ferry, patiently, ray_node

    with tempfile.TemporaryDirectory() as place:
        shore, root = Path(place, "shore"), Path(place, "lab")
        for folder in (shore, root):
            folder.mkdir()
        os.environ |= {"FERRY": str(shore), "RAY_worker_niceness": "0"}
        with ferry(root, shore) as lab:
            cluster = patiently(
                lambda: Cluster(initialize_head=True, head_node_args=ray_node("one"))
            )
            try:
                yield _losses(lab, cluster, number)
            finally:
                cluster.shutdown()


def _losses(lab: Ferry, cluster: Cluster, number: int) -> Row:
    from tests.cluster.conftest import lose, ray_node

    lab.finish("-n", "0")
    expected = lab.judgements(), lab.contents()
    workers = {name: cluster.add_node(**ray_node(name)) for name in NODES}
    moment = random.Random(0)
    same = busy = most = 0
    for turn in range(number):
        lab.forget()
        lab.hold()
        running = lab.begin("-n", "0", "--backend", "ray", "--address", cluster.address)
        until(lambda: bool(lab.journal()), "a node computes")
        began = time.monotonic()
        lost, released = began + moment.uniform(0, 3), began + moment.uniform(0, 3)
        _sleep_until(min(lost, released))
        if released < lost:
            lab.let_go()
            _sleep_until(lost)
        name = moment.choice(NODES)
        busy += running.alive
        lose(cluster, workers[name])
        if lost <= released:
            _sleep_until(released)
            lab.let_go()
        output = running.end()[1]
        workers[name] = cluster.add_node(**ray_node(name))
        if (lab.judgements(), lab.contents()) == expected:
            same += 1
        else:
            print(f"turn {turn}:\n{output}", file=sys.stderr)
        most = max(most, *lab.journal().values())
    return Row(
        f"{number} runs on three nodes of Ray, one of which was lost at random, {busy} times before "
        "the run had ended",
        f"{same} with the same figures; nothing computed more than {most} times",
        f"{number}; twice",
        same == number and most <= 2,
    )


def _sleep_until(moment: float) -> None:
    time.sleep(max(moment - time.monotonic(), 0.0))
