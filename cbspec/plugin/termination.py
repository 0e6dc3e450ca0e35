"""SIGTERM, with which `timeout`, systemd and CI end a run: it stops the run as Ctrl-C does."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType


class Termination:
    """Turns the first SIGTERM to this process into `KeyboardInterrupt`, as long as a run lasts.

    Without it the kernel would end this process at once, and others would compute on for nobody. At
    its end the process still dies of the signal, so that whoever sent it is told.
    """

    def __init__(self) -> None:
        self._heeds = False
        self._came = False

    def heed(self) -> None:
        """Begin to heed SIGTERM, unless something else does, such as a conftest.py."""
        if _unheeded():
            signal.signal(signal.SIGTERM, self._interrupt)
            self._heeds = True

    def finish_heeding(self) -> None:
        """Have SIGTERM end this process again, unless the run is being stopped by one already."""
        if not self._came:
            self.forget()

    def forget(self) -> None:
        """Have SIGTERM end this process again; at once, if one has come."""
        if not self._heeds:
            return
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        self._heeds = False
        if self._came:
            sys.stdout.flush()
            signal.raise_signal(signal.SIGTERM)

    def _interrupt(self, number: int, _: FrameType | None) -> None:
        # `timeout` sends it to the process and then to its group, so that it comes twice
        if not self._came:
            self._came = True
            raise KeyboardInterrupt(signal.Signals(number).name)


def close_first(close: Callable[[], object]) -> None:
    """Have SIGTERM close what a worker of xdist computes with, before it ends the worker.

    The kernel ends a stage's process with the worker, but not the programs that the stage has started.
    """

    def close_and_end(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_IGN)
        try:
            close()
        finally:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    if _unheeded():
        signal.signal(signal.SIGTERM, close_and_end)


def _unheeded() -> bool:
    """Tell whether SIGTERM would end this process, and this thread can change that."""
    # Python lets only its main thread set what a signal does
    in_main = threading.current_thread() is threading.main_thread()
    return in_main and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
