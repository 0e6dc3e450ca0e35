"""Processes of one run are spread over the devices of a machine: here of a made-up family."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from cbspec.config import Config
from cbspec.execution import devices
from cbspec.execution.backends import Local, Workplace
from cbspec.execution.executor import Executor
from cbspec.execution.numerics import Numerics
from cbspec.execution.plan import Planner
from cbspec.execution.rundir import RunDirectory
from cbspec.stage import Call, Job, Measure, Parameters, Stage
from cbspec.store import Store
from tests.cbspec.execution.conftest import code_of

ROOT = Path(__file__).parents[4]
NUMERICS = Numerics(device="lamp", torch="2.11")


class Lamps:
    """Two lamps, by whose light any number of processes read."""

    name = "lamp"
    wide = True
    tf32 = False

    def absent(self, torch: object) -> str:  # noqa: ARG002
        return ""

    def processes(self, threads: int) -> int | None:  # noqa: ARG002
        return None

    def places(self) -> Sequence[Mapping[str, str]]:
        return [{"LAMP": "left"}, {"LAMP": "right"}]

    def clock(self) -> float:
        return time.monotonic()


class Page(Parameters, frozen=True, kw_only=True):
    number: int
    journal: str


def read(job: Job[Page]) -> None:
    """Note by which lamp a page is read."""
    page = job.replicas[0].parameters
    with Path(page.journal).open("a") as journal:
        journal.write(f"{page.number} {os.environ['LAMP']} {os.getpid()}\n")
    for index, _ in enumerate(job.replicas):
        job.emit(index, measures={"words": 1.0})


READ = Stage("read", "reads", f"{__name__}:read", Page, measures={"words": Measure("1", "read")})
STAGES = (READ,)
DEVICES = (Lamps(),)


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Config]:
    """A project that has lamps, as long as the test lasts."""
    config = Config(ROOT, engine=__name__, devices=(__name__,))
    devices.load(config)
    yield config
    devices.load(Config(tmp_path))


def reading(config: Config, folder: Path, worker: str) -> Executor:
    """One process' share of a run."""
    run, store = RunDirectory(folder / "runs" / "run", worker), Store(folder / "store")
    workers = Local().open(Workplace(config, store, run))
    return Executor(Planner(code_of, NUMERICS), store, run, workers)


def test_processes_take_the_devices_in_turn(config: Config, tmp_path: Path) -> None:
    """Of five processes three compute on one device and two on the other, each on the same to its
    end; one that comes later takes the place of one that has left.
    """
    journal = tmp_path / "journal"
    readers = [reading(config, tmp_path, f"gw{number}") for number in range(5)]
    for number, reader in enumerate([*readers, readers[1]]):
        page = reader.planner.cell(Call(READ, Page(number=number, journal=str(journal))), 1)
        reader.plan_cells([page])
        reader.ensure([page])
    readers[1].close()
    late = reading(config, tmp_path, "gw5")
    page = late.planner.cell(Call(READ, Page(number=6, journal=str(journal))), 1)
    late.plan_cells([page])
    late.ensure([page])
    for reader in [*readers, late]:
        reader.close()

    lines = [line.split() for line in journal.read_text().splitlines()]
    lamps = {int(number): lamp for number, lamp, _ in lines}
    assert [lamps[number] for number in range(7)] == [
        *("left", "right", "left", "right", "left"),
        *("right", "right"),
    ]
    assert Counter(process for *_, process in lines).most_common(1)[0][1] == 2
