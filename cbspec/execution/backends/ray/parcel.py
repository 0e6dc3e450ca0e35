"""What travels to a worker and back: a task with its inputs, reports and the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cbspec.config import Config
from cbspec.execution.messages import Status
from cbspec.execution.task import TaskOutcome
from cbspec.store import EntryBytes


@dataclass(frozen=True)
class RunOrigin:
    """The run that tasks come from. It is sent once for all tasks.

    Attributes:
        run: the name of the run.
        layout: `LAYOUT` of the driver.
        config: the project's settings on the driver's machine.
    """

    run: str
    layout: int
    config: Config


@dataclass(frozen=True)
class Parcel:
    """A task, with everything that its worker needs besides the project's code.

    Attributes:
        number: the number of the task.
        task: the task as `cbspec.execution.wire.packed` returns it.
        loaded: implementation -> files of the project that its runs were seen to load.
        entries: its small inputs.
        large: key -> reference to a large input, in Ray's object store.
        files: file or folder that a claim names -> path in it -> reference to the file's content.
    """

    number: int
    task: bytes
    loaded: Mapping[str, tuple[str, ...]]
    entries: tuple[EntryBytes, ...]
    large: Mapping[str, Any]
    files: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Delivery:
    """Results on their way to the driver.

    Attributes:
        packages: digest -> the packages that were installed where they were computed.
    """

    entries: tuple[EntryBytes, ...] = ()
    packages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """A worker's report on a task that is still running.

    Attributes:
        delivery: the results that were stored since the last report.
    """

    number: int
    node: str
    status: Status | None
    delivery: Delivery


@dataclass(frozen=True)
class Answer:
    """The outcome of a task, with the results that no report has brought.

    Attributes:
        seconds: how long the worker took.
    """

    outcome: TaskOutcome
    delivery: Delivery = Delivery()
    seconds: float = 0.0
