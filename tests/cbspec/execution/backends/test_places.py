"""Processes of one run are spread over the devices of a machine: here of a made-up family."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from cbspec.config import Config
from cbspec.execution import devices
from cbspec.execution.backends import Local, Workplace
from cbspec.execution.backends.place import DevicePlace
from cbspec.execution.cell import Cell
from cbspec.execution.executor import Executor
from cbspec.execution.numerics import Numerics
from cbspec.execution.plan import Planner
from cbspec.execution.rundir import RunDirectory
from cbspec.stage import Call, Job, Measure, Parameters, Stage
from cbspec.store import Store
from tests.cbspec.execution.conftest import code_of
from tests.support.patience import until

ROOT = Path(__file__).parents[4]
NUMERICS = Numerics(device="lamp", torch="2.11")


class Lamps:
    """Two lamps, by whose light two processes can read at a time."""

    name = "lamp"
    wide = True
    tf32 = False

    def absent(self, torch: object) -> str:  # noqa: ARG002
        return ""

    def processes(self, threads: int) -> int | None:  # noqa: ARG002
        return None

    def places(self) -> Sequence[Mapping[str, str]]:
        return [{"LAMP": "left"}, {"LAMP": "right"}]

    def share(self) -> float:
        return 0.4

    def clock(self) -> float:
        return time.monotonic()


class Page(Parameters, frozen=True, kw_only=True):
    number: int
    journal: str
    thick: bool = False


def read(job: Job[Page]) -> None:
    """Note by which lamp a page is read, and read as long as there is a file called hold."""
    page = job.replicas[0].parameters
    with Path(page.journal).open("a") as journal:
        journal.write(f"{page.number} {os.environ['LAMP']} {os.getpid()}\n")
    while Path(page.journal).with_name("hold").exists():
        time.sleep(0.01)
    for index, _ in enumerate(job.replicas):
        job.emit(index, measures={"words": 1.0})


READ = Stage(
    "read",
    "reads",
    f"{__name__}:read",
    Page,
    measures={"words": Measure("1", "read")},
    varying=frozenset({"number"}),
)
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


def page_for(reader: Executor, journal: Path, number: int, *, thick: bool = False) -> Cell:
    """A page that this reader plans to read."""
    page = Page(number=number, journal=str(journal), thick=thick)
    cell = reader.planner.cell(Call(READ, page), 1)
    reader.plan_cells([cell])
    return cell


def read_by(journal: Path) -> list[tuple[int, str]]:
    """The pages in the order in which they were begun, each with the lamp."""
    lines = [line.split() for line in journal.read_text().splitlines()]
    return [(int(number), lamp) for number, lamp, _ in lines]


def test_processes_take_the_devices_in_turn(config: Config, tmp_path: Path) -> None:
    """Of five processes three compute on one device and two on the other, each on the same to its
    end; one that comes later takes the place of one that has left.
    """
    journal = tmp_path / "journal"
    readers = [reading(config, tmp_path, f"gw{number}") for number in range(5)]
    for number, reader in enumerate([*readers, readers[1]]):
        reader.ensure([page_for(reader, journal, number)])
    readers[1].close()
    late = reading(config, tmp_path, "gw5")
    late.ensure([page_for(late, journal, 6)])
    for reader in [*readers, late]:
        reader.close()

    assert [lamp for _, lamp in read_by(journal)] == [
        *("left", "right", "left", "right", "left"),
        *("right", "right"),
    ]
    processes = [line.split()[2] for line in journal.read_text().splitlines()]
    assert Counter(processes).most_common(1)[0][1] == 2


def test_a_device_is_filled_by_the_memory_that_was_measured(config: Config, tmp_path: Path) -> None:
    """Two jobs that were seen to hold two fifths each share a device. A job that nobody has measured
    waits for a device of its own, and one that comes after it for that one.
    """
    journal = tmp_path / "journal"
    readers = [reading(config, tmp_path, f"gw{number}") for number in range(6)]
    readers[0].ensure([page_for(readers[0], journal, 0)])
    (tmp_path / "hold").touch()
    pages = [
        page_for(reader, journal, number, thick=number == 5)
        for number, reader in enumerate(readers, 1)
    ]
    for reader in readers[:4]:
        reader.step()
    until(lambda: len(read_by(journal)) == 5, "four read")
    for reader in readers[4:]:
        reader.step()
    held = read_by(journal)
    statuses = RunDirectory(tmp_path / "runs" / "run", "any").statuses()
    (tmp_path / "hold").unlink()
    for reader, page in zip(readers, pages, strict=True):
        reader.ensure([page])
        reader.close()

    waiting = [status.worker for status in statuses if status.job.endswith("waits for room")]
    assert sorted(waiting) == ["gw4", "gw5"]
    assert sorted(held[1:]) == [(1, "left"), (2, "right"), (3, "left"), (4, "right")]
    assert sorted(number for number, _ in read_by(journal)) == [*range(7)]


@pytest.fixture
def lamps(tmp_path: Path) -> Callable[[], DevicePlace]:
    """The place of one more process of a run."""
    return lambda: DevicePlace(RunDirectory(tmp_path, "main"))


def test_whoever_came_first_has_room_first(lamps: Callable[[], DevicePlace]) -> None:
    """A claim that does not fit waits for those before it and for no later one, however small."""
    both = Lamps().places()
    whole, half, another, late, small = (lamps() for _ in range(5))

    chosen = [
        place.claim(both, share)["LAMP"]
        for place, share in ((whole, 1.0), (half, 0.5), (another, 0.5), (late, 1.0), (small, 0.1))
    ]
    before = [place.free for place in (whole, half, another, late, small)]
    whole.vacate()
    freed = late.free, small.free
    late.release()
    another.release()

    assert chosen == ["left", "right", "right", "left", "right"]
    assert before == [True, True, True, False, False]
    assert freed == (True, False)
    assert small.free
    assert small.claim(both, 1 / 3)["LAMP"] == "right"
    assert half.claim(both, 1.0)["LAMP"] == "left"


def test_what_a_killed_process_claimed_is_free(
    lamps: Callable[[], DevicePlace], tmp_path: Path
) -> None:
    """A claim counts as long as its lock is held."""
    both = Lamps().places()
    first = lamps()
    first.claim(both, 1.0)
    [claim] = (tmp_path / "turns").glob("*.claim")
    orphan = claim.with_stem(claim.stem.replace(".0", ".7"))
    orphan.write_bytes(claim.read_bytes())
    first.release()

    assert lamps().claim(both, 1.0)["LAMP"] == "left"
    assert not orphan.exists()
