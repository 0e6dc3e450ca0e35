"""Claims computed anew in processes forked from one that has loaded what is dear to load.

``python -m tests.bench.rerun``, with variables of the environment that numerical libraries read when
they are loaded: reads reruns from standard input, a JSON list, and answers each in a line.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from subprocess import PIPE

import msgspec

from cbspec.project import Project as Harness
from cbspec.trials.process import Worker, server
from cbspec.trials.trial import copied, opened
from tests.bench.project import ROOT

SECONDS = 1800.0

States = dict[str, str]
"""Claim -> what became of its canary: equal, differs, new or error."""


class Rerun(msgspec.Struct, frozen=True):
    """Canaries computed once more, on an empty store.

    Attributes:
        files: of claims, in the order in which they are computed.
        processes: how many compute them at a time, on one store, each in another order.
    """

    files: tuple[str, ...]
    threads: int
    processes: int


def rerun(reruns: Sequence[Rerun], environment: Mapping[str, str]) -> Iterator[States]:
    """Yield what became of the canaries of each rerun, all of them with these variables."""
    command = [sys.executable, "-m", "tests.bench.rerun"]
    variables = {**os.environ, **environment}
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, env=variables) as helper:
        assert helper.stdin  # both are pipes
        assert helper.stdout
        helper.stdin.write(msgspec.json.encode(reruns))
        helper.stdin.close()
        yield from map(json.loads, helper.stdout)


def states_in(folder: Path, store: Path, files: Sequence[str], threads: int = 1) -> States:
    """Compute the canaries of claim files in the project in a folder; return how they are beside
    the record there.
    """
    project = opened(folder, store)
    scale = project.config.canary
    run = project.run(files, scale, "cpu", threads, adopt="never", backend="inline")
    return {check.claim: check.state for check in run.canaries}


def main() -> None:
    reruns = msgspec.json.decode(sys.stdin.buffer.read(), type=list[Rerun])
    context = server()
    with tempfile.TemporaryDirectory(prefix="cbspec-rerun-") as name:
        place = Path(name)
        copied(Harness(ROOT).config, place / "project")
        for number, one in enumerate(reruns):
            workers = []
            for process in range(one.processes):
                turned = one.files[process:] + one.files[:process]
                arguments = place / "project", place / f"store{number}", turned, one.threads
                workers.append(Worker.start(context, SECONDS, states_in, *arguments))
            states: States = {}
            for worker in workers:
                for claim, state in worker.result().items():
                    if states.get(claim, "equal") == "equal":
                        states[claim] = state
            print(json.dumps(states), flush=True)


if __name__ == "__main__":
    main()
