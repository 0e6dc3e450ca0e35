"""What a stage prints, passed on as a terminal can show it."""

from __future__ import annotations

import codecs
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from multiprocessing.connection import wait
from typing import IO, Any, NamedTuple, TextIO

from cbspec import terminal

PIPE_BYTES = 65536  # all that a pipe of Linux holds
MOST = 1_000_000  # characters of a task that are passed on: more fills a log, and nobody reads it


class _Stream(NamedTuple):
    name: str
    pipe: IO[bytes]
    decoder: io.IncrementalNewlineDecoder


class StageOutput:
    """The standard output and error of a stage's process, which whoever waits for it passes on to
    its own: there pytest captures them for the claim that is judged.

    Args:
        process: started with a pipe for each.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._left = MOST
        self._streams: dict[int, _Stream] = {}
        for name in ("stdout", "stderr"):
            pipe = getattr(process, name)
            decoder = codecs.getincrementaldecoder("utf-8")(errors="backslashreplace")
            # A progress bar that returns to the start of its line becomes lines
            lines = io.IncrementalNewlineDecoder(decoder, translate=True)
            self._streams[pipe.fileno()] = _Stream(name, pipe, lines)

    @property
    def descriptors(self) -> list[int]:
        """Return what to wait at for more output."""
        return list(self._streams)

    def begin(self) -> None:
        """Take in that another task begins."""
        self._left = MOST

    def pass_on(self) -> None:
        """Write what was printed by now to the streams of that name of this process."""
        for descriptor in self.descriptors:
            if wait([descriptor], 0):
                self._pass_on(descriptor)

    def _pass_on(self, descriptor: int) -> None:
        stream = self._streams[descriptor]
        content = os.read(descriptor, PIPE_BYTES)
        text = stream.decoder.decode(content, final=not content)
        _write(text[: self._left], stream.name)
        if len(text) > self._left > 0:
            _write("\n... (the rest of what it prints is left out)\n", stream.name)
        self._left = max(self._left - len(text), 0)
        if not content:  # nobody can write to it any more
            self._streams.pop(descriptor).pipe.close()

    def close(self) -> None:
        """Listen no more."""
        for stream in self._streams.values():
            stream.pipe.close()
        self._streams.clear()


class PlainText:
    """A text stream through which nothing gets control over where it is shown.

    Args:
        target: where the text goes; what it cannot encode is shown as an escape.
    """

    def __init__(self, target: TextIO) -> None:
        self._target = target

    def write(self, text: str) -> int:
        encoding = self._target.encoding or "utf-8"
        shown = terminal.lines(text).encode(encoding, "backslashreplace").decode(encoding)
        self._target.write(shown)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)


def _write(text: str, name: str) -> None:
    # Where nobody listens, a stage goes on all the same
    with suppress(AttributeError, OSError, ValueError):
        stream = PlainText(getattr(sys, name))
        stream.write(text)
        stream.flush()


@contextmanager
def plain_output() -> Iterator[None]:
    """Have what this process prints be plain text; where nobody listens, nothing is changed."""
    with ExitStack() as redirected:
        if sys.stdout:
            redirected.enter_context(redirect_stdout(PlainText(sys.stdout)))
        if sys.stderr:
            redirected.enter_context(redirect_stderr(PlainText(sys.stderr)))
        yield
