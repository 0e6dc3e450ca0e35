"""Modules of the project itself: imported from beside pyproject.toml or from ``src``, and from
nowhere else.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from cbspec.config import Config
from cbspec.errors import ConfigError, belongs, place_of
from cbspec.layout import source_folder


def import_own(config: Config, name: str, noun: str) -> ModuleType:
    """Return a module of the project's own packages, or of an installed one that is an engine.

    Args:
        name: the module's full name.
        noun: what ``[tool.cbspec]`` calls it, for errors.

    Raises:
        ConfigError: it cannot be imported, or lies elsewhere.
    """
    top = name.partition(".")[0]
    outside = top in config.installed
    source = source_folder(config.root, [top])
    if str(source) not in sys.path:
        # First: what is fingerprinted is what runs, also where the package is installed besides.
        sys.path.insert(0, str(source))
    where, package = f"{noun} {name} ([tool.cbspec] of {config.root})", source / top
    try:
        module = importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever the project's own code raises, SystemExit too
        reason = f"{_shown(error)}{place_of(error, package)}"
        raise ConfigError(f"{where} cannot be imported: {reason}") from error
    file = Path(module.__file__ or "")
    if not outside and not belongs(file, package):
        place = f"in {config.root}, as {package.name} beside pyproject.toml or in src"
        raise ConfigError(f"{where} is imported from {file}, but has to lie {place}")
    return module


def _shown(error: BaseException) -> str:
    """Return the repr of an error, or its class where that raises in turn."""
    try:
        return repr(error)
    except Exception:
        return type(error).__name__


def declarations(
    config: Config,
    name: str,
    noun: str,
    constant: str,
    *,
    accepts: Callable[[Any], bool],
    wanted: str,
) -> tuple[Any, ...]:
    """Return what a module of the project's own packages declares for cbspec.

    Args:
        name, noun: as `import_own` takes them.
        constant: what the module calls it, such as ``STAGES``.
        accepts: tells whether an item is what is wanted.
        wanted: what is expected, for the error.

    Raises:
        ConfigError: the module cannot be imported or lies elsewhere, or declares nothing or
            something else.
    """
    items = getattr(import_own(config, name, noun), constant, None)
    if not isinstance(items, tuple | list) or not items or not all(map(accepts, items)):
        raise ConfigError(f"{noun} {name} has no {constant}: expected {wanted}")
    return tuple(items)


def function_of(config: Config, reference: str, *, noun: str) -> Callable[..., Any]:
    """Return a function of the project's own packages.

    Args:
        reference: ``"module:function"``.
        noun: what it is, for errors.

    Raises:
        ConfigError: the module cannot be imported or lies elsewhere, or has no such function.
    """
    module, _, name = reference.partition(":")
    function: Callable[..., Any] | None = getattr(import_own(config, module, noun), name, None)
    if function is None or not callable(function):
        raise ConfigError(f"{noun} {reference}: {module} has no function {name!r}")
    return function
