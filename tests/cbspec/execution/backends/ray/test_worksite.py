"""What a worker of Ray keeps between two tasks: it need not be sent again, and is answered again."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path
from typing import Any

import pytest

from cbspec.execution.backends.local import LocalWorkers
from cbspec.execution.backends.ray import worksite
from cbspec.execution.backends.ray.parcel import Answer, Parcel, Report, RunOrigin
from cbspec.execution.backends.ray.worksite import Worksite
from cbspec.execution.numerics import LAYOUT
from cbspec.execution.task import StageTask
from cbspec.execution.wire import packed
from cbspec.project import Project
from cbspec.stage import Call
from tests.support.laboratory import Laboratory


class Site:
    """A worker of Ray, and what it is asked.

    Attributes:
        reports: what it told before its last answer.
    """

    def __init__(self, root: Path) -> None:
        self._project = Project(root)
        self._origin = RunOrigin("run", LAYOUT, self._project.config)
        self._worksite = Worksite(self._origin.run, root)
        self.reports: list[Report] = []

    def grow(self, *seeds: int, **changed: Any) -> Answer:
        """Have plants grow."""
        planner = self._project.planner("cpu", computing=True)
        stage = self._project.catalog["grow"]
        implementation = stage.implementation
        task = StageTask(
            label="grow",
            cells=tuple(planner.cell(Call(stage, stage.parameters(day=2)), seed) for seed in seeds),
            numerics=planner.numerics,
            code={implementation: planner.fingerprint(implementation).digest},
            surroundings=planner.surroundings,
        )
        parcel = Parcel(number=0, task=packed(task), loaded={}, entries=(), large={}, files={})
        self.reports.clear()
        parcel = dataclasses.replace(parcel, **changed)
        telling = self._worksite.compute(parcel, self._origin, "here")
        while True:
            try:
                self.reports.append(next(telling))
            except StopIteration as end:
                answer: Answer = end.value
                return answer


@pytest.fixture
def site(project: Laboratory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A worker whose temporary folder is the test's."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return Site(project.root)


def test_a_result_that_was_lost_on_the_way_is_answered_again(site: Site) -> None:
    """A task that comes a second time has the same answer, although its result is here already."""
    first, other, again = site.grow(1), site.grow(2), site.grow(1)

    assert [answer.outcome.ending for answer in (first, other, again)] == ["done"] * 3
    assert {entry.key for entry in again.delivery.entries} == {
        entry.key for entry in first.delivery.entries
    }
    assert not {entry.key for entry in other.delivery.entries} & {
        entry.key for entry in first.delivery.entries
    }


def test_what_a_report_brought_is_not_answered_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each result goes to the driver once, with the packages that it names; and again if the driver
    asks again.
    """
    ended = LocalWorkers.ended
    held: list[Any] = []

    def later(workers: LocalWorkers, _: float) -> Any:
        if not held:
            held.append(ended(workers, 60.0))
            return []
        return held.pop()

    monkeypatch.setattr(LocalWorkers, "ended", later)

    for _ in range(2):
        answer = site.grow(1, 2)
        [report] = site.reports

        assert answer == Answer(answer.outcome)
        assert answer.outcome.ending == "done"
        assert len({entry.key for entry in report.delivery.entries}) == 2
        assert "msgspec" in next(iter(report.delivery.packages.values()))


def test_an_input_that_is_here_is_not_fetched(site: Site) -> None:
    """Of the large inputs only those travel that no earlier task has left; Ray is not even asked."""
    [entry] = site.grow(1).delivery.entries

    answer = site.grow(2, large={entry.key: "no reference of Ray's"})

    assert answer.outcome.ending == "done"
    assert entry.key not in {one.key for one in answer.delivery.entries}


def test_what_is_kept_is_bounded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit results leave the worker's store, after they were answered."""
    monkeypatch.setattr(worksite, "KEPT_BYTES", 1)
    answers = [site.grow(seed) for seed in (1, 2)]

    assert all(answer.delivery.entries for answer in answers)
    assert not list(Path(tempfile.gettempdir()).glob("cbspec-*/runs/*/store/entries/*/*"))
