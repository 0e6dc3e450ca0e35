"""Background checks of a stage's data. They end before any result of the stage is stored."""

from __future__ import annotations

from concurrent.futures import Future

_pending: list[Future[None]] = []


def vouch(check: Future[None]) -> None:
    """Make the harness wait for a check before it stores a result of this job.

    Meanwhile the stage can compute with the data that is being checked. If the check raises, the
    stage fails with that error, and no result of the job is stored.
    """
    if check not in _pending:
        _pending.append(check)


def settle() -> None:
    """Wait for every check of this job; the harness calls this before it stores a result.

    Raises:
        Exception: a check raised it. Further calls raise it again.
    """
    for check in _pending:
        check.result()


def begin() -> None:
    """Forget the checks of the last job; the harness calls this when a job begins."""
    _pending.clear()
