"""Modules of the project itself: imported from beside pyproject.toml, and from nowhere else."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

from cbspec.config import Config
from cbspec.errors import ConfigError, belongs, place_of


def import_own(config: Config, name: str, noun: str) -> ModuleType:
    """Return a module of the project's own packages.

    Args:
        name: the module's full name.
        noun: what ``[tool.cbspec]`` calls it, for errors.

    Raises:
        ConfigError: it cannot be imported, or lies elsewhere.
    """
    root = str(config.root)
    if root not in sys.path:
        # First: what is fingerprinted is what runs, also where the package is installed besides.
        sys.path.insert(0, root)
    where, package = (
        f"{noun} {name} ([tool.cbspec] of {config.root})",
        config.root / name.partition(".")[0],
    )
    try:
        module = importlib.import_module(name)
    except Exception as error:  # whatever the project's own code raises
        raise ConfigError(
            f"{where} cannot be imported: {error!r}{place_of(error, package)}",
        ) from error
    if not belongs(file := Path(module.__file__ or ""), package):
        raise ConfigError(
            f"{where} is imported from {file}, but has to lie in {config.root}, as {package.name}" + " beside pyproject.toml"
        )
    return module
