"""Tasks as bytes, for another process or machine that has the same engine.

A stage is sent as its name, because what it is made of may not be sent (a cost may be a lambda). The
bytes are executed when they are read: read only what a process of the same run has sent.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from typing import Any

from cbspec.execution.task import StageTask
from cbspec.stage import Stage

BEGUN = b"begun"  # what comes back before the outcome: the stage is imported and runs


class _Pickler(pickle.Pickler):
    def persistent_id(self, obj: Any) -> str | None:
        return obj.declared or obj.name if isinstance(obj, Stage) else None


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, catalog: Mapping[str, Stage]) -> None:
        super().__init__(file)
        self._catalog = catalog

    def persistent_load(self, pid: Any) -> Stage:
        return self._catalog[pid]


def packed(task: StageTask) -> bytes:
    """Return a task as bytes."""
    content = io.BytesIO()
    _Pickler(content, protocol=pickle.HIGHEST_PROTOCOL).dump(task)
    return content.getvalue()


def unpacked(content: bytes, catalog: Mapping[str, Stage]) -> StageTask:
    """Return the task of these bytes, its stages being those of this process' catalog."""
    task: StageTask = _Unpickler(io.BytesIO(content), catalog).load()
    return task
