"""Errors for people. Each has one clear message, and needs no traceback to be understood."""

from __future__ import annotations

import sysconfig
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from cbspec.model.origin import Origin
from cbspec.model.visible import visible

OWN = Path(__file__).parent
LONGEST = 20_000  # characters of a message or traceback; nobody reads more


class CbspecError(Exception):
    """Base class of every error that a user can cause."""


class ConfigError(CbspecError):
    """pyproject.toml, a command-line option or an environment variable is wrong."""


class BackendError(ConfigError):
    """The back end cannot be used as it was asked for, by any claim of the run."""


class StageError(CbspecError):
    """A stage could not be computed: no data, no GPU, an exception in its implementation."""


class JudgingError(CbspecError):
    """A claim could not be judged, because an assertion kind raised."""

    def __init__(self, claim: str, error: BaseException) -> None:
        self.traceback = trace_of(error)
        super().__init__(f"{claim} could not be judged: {described(error)}")


class UnitChanged(CbspecError):
    """A claim reads a measure whose recorded values are in another unit."""


class StoreError(CbspecError):
    """The store cannot be read or written."""


class RemoteError(CbspecError):
    """A shared store cannot be reached, read or written."""


class ContentError(CbspecError):
    """A stage has emitted a value that cannot be stored, such as a number that is not finite."""


class LedgerError(CbspecError):
    """A ledger is damaged, of another version, missing in a commit, or cannot be written."""


class MissingReasonError(LedgerError):
    """A change of the record needs a reason, and none was given."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake, with its place in a claim file."""

    origin: Origin
    key: str
    message: str
    line: str = ""

    @property
    def text(self) -> str:
        """Return the key and what is wrong with it, without the place."""
        return f"{self.key}: {self.message}" if self.key else self.message

    def __str__(self) -> str:
        head = f"{self.origin}: {self.text}"
        if not self.line:
            return head
        return f"{head}\n    {self.line}\n    {' ' * (self.origin.column - 1)}^"


class ClaimError(CbspecError):
    """The claim files have mistakes. It has all of them, in file order."""

    def __init__(self, mistakes: Iterable[Diagnostic]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))


def suggestion(word: object, allowed: Sequence[str]) -> str:
    """Return ``"; did you mean 'trend'? (one of ...)"``, shortened if the list is long."""
    close = get_close_matches(str(word), allowed, n=1)
    hint = f"; did you mean '{close[0]}'?" if close else ""
    shown = ", ".join(allowed[:12]) + (", ..." if len(allowed) > 12 else "")
    return f"{hint} (one of {shown})" if allowed else hint


def belongs(file: Path, package: Path) -> bool:
    """Tell whether a file belongs to a package, or is the module ``package.py``."""
    file, package = file.resolve(), package.resolve()
    return file.is_relative_to(package) or file == package.with_suffix(".py")


def place_of(error: BaseException, package: Path) -> str:
    """Return the last line of a package in a traceback: ``" (lab/nets.py:12 in forward)"``."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if belongs(Path(frame.filename), package)
    ]
    if not frames:
        return ""
    return f" ({Path(frames[-1].filename).resolve().relative_to(package.resolve().parent)}:{frames[-1].lineno} in {frames[-1].name})"


def printable(text: str) -> str:
    """Return a text that is safe to show on a terminal.

    Line breaks stay. Other control characters and lone surrogates are escaped. A text beyond
    `LONGEST` characters is cut.
    """
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]} ... ({len(text) - LONGEST} more characters)"
    return visible(text, keep="\n")


def trace_of(error: BaseException) -> str:
    """Return the traceback of an exception as text."""
    return printable("".join(traceback.format_exception(error)))


def of_project(error: BaseException) -> bool:
    """Tell whether the traceback of an error goes through code of the project."""
    paths = sysconfig.get_paths()
    others = (OWN, Path(paths["stdlib"]), Path(paths["purelib"]), Path(paths["platlib"]))
    for frame in traceback.extract_tb(error.__traceback__):
        file = Path(frame.filename)
        if file.is_absolute() and not any(map(file.is_relative_to, others)):
            return True
    return False


def described(error: BaseException) -> str:
    """Describe an error of code that cbspec has called, such as a kind's, in one line.

    For instance ``"ValueError: no arms (lab/kinds.py:12 in contrasts)"``. An error of cbspec itself
    is returned as it is.
    """
    if isinstance(error, CbspecError):
        return printable(str(error))
    text = "".join(traceback.format_exception_only(error)).strip().partition("\n")[0]
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if not Path(frame.filename).is_relative_to(OWN)]
    place = ""
    if frames:
        last = (theirs or frames)[-1]
        path = Path(last.filename)
        place = f" ({path.parent.name}/{path.name}:{last.lineno} in {last.name})"
    return printable(text + place)


class Stopped(CbspecError):
    """The run was asked to stop (Ctrl-C, -x) while a stage was computing. Stored results stay."""


class SourceChanged(Stopped):
    """A file that results depend on was edited during the run, so they may be of either version.

    Args:
        path: the file, relative to the project's root.
    """

    def __init__(self, path: str) -> None:
        kept = "nothing more that depends on it is stored"
        advice = "run again"
        if not path.endswith(".py"):
            advice += (
                ", or have the stage write it outside the project if it is the stage that does"
            )
        super().__init__(f"{path} changed during the run: {kept}; {advice}")
