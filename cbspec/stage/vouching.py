"""Checks of what a process works with, finished before any result of it is stored."""

from __future__ import annotations

from concurrent.futures import Future

_pending: dict[str, Future[None]] = {}


def vouch(name: str, check: Future[None]) -> None:
    """Have the harness wait for a check in the background before it stores a result.

    While the check runs, a stage can compute with what is checked, such as a large data set. Where
    the check raises, the stage fails with that error, and nothing of this process is stored.

    Args:
        name: what is checked; a second check of that name takes the place of the first.
    """
    _pending[name] = check


def settle() -> None:
    """Wait for every check; the harness calls this before it stores a result.

    Raises:
        Exception: what a check raised, each time anew.
    """
    for check in list(_pending.values()):
        check.result()
