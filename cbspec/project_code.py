"""Importing the project's own modules: from beside pyproject.toml or from ``src`` only."""

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
    """Import a module of the project, or of an installed package that is an engine.

    Args:
        config: the project's settings.
        name: the full name of the module.
        noun: its key in ``[tool.cbspec]``, for errors.

    Raises:
        ConfigError: the module cannot be imported, or lies elsewhere.
    """
    top = name.partition(".")[0]
    outside = top in config.installed
    source = source_folder(config.root, [top])
    if str(source) not in sys.path:
        # At the front, so that the fingerprinted code is the one that runs, even if another copy of
        # the package is installed
        sys.path.insert(0, str(source))
    where, package = f"{noun} {name} ([tool.cbspec] of {config.root})", source / top
    try:
        module = importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # the project's code may raise anything, even SystemExit
        reason = f"{_shown(error)}{place_of(error, package)}"
        raise ConfigError(f"{where} cannot be imported: {reason}") from error
    file = Path(module.__file__ or "")
    if not outside and not belongs(file, package):
        place = f"in {config.root}, as {package.name} beside pyproject.toml or in src"
        raise ConfigError(f"{where} is imported from {file}, but has to lie {place}")
    return module


def _shown(error: BaseException) -> str:
    """Return the repr of an error, or its class if the repr raises in turn."""
    try:
        if isinstance(error, SyntaxError):
            return f"{type(error).__name__}: {error}"  # with its file and line
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
    """Return what a module of the project declares for cbspec, such as its stages or kinds.

    Args:
        config: the project's settings.
        name: the full name of the module.
        noun: its key in ``[tool.cbspec]``, for errors.
        constant: the name of the tuple in the module, such as ``STAGES``.
        accepts: tells whether an item of the tuple is right.
        wanted: a description of what is expected, for errors.

    Raises:
        ConfigError: the module cannot be imported, lies elsewhere, or does not declare this.
    """
    items = getattr(import_own(config, name, noun), constant, None)
    if not isinstance(items, tuple | list) or not items or not all(map(accepts, items)):
        raise ConfigError(f"{noun} {name} has no {constant}: expected {wanted}")
    return tuple(items)


def function_of(config: Config, reference: str, *, noun: str) -> Callable[..., Any]:
    """Return a function of the project.

    Args:
        config: the project's settings.
        reference: ``"module:function"``.
        noun: what the function is, for errors.

    Raises:
        ConfigError: the module cannot be imported, lies elsewhere, or has no such function.
    """
    module, _, name = reference.partition(":")
    function: Callable[..., Any] | None = getattr(import_own(config, module, noun), name, None)
    if function is None or not callable(function):
        raise ConfigError(f"{noun} {reference}: {module} has no function {name!r}")
    return function
