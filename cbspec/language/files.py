"""Which files are claims, and which hold what claims share."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

NAME = "defaults.yaml"
SUFFIX = ".yaml"
# In whatever case, what many call a YAML file; told, for a claim passed over is worse than none
LIKELY = (SUFFIX, ".yml")


def claim_files(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return every claim file among files and below folders, sorted within each; defaults and
    hidden folders are left out.
    """
    files: dict[Path, None] = {}
    for path in map(meant, paths):
        if path.is_dir():
            files |= dict.fromkeys(sorted(filter(is_claim_file, below(path))))
        else:
            files[path] = None
    return tuple(files)


def is_claim_file(path: Path) -> bool:
    """Tell whether a file among claims is one, or is meant to be."""
    return path.suffix.lower() in LIKELY and path.name != NAME and not path.name.startswith(".")


def is_shared(path: Path) -> bool:
    """Tell whether a file holds what the claims of its folder, and below, share."""
    return path.name == NAME


def meant(path: Path) -> Path:
    """Return what a path names among claims: a defaults.yaml stands for its folder, the claims that
    share it.
    """
    return path.parent if is_shared(path) and path.is_file() else path


def below(folder: Path) -> Iterator[Path]:
    """Yield every file below a folder, through links to folders as pytest goes, hidden folders left
    out.
    """
    seen = {os.path.realpath(folder)}
    for place, folders, names in os.walk(folder, followlinks=True):
        fresh: dict[str, str] = {}
        for name in folders:
            real = os.path.realpath(Path(place, name))
            # A link may lead back up
            if not name.startswith(".") and real not in seen:
                fresh[name] = real
        folders[:] = fresh
        seen |= set(fresh.values())
        for name in names:
            yield Path(place, name)
