"""What travels to a worker and back: a task with all that it needs, and what came of it."""

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
    """The run that tasks come from, sent once for all of them.

    Attributes:
        run: its name.
        layout: of results, as the driver reads them.
        config: of the project as it lies on the driver's machine.
        desk: takes what the worker tells while it computes.
    """

    run: str
    layout: int
    config: Config
    desk: Any


@dataclass(frozen=True)
class Parcel:
    """A task, and what its worker needs besides the project's code.

    Attributes:
        number: of the task.
        task: as `cbspec.execution.wire.packed` makes it.
        loaded: implementation -> files of the project that its runs were seen to load.
        entries: the small ones of the stored results that it needs.
        large: references to the others, in Ray's object store.
        files: file or folder that a claim names -> path in it -> reference to the file's content.
    """

    number: int
    task: bytes
    loaded: Mapping[str, tuple[str, ...]]
    entries: tuple[EntryBytes, ...]
    large: tuple[Any, ...]
    files: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Report:
    """What a worker tells of a task that is still computed.

    Attributes:
        entries: results that were stored since the last report.
    """

    number: int
    node: str
    status: Status | None
    entries: tuple[EntryBytes, ...] = ()


@dataclass(frozen=True)
class Answer:
    """How a task ended, and the results that it has left.

    Attributes:
        packages: what was installed where it was computed, by its digest.
        seconds: how long its worker was at it.
    """

    outcome: TaskOutcome
    entries: tuple[EntryBytes, ...] = ()
    packages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    seconds: float = 0.0
