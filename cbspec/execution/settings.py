"""Settings of the whole process that a stage may change, and their restoration afterwards.

So the next stage in the same process computes with the same settings as in a fresh one.
"""

from __future__ import annotations

import decimal
import os
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from cbspec import pytorch
from cbspec.execution.module_state import ModuleState
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


class Generator(NamedTuple):
    """A generator of random numbers that a whole process shares.

    Attributes:
        package: the package that has the generator.
        seed: begins a new stream.
        read: returns the state of the generator.
        write: sets its state.
    """

    package: str
    seed: Callable[[int], object]
    read: Callable[[], Any]
    write: Callable[[Any], object]


@contextmanager
def restored(loaded: Loaded | None) -> Iterator[None]:
    """Restore settings and the state of the project's modules at the end of a block.

    If the stage has imported modules of the project, one of them may have made the change on
    import. The next task would not import it again, so this process is marked as spent.

    Args:
        loaded: the record of what this process loads; None to ignore imports.
    """
    before = current()
    if loaded is None:
        try:
            yield
        finally:
            restore(before)
        return
    imported, state = loaded.imported(), ModuleState(loaded.held())
    try:
        yield
    finally:
        changed = [restore(before), state.restore()]
        if state.spoiled or (any(changed) and loaded.imported() != imported):
            loaded.spend()


@contextmanager
def seeded(digest: str) -> Iterator[None]:
    """Seed the shared random number generators for a block, and restore them afterwards.

    So a stage that draws from them gets the same numbers, whatever its process has computed before.

    Args:
        digest: decides the numbers, in hexadecimal.
    """
    number = int(digest[:8], 16)
    before = []
    for generator in GENERATORS:
        if generator.package in sys.modules:
            before.append((generator, generator.read()))
            generator.seed(number)
    try:
        yield
    finally:
        for generator, state in before:
            generator.write(state)


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
GENERATORS = (
    Generator("random", random.seed, random.getstate, random.setstate),
    Generator(
        "numpy.random",
        lambda number: sys.modules["numpy.random"].seed(number),
        lambda: sys.modules["numpy.random"].get_state(),
        lambda state: sys.modules["numpy.random"].set_state(state),
    ),
    Generator("torch", pytorch.seed, pytorch.generator_state, pytorch.set_generator_state),
)
