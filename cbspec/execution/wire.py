"""Tasks as bytes, for another process or machine that has the same engine.

A stage is sent by its name, because its parts cannot always be pickled (a cost may be a lambda).
Reading a pickle executes it: read only what a process of the same run has sent.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from typing import Any

from cbspec.execution.task import StageTask
from cbspec.stage import Stage

BEGUN = b"begun"  # the message before the outcome: the stage is imported and begins to run


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
    """Pickle a task, with its stages as names."""
    content = io.BytesIO()
    _Pickler(content, protocol=pickle.HIGHEST_PROTOCOL).dump(task)
    return content.getvalue()


def unpacked(content: bytes, catalog: Mapping[str, Stage]) -> StageTask:
    """Return the task of these bytes, with the stages of this process' catalog."""
    task: StageTask = _Unpickler(io.BytesIO(content), catalog).load()
    return task
