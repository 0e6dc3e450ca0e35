"""Errors of stages as text that is safe to store, to send and to print."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

from cbspec.errors import CbspecError, StageError, StoreError, place_of, printable
from cbspec.execution.messages import Failure
from cbspec.stage import Stage


class StageFailed(StageError):
    """A stage that a claim needs could not be computed.

    Attributes:
        traceback: the traceback of the stage, where it raised.
    """

    def __init__(self, failure: Failure) -> None:
        self.traceback = failure.traceback
        super().__init__(failure.message)


def error_of(failure: Failure) -> StageFailed | StoreError:
    """Return the error of a claim that needs what has failed."""
    # No stage is at fault where the store is, and so there is no verdict
    return StoreError(failure.reason) if failure.unstored else StageFailed(failure)


def reason_of(error: BaseException, stage: Stage) -> str:
    """Describe an exception of a stage in words.

    An error of the harness is returned as it is. Any other is described as in ``"IndexError: list
    index out of range (lab/nets.py:12 in forward)"``, followed by its notes.
    """
    if isinstance(error, CbspecError):
        return printable(str(error))
    described = "".join(traceback.format_exception_only(error)).strip()
    head, newline, notes = described.partition("\n")
    return printable(f"{head}{_place(error, stage)}{newline}{notes}")


def _place(error: BaseException, stage: Stage) -> str:
    """Return the line of the stage's own package that raised an error, in brackets."""
    package = sys.modules.get(stage.implementation.partition(":")[0].partition(".")[0])
    folders = getattr(package, "__path__", None) or [getattr(package, "__file__", None)]
    path = next(iter(folders))
    if not path:
        return ""
    return place_of(error, Path(path).with_suffix(""))
