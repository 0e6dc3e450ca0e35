"""The code of an engine that is an installed package, and no part of the project: all of it counts."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import util
from pathlib import Path

from cbspec.errors import ConfigError
from cbspec.layout import versions_of


@cache
def installed_source(package: str) -> tuple[str, str]:
    """Return what tells the versions of an installed package apart: its name with its version, and
    the hex SHA-256 of its Python files, by their paths within it.

    What it imports of other packages does not count, as for an engine of the project.

    Raises:
        ConfigError: there is no such package.
    """
    spec = util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ConfigError(f"there is no package '{package}' in the project, nor an installed one")
    home = Path(spec.origin)
    files = [home]
    if spec.submodule_search_locations is not None:
        home = home.parent
        files = sorted(home.rglob("*.py"))
    known = hashlib.sha256()
    for file in files:
        name = file.relative_to(home).as_posix() if file != home else file.name
        known.update(f"{hashlib.sha256(file.read_bytes()).hexdigest()} {name}\n".encode())
    version = next(iter(versions_of(package).values()), "")
    return f"{package} {version}".rstrip(), known.hexdigest()
