"""A time limit for a function that may wait for ever, such as for the answer of a host."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class DeadlineError(Exception):
    """A function has not returned in time. TimeoutError is also what a network raises itself."""


def within(seconds: float, ask: Callable[[], T]) -> T:
    """Call a function with a time limit.

    Raises:
        DeadlineError: it has not returned in time. It goes on in its thread; nothing can stop it.
    """
    answers: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put((ask(), None))
        except BaseException as error:
            answers.put((None, error))

    # A daemon thread, not one of a pool: the end of the process would wait for a pool
    threading.Thread(target=work, daemon=True, name="cbspec-remote").start()
    try:
        answer, error = answers.get(timeout=seconds)
    except queue.Empty:
        raise DeadlineError from None
    if error is not None:
        raise error
    return answer  # type: ignore[return-value]  # None is an answer, too
