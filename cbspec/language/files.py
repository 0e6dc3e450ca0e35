"""Finding claim files and the defaults that they share."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

NAME = "defaults.yaml"
SUFFIX = ".yaml"
# Other endings of YAML files, in any case. They are reported, so that no claim is skipped silently
LIKELY = (SUFFIX, ".yml")


def claim_files(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return every claim file among some files and below some folders, sorted within each.

    Defaults and hidden folders are left out.
    """
    files: dict[Path, None] = {}
    for path in map(meant, paths):
        if path.is_dir():
            files |= dict.fromkeys(sorted(filter(is_claim_file, below(path))))
        else:
            files[path] = None
    return tuple(files)


def is_claim_file(path: Path) -> bool:
    """Tell whether a file in the folder of claims is a claim file, or is meant to be one."""
    return path.suffix.lower() in LIKELY and path.name != NAME and not path.name.startswith(".")


def is_shared(path: Path) -> bool:
    """Tell whether a file has the defaults of its folder."""
    return path.name == NAME


def meant(path: Path) -> Path:
    """Return the path itself, or for a defaults.yaml the folder of the claims that share it."""
    return path.parent if is_shared(path) and path.is_file() else path


def below(folder: Path) -> Iterator[Path]:
    """Yield every file below a folder, hidden folders left out. Links to folders are followed."""
    seen = {os.path.realpath(folder)}
    for place, folders, names in os.walk(folder, followlinks=True):
        fresh: dict[str, str] = {}
        for name in folders:
            real = os.path.realpath(Path(place, name))
            # A link may lead back to a folder above
            if not name.startswith(".") and real not in seen:
                fresh[name] = real
        folders[:] = fresh
        seen |= set(fresh.values())
        for name in names:
            yield Path(place, name)
