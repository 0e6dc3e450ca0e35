"""Checks of what a stage computes with, finished before any of its results is stored."""

from __future__ import annotations

from concurrent.futures import Future

_pending: list[Future[None]] = []


def vouch(check: Future[None]) -> None:
    """Have the harness wait for a check in the background before it stores a result of this job.

    While the check runs, the stage can compute with what is checked, such as a large data set.
    Where the check raises, the stage fails with that error, and nothing of the job is stored.
    """
    if check not in _pending:
        _pending.append(check)


def settle() -> None:
    """Wait for every check of this job; the harness calls this before it stores a result.

    Raises:
        Exception: what a check raised, each time anew.
    """
    for check in _pending:
        check.result()


def begin() -> None:
    """Forget the checks of the job before; the harness calls this when a job begins."""
    _pending.clear()
