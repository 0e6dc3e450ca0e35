"""What a stage raised, as text that is safe to store, to send and to print."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

from cbspec.errors import CbspecError, StageError, place_of
from cbspec.execution.messages import Failure
from cbspec.model.visible import visible
from cbspec.stage import Stage

LONGEST = 20_000  # characters of a message or traceback, the rest of which nobody reads


class StageFailed(StageError):
    """A stage that this claim needs could not be computed; its traceback is kept for whoever
    asks.
    """

    def __init__(self, failure: Failure) -> None:
        self.traceback = failure.traceback
        super().__init__(failure.message)


def printable(text: str) -> str:
    """Return a text as a terminal can show it: lines stay, other control characters and lone
    surrogates are escaped, and what is too long is cut.
    """
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]} ... ({len(text) - LONGEST} more characters)"
    return visible(text, keep="\n")


def reason_of(error: BaseException, stage: Stage) -> str:
    """Return what went wrong in a stage, in words.

    An error of the harness speaks for itself. Any other is described like ``"IndexError: list
    index out of range (lab/nets.py:12 in forward)"``, followed by its notes.
    """
    if isinstance(error, CbspecError):
        return printable(str(error))
    described = "".join(traceback.format_exception_only(error)).strip()
    head, newline, notes = described.partition("\n")
    return printable(f"{head}{_place(error, stage)}{newline}{notes}")


def trace_of(error: BaseException) -> str:
    """Return the traceback of an error."""
    return printable("".join(traceback.format_exception(error)))


def _place(error: BaseException, stage: Stage) -> str:
    """Return where in the stage's own package an error was raised, in brackets."""
    package = sys.modules.get(stage.implementation.partition(":")[0].partition(".")[0])
    folders = getattr(package, "__path__", None) or [getattr(package, "__file__", None)]
    path = next(iter(folders))
    if not path:
        return ""
    return place_of(error, Path(path).with_suffix(""))
