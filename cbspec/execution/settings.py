"""Settings of the whole process that a stage may change, and their restoration afterwards.

So the next stage in the same process computes with the same settings as in a fresh one.
"""

from __future__ import annotations

import decimal
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from cbspec import pytorch
from cbspec.fingerprint import Loaded


class Setting(NamedTuple):
    """One setting of Python or of a package.

    Attributes:
        package: the package that has the setting, once it is imported.
        read: returns the value.
        write: sets the value.
        default: the value just after the package is imported.
    """

    package: str
    read: Callable[[], Any]
    write: Callable[[Any], object]
    default: Any = None


@contextmanager
def restored(loaded: Loaded | None) -> Iterator[None]:
    """Restore, at the end of a block, the settings that a stage has changed in it.

    If the stage has imported modules of the project, one of them may have made the change on
    import. The next task would not import it again, so this process is marked as spent.

    Args:
        loaded: the record of what this process loads; None to ignore imports.
    """
    before = current()
    imported = loaded.imported() if loaded else None
    try:
        yield
    finally:
        if restore(before) and loaded and loaded.imported() != imported:
            loaded.spend()


def current() -> list[Any]:
    """Return the settings of this process as they are now, for `restore`."""
    values = []
    for setting in SETTINGS:
        values.append(setting.read() if setting.package in sys.modules else setting.default)
    return values


def restore(values: list[Any]) -> bool:
    """Set every setting that differs back to its saved value, and tell whether any did."""
    differed = False
    # The environment comes last, because setting another one may change a variable
    for setting, value in reversed(list(zip(SETTINGS, values, strict=True))):
        if setting.package in sys.modules and setting.read() != value:
            differed = True
            with suppress(OSError):  # the working folder may be gone
                setting.write(value)
    return differed


def _set_environment(variables: Mapping[str, str]) -> None:
    for name in os.environ.keys() - variables.keys():
        del os.environ[name]
    os.environ.update(variables)


def _folder() -> str:
    with suppress(FileNotFoundError):
        return str(Path.cwd())
    return ""


def _set_path(path: list[str]) -> None:
    sys.path[:] = path


def _decimal() -> tuple[Any, ...]:
    context = decimal.getcontext()
    traps = [signal for signal, on in context.traps.items() if on]
    return context.prec, context.rounding, context.Emin, context.Emax, context.clamp, traps


def _set_decimal(values: tuple[Any, ...]) -> None:
    precision, rounding, least, largest, clamp, traps = values
    context = decimal.Context(precision, rounding, least, largest, clamp=clamp, traps=traps)
    decimal.setcontext(context)


def _numpy() -> dict[str, str]:
    return dict(sys.modules["numpy"].geterr())


def _set_numpy(errors: dict[str, str]) -> None:
    sys.modules["numpy"].seterr(**errors)


_NUMPY = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}
SETTINGS = (
    Setting("os", lambda: dict(os.environ), _set_environment),
    Setting("os", _folder, os.chdir),
    Setting("sys", lambda: list(sys.path), _set_path),
    Setting("sys", sys.getrecursionlimit, sys.setrecursionlimit),
    Setting("decimal", _decimal, _set_decimal),
    Setting("numpy", _numpy, _set_numpy, _NUMPY),
    Setting("torch", pytorch.settings, pytorch.set_settings, pytorch.DEFAULTS),
)
