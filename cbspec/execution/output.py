"""The output of stages, passed on as text that is safe to show on a terminal."""

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

PIPE_BYTES = 65536  # the size of a pipe on Linux
MOST = 1_000_000  # characters that a task may print; nobody reads more, and it would fill the log


class _Stream(NamedTuple):
    name: str
    pipe: IO[bytes]
    decoder: io.IncrementalNewlineDecoder


class StageOutput:
    """Passes the output of a child process on to the streams of this one.

    There pytest captures it for the claim that is being judged.

    Args:
        process: the child, started with a pipe for each of stdout and stderr.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._left = MOST
        self._streams: dict[int, _Stream] = {}
        for name in ("stdout", "stderr"):
            pipe = getattr(process, name)
            decoder = codecs.getincrementaldecoder("utf-8")(errors="backslashreplace")
            # Carriage returns become line breaks, so a progress bar prints one line after the other
            lines = io.IncrementalNewlineDecoder(decoder, translate=True)
            self._streams[pipe.fileno()] = _Stream(name, pipe, lines)

    @property
    def descriptors(self) -> list[int]:
        """Return the file descriptors to wait for more output at."""
        return list(self._streams)

    def begin(self) -> None:
        """Begin to count the characters of a new task."""
        self._left = MOST

    def pass_on(self) -> None:
        """Write what the child has printed so far to the stdout and stderr of this process."""
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
        if not content:  # every process has closed its end of the pipe
            self._streams.pop(descriptor).pipe.close()

    def close(self) -> None:
        """Close the pipes."""
        for stream in self._streams.values():
            stream.pipe.close()
        self._streams.clear()


class PlainText:
    """A text stream that escapes control characters, so that no output can control a terminal.

    Args:
        target: the stream that is written to. Characters that it cannot encode are escaped too.
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
    # A stage goes on even if nobody reads its output
    with suppress(AttributeError, OSError, ValueError):
        stream = PlainText(getattr(sys, name))
        stream.write(text)
        stream.flush()


@contextmanager
def plain_output() -> Iterator[None]:
    """Escape control characters in what this process prints, for the length of a block."""
    with ExitStack() as redirected:
        if sys.stdout:
            redirected.enter_context(redirect_stdout(PlainText(sys.stdout)))
        if sys.stderr:
            redirected.enter_context(redirect_stderr(PlainText(sys.stderr)))
        yield
