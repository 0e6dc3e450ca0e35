"""The driver's side of Ray: it sends tasks out, and brings their results into its store."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from cbspec.errors import StoreError
from cbspec.execution.artifact import MissingInput
from cbspec.execution.backends.backend import Workplace
from cbspec.execution.backends.driver import DriverLock
from cbspec.execution.backends.ray.cluster import (
    RETRIES,
    RayCluster,
    explained_loss,
    node_was_lost,
)
from cbspec.execution.backends.ray.experience import Experience
from cbspec.execution.backends.ray.parcel import Answer, Delivery, Parcel, Report
from cbspec.execution.backends.ray.shipping import Shipping
from cbspec.execution.messages import Status
from cbspec.execution.packing import keep_share, share_of
from cbspec.execution.task import StageTask, TaskOutcome
from cbspec.store import admit

TELL_SECONDS = 1.0  # that a task runs before anyone is told of it, unless its worker reports


@dataclass(slots=True)
class RayCall:
    """Tasks of one stage that go to a worker together.

    Attributes:
        parcels: the tasks as they are sent, in the same order.
        losses: how often their node was lost.
    """

    tasks: list[StageTask] = field(default_factory=list)
    parcels: list[Parcel] = field(default_factory=list)
    losses: int = 0


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
        self._next = RayCall()
        self._running: dict[Any, RayCall] = {}  # by the stream of what its worker tells
        self._experience = Experience()
        self._alone: set[str] = set()  # lanes that were lost with others
        # Number -> a task that nobody was told of, and its start
        self._untold: dict[int, tuple[StageTask, float]] = {}
        self._unsent: list[tuple[StageTask, TaskOutcome]] = []
        # Number of a task -> its outcome, if a result that came with a report could not be stored
        self._faults: dict[int, TaskOutcome] = {}
        self._numbers = itertools.count()

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
        self._untold[number] = task, time.time()
        self._add(task, parcel)

    def _add(self, task: StageTask, parcel: Parcel) -> None:
        """Add a task to the next call, and send the call once it has enough tasks."""
        most = self._experience.together(task)
        if not self._alone.isdisjoint(task.lanes):
            most = 1
        if most == 1 or any(other.stage is not task.stage for other in self._next.tasks):
            self._send_next()
        self._next.tasks.append(task)
        self._next.parcels.append(parcel)
        if len(self._next.tasks) >= most:
            self._send_next()

    def _send_next(self) -> None:
        """Send the next call, if it has any tasks."""
        if self._next.tasks:
            self._send(self._next)
            self._next = RayCall()

    def _send(self, call: RayCall) -> None:
        assert self._cluster is not None
        task = call.tasks[0]
        memory = self._experience.memory(task.stage.name)
        share = max(share_of(task, self._workplace.store) for task in call.tasks)
        self._running[self._cluster.submit(call.parcels, task, memory, share)] = call

    def ended(self, seconds: float) -> Sequence[tuple[StageTask, TaskOutcome]]:
        self._send_next()
        ended, self._unsent = self._unsent, []
        if self._cluster is None or not self._running:
            return ended
        for stream in self._cluster.ready(list(self._running), 0.0 if ended else seconds):
            ended += self._heard(stream)
        now = time.time()
        for number, (task, began) in list(self._untold.items()):
            if now - began > TELL_SECONDS:
                self._tell(number, task)
        return ended

    def _heard(self, stream: Any) -> list[tuple[StageTask, TaskOutcome]]:
        """Take in what a worker tells; return the tasks that have ended, each with its outcome."""
        assert self._cluster is not None
        call = self._running.pop(stream)
        try:
            told = self._cluster.told(stream)
        except Exception as error:  # its node is gone, its memory, or a worker that cannot begin
            return self._lost(call, error)
        if isinstance(told, Report):
            self._running[stream] = call
            self._reported(call, told)
            return []
        ended = []
        for task, parcel, answer in zip(call.tasks, call.parcels, told, strict=True):
            self._untold.pop(parcel.number, None)
            ended.append((task, self._received(task, parcel.number, answer)))
        return ended

    def _lost(self, call: RayCall, error: Exception) -> list[tuple[StageTask, TaskOutcome]]:
        """Send a call again whose node was lost; return its tasks once they have failed."""
        for parcel in call.parcels:
            self._faults.pop(parcel.number, None)
        if node_was_lost(error) and call.losses < RETRIES:
            call.losses += 1
            self._send(call)
            return []
        if len(call.tasks) > 1:  # each is tried alone, to see which of them is at fault
            for task in call.tasks:
                self._alone.update(task.lanes)
        for parcel in call.parcels:
            self._untold.pop(parcel.number, None)
        outcome = TaskOutcome(ending="failed", reason=explained_loss(error))
        return [(task, outcome) for task in call.tasks]

    def _received(self, task: StageTask, number: int, answer: Answer) -> TaskOutcome:
        """Bring the results of a task into the store."""
        store = self._workplace.store
        outcome = answer.outcome
        self._experience.learn(task, outcome.memory, answer.seconds)
        keep_share(task, outcome, store)
        fault = self._faults.pop(number, None) or self._stored(answer.delivery)
        if fault is None:
            return outcome
        return msgspec.structs.replace(outcome, ending=fault.ending, reason=fault.reason)

    def _stored(self, delivery: Delivery) -> TaskOutcome | None:
        """Store what has come; if that fails, return the outcome of its task."""
        store = self._workplace.store
        try:
            for digest, versions in delivery.packages.items():
                store.packages.keep(digest, versions)
            for entry in delivery.entries:
                admit(store, entry)
        except StoreError as error:
            return TaskOutcome(ending="store", reason=str(error))
        except ValueError as error:
            reason = f"a result was damaged on the way from its worker: {error}"
            return TaskOutcome(ending="failed", reason=reason)
        return None

    def _reported(self, call: RayCall, report: Report) -> None:
        """Take in a report, with the results that have come with it."""
        if fault := self._stored(report.delivery):
            self._faults[report.number] = fault
        for task, parcel in zip(call.tasks, call.parcels, strict=True):
            if parcel.number == report.number:
                self._tell(report.number, task, report)

    def _tell(self, number: int, task: StageTask, report: Report | None = None) -> None:
        """Publish the progress of a task."""
        run, now = self._workplace.run, time.time()
        _, began = self._untold.pop(number, (task, now))
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
        self._next = RayCall()
        self._running.clear()
        self._untold.clear()
        self._faults.clear()
        self._driver.release()
