"""The failures and warnings of claims, and how pytest shows them: as text without a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from cbspec import terminal
from cbspec.errors import CbspecError, described, trace_of
from cbspec.plugin.contents import headline

# Imported when a claim fails, so that runs of other projects do not pay for it
if TYPE_CHECKING:
    from cbspec.canary import CanaryCheck
    from cbspec.report import Record, Upheld


class UndecidableWarning(pytest.PytestWarning):
    """The seeds of a claim cannot show an assertion, by the recorded spread."""


class UnreadWarning(pytest.PytestWarning):
    """Runs of a table are not among the seeds of a claim, so its verdict leaves them out."""


class ChangeWarning(pytest.PytestWarning):
    """A verdict is not as recorded but does not fail: noise explains it, or the claim allows it."""


class ClaimFailure(AssertionError):
    """A claim fails. An AssertionError, by which other tools tell failures from errors."""

    def text(self, *, full: bool) -> str:
        """Return the failure for people; with `full`, append the traceback of a stage."""
        raise NotImplementedError


class BrokenClaimError(Exception):
    """A claim whose reading or judging raised what no mistake in a claim file does."""

    def __init__(self, error: BaseException) -> None:
        self.traceback = trace_of(error)
        super().__init__(described(error))


@contextmanager
def whatever_raised() -> Iterator[None]:
    """Have whatever is raised be one claim's error: SystemExit and pytest.skip, which would end the
    run or turn it green, as well as MemoryError.
    """
    try:
        yield
    except (CbspecError, KeyboardInterrupt, pytest.PytestWarning, pytest.exit.Exception):
        raise
    except BaseException as error:
        raise BrokenClaimError(error) from None


class ClaimFailed(ClaimFailure):
    """A verdict is not as recorded, or a new claim does not hold."""

    def __init__(self, record: Record) -> None:
        self.record = record
        super().__init__(record.outcome.reason)

    def text(self, *, full: bool) -> str:
        from cbspec.report import failure_text

        text = failure_text(self.record)
        if full and self.record.traceback:
            text += f"\n\n{self.record.traceback}"
        return text


class DoubtError(ClaimFailure):
    """A recorded verdict that the run did not recompute has failed its check."""

    def __init__(self, upheld: Upheld, options: str) -> None:
        self.upheld = upheld
        self.options = options
        super().__init__(upheld.outcome.reason)

    def text(self, *, full: bool) -> str:  # noqa: ARG002 - nothing was computed
        from cbspec.report import doubt_text

        return doubt_text(self.upheld, self.options)


class CanaryError(ClaimFailure):
    """A canary is not as recorded."""

    def __init__(self, check: CanaryCheck) -> None:
        self.check = check
        super().__init__(check.text)

    def text(self, *, full: bool) -> str:  # noqa: ARG002 - its figures say it all
        from cbspec.report import canary_text

        return canary_text(self.check)


def usage_error(error: CbspecError) -> pytest.UsageError:
    """Return the error with which pytest ends a run because of a user's mistake."""
    return pytest.UsageError(terminal.lines(str(error)))


def explained(
    node: pytest.Collector | pytest.Item, excinfo: pytest.ExceptionInfo[BaseException]
) -> Any:
    """Return how pytest shows an exception: its text, and its headline in the closing summary.

    None for a defect of the program, of which pytest shows the traceback.
    """
    # Not simply a string: on CI, pytest would repeat all of it in the closing summary
    error = excinfo.value
    if isinstance(error, ClaimFailure):
        text = _told(error, full=node.config.getoption("fulltrace", False))
    elif isinstance(error, BrokenClaimError):
        text = f"{error}\n\n{error.traceback}"
    elif isinstance(
        error, CbspecError | UndecidableWarning | UnreadWarning | pytest.xfail.Exception
    ):
        text = str(error)
    else:
        return None
    shown: Any = excinfo.getrepr(style="native")
    shown.reprtraceback.reprentries[0].lines = [terminal.lines(text) + "\n"]
    shown.reprcrash.message = terminal.line(headline(error))
    return shown


def _told(failure: ClaimFailure, *, full: bool) -> str:
    """Return a failure for a person, in a line where its text cannot be made."""
    try:
        return failure.text(full=full)
    except Exception as error:
        return f"{failure}\n(no more can be told: {described(error)})"
