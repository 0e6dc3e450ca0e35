"""The layout of a lab: its packages lie beside pyproject.toml, or in ``src``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

SRC = "src"


def source_folder(root: Path, packages: Sequence[str]) -> Path:
    """Return the folder that a project's packages are imported from.

    Args:
        root: the folder of pyproject.toml.
        packages: dotted names of packages or modules.

    Returns:
        ``src`` if one of the packages lies in it and none in the root; otherwise the root.
    """
    for folder in (root, root / SRC):
        if any(holds(folder, package) for package in packages):
            return folder
    return root


def holds(folder: Path, package: str) -> bool:
    """Tell whether a folder has a Python package or module of this name."""
    place = folder.joinpath(*package.split("."))
    return place.with_suffix(".py").is_file() or any(place.rglob("*.py"))


def installed(package: str) -> bool:
    """Tell whether a package belongs to an installed distribution."""
    return package in distributions()


@cache
def distributions() -> Mapping[str, Sequence[str]]:
    """Return top-level package -> the installed distributions that bring it.

    Every installed file is looked at, which takes a third of a second: once a process.
    """
    from importlib.metadata import packages_distributions

    return packages_distributions()


def versions_of(module: str) -> Mapping[str, str]:
    """Return the installed distributions that bring a top-level module, with their versions."""
    from importlib.metadata import version

    return {name: version(name) for name in distributions().get(module, ())}
