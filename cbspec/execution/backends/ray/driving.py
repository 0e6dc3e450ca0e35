"""The driver's side of Ray: it sends tasks out, and brings their results into its store."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import msgspec

from cbspec.errors import StoreError
from cbspec.execution.artifact import MissingInput
from cbspec.execution.backends.backend import Workplace
from cbspec.execution.backends.driver import DriverLock
from cbspec.execution.backends.ray.cluster import RayCluster, explained_loss
from cbspec.execution.backends.ray.experience import Experience
from cbspec.execution.backends.ray.parcel import Answer, Parcel, Report
from cbspec.execution.backends.ray.shipping import Shipping
from cbspec.execution.messages import Status
from cbspec.execution.packing import keep_share, share_of
from cbspec.execution.task import StageTask, TaskOutcome
from cbspec.store import admit

Tasks = dict[int, StageTask]
"""Number -> task."""


class Ray:
    """Computes on a Ray cluster: a running one, or a new one on this machine.

    The process that judges keeps the plan. It sends out tasks that are ready, critical path first,
    and Ray places them by the cores, GPUs and memory that they ask for. No file system is shared.
    """

    name = "ray"

    def open(self, workplace: Workplace) -> RayWorkers:
        """Return the workers of one process."""
        return RayWorkers(workplace)


class RayWorkers:
    """Implements `cbspec.execution.backends.Workers`, with room for what the cluster can take."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._driver = DriverLock(workplace.run)
        self._cluster: RayCluster | None = None
        self._shipping: Shipping | None = None
        # Number -> a task of the next call
        self._call: dict[int, tuple[StageTask, Parcel]] = {}
        # Ray's reference to the answers of a call -> its tasks
        self._running: dict[Any, Tasks] = {}
        self._experience = Experience()
        self._alone: set[str] = set()  # lanes that were lost with others
        self._untold: dict[int, float] = {}  # number of a task that nobody was told of -> its start
        self._unsent: list[tuple[StageTask, TaskOutcome]] = []
        self._numbers = itertools.count()
        self._news: Any = None  # Ray's reference to the next reports

    def reserve(self) -> bool:
        if not self._driver.take():
            return False
        return self._cluster is None or len(self._running) < self._cluster.room

    def cancel(self) -> None:
        pass

    def start(self, task: StageTask) -> None:
        if self._cluster is None:
            work = self._workplace
            self._cluster = RayCluster(work.config, work.run.path.name)
            self._shipping = Shipping(self._workplace)
        assert self._shipping is not None
        try:
            number = next(self._numbers)
            parcel = self._shipping.parcel(number, task)
        except MissingInput as error:
            outcome = TaskOutcome(ending="lost input", reason=str(error), key=error.key)
            self._unsent.append((task, outcome))
            return
        except StoreError as error:
            self._unsent.append((task, TaskOutcome(ending="store", reason=str(error))))
            return
        self._untold[number] = time.time()
        self._add(number, task, parcel)

    def _add(self, number: int, task: StageTask, parcel: Parcel) -> None:
        """Add a task to the next call, and send the call once it has enough tasks."""
        most = self._experience.together(task)
        if not self._alone.isdisjoint(task.lanes):
            most = 1
        if most == 1 or any(other.stage is not task.stage for other, _ in self._call.values()):
            self._send()
        self._call[number] = task, parcel
        if len(self._call) >= most:
            self._send()

    def _send(self) -> None:
        """Send the next call, if it has any tasks."""
        if not self._call:
            return
        assert self._cluster is not None
        tasks = {number: task for number, (task, _) in self._call.items()}
        parcels = [parcel for _, parcel in self._call.values()]
        self._call.clear()
        task = next(iter(tasks.values()))
        memory = self._experience.memory(task.stage.name)
        share = max(share_of(task, self._workplace.store) for task in tasks.values())
        self._running[self._cluster.submit(parcels, task, memory, share)] = tasks

    def ended(self, seconds: float) -> Sequence[tuple[StageTask, TaskOutcome]]:
        self._send()
        ended, self._unsent = self._unsent, []
        if self._cluster is None or not self._running:
            return ended
        for reference in self._cluster.ready(list(self._running), 0.0 if ended else seconds):
            tasks = self._running.pop(reference)
            for number in tasks:
                self._untold.pop(number, None)
            ended += zip(tasks.values(), self._outcomes(tasks, reference), strict=True)
        self._collect()
        return ended

    def _outcomes(self, tasks: Tasks, reference: Any) -> list[TaskOutcome]:
        """Return the tasks of one call with their outcomes."""
        assert self._cluster is not None
        try:
            answers = self._cluster.answer(reference)
        except Exception as error:  # its node is gone, its memory, or a worker that cannot begin
            if len(tasks) > 1:  # each is tried alone, to see which of them is at fault
                for task in tasks.values():
                    self._alone.update(task.lanes)
            return [TaskOutcome(ending="failed", reason=explained_loss(error))] * len(tasks)
        return list(map(self._received, tasks.values(), answers))

    def _received(self, task: StageTask, answer: Answer) -> TaskOutcome:
        """Bring the results of a task into the store."""
        store = self._workplace.store
        outcome = answer.outcome
        self._experience.learn(task, outcome.memory, answer.seconds)
        keep_share(task, outcome, store)
        try:
            for digest, packages in answer.packages.items():
                store.packages.keep(digest, packages)
            for entry in answer.entries:
                admit(store, entry)
        except StoreError as error:
            return TaskOutcome(ending="store", reason=str(error))
        except ValueError as error:
            reason = f"a result was damaged on the way from its worker: {error}"
            return msgspec.structs.replace(outcome, ending="failed", reason=reason)
        return outcome

    # --- what is told meanwhile

    def _collect(self) -> None:
        """Take in the reports that workers have left since the last time."""
        assert self._cluster is not None
        if self._news is None:
            self._news = self._cluster.collect()
            return
        if not self._cluster.ready([self._news], 0.0):
            return
        reports: list[Report] = []
        with suppress(Exception):  # if the desk is lost, only the progress is missing
            reports = self._cluster.answer(self._news)
        self._news = None
        tasks: Tasks = {}
        for together in self._running.values():
            tasks |= together
        for report in reports:
            if task := tasks.get(report.number):
                self._tell(task, report.number, report)
                for entry in report.entries:
                    with suppress(ValueError):  # a damaged entry comes again with the answer
                        admit(self._workplace.store, entry)
        for number in list(self._untold):
            self._tell(tasks[number], number)

    def _tell(self, task: StageTask, number: int, report: Report | None = None) -> None:
        """Publish the progress of a task, unless it ends within a moment."""
        run, now = self._workplace.run, time.time()
        began = self._untold.pop(number, now)
        job = f"{task.label} on {report.node if report else 'Ray'}"
        status = report.status if report else None
        if status is None:
            status = Status(worker=run.worker, job=job, started=began, updated=now)
        run.publish(
            msgspec.structs.replace(
                status, worker=run.worker, job=job, lanes=task.lanes, updated=now
            )
        )

    def close(self) -> None:
        if self._cluster:
            self._cluster.close(list(self._running))
        self._cluster, self._shipping = None, None
        self._call.clear()
        self._running.clear()
        self._untold.clear()
        self._driver.release()
