"""Packing the code of a project for the workers: everything that its stages can import."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from cbspec.config import FILE, Config
from cbspec.errors import BackendError

LIMIT_BYTES = 100 * 2**20  # more cannot be code, and would fill the memory of Ray's head node


def pack(config: Config, folder: Path) -> None:
    """Copy the code of a project into a folder.

    Left out are claims, reports and results, and files that git ignores, except the engine's own
    modules. Files that claims name travel with the tasks that read them.

    Raises:
        BackendError: the code is larger than `LIMIT_BYTES`.
    """
    root = config.root.resolve()
    files = sorted(set(_files(config)))
    _check(root, files)
    for path in files:
        target = folder / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def _files(config: Config) -> Iterator[Path]:
    root = config.root.resolve()
    stays = [place.resolve() for place in (config.claims, config.reports, config.store)]
    listed = _listed(root)
    for path in listed:
        within = any(path.is_relative_to(place) for place in stays)
        if path.is_file() and path.resolve().is_relative_to(root) and not within:
            yield path
    if (root / FILE).is_file():
        yield root / FILE
    source = config.source.resolve()
    for package in config.packages:
        yield from (source / package).rglob("*.py")
        if (source / f"{package}.py").is_file():
            yield source / f"{package}.py"


def _listed(root: Path) -> Sequence[Path]:
    """Return the files of a folder that git does not ignore; without git, all visible files."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, check=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return list(_visible(root))
    return [root / name for name in done.stdout.split("\0") if name]


def _visible(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        hidden = path.name.startswith(".") or path.name == "__pycache__"
        if path.is_dir() and not hidden and not (path / "pyvenv.cfg").exists():
            yield from _visible(path)
        elif not hidden:
            yield path


def _check(root: Path, files: Sequence[Path]) -> None:
    sizes = {path: path.stat().st_size for path in files}
    total = sum(sizes.values())
    if total <= LIMIT_BYTES:
        return
    largest = sorted(files, key=lambda path: -sizes[path])[:3]
    shown = [f"{path.relative_to(root)} ({sizes[path] / 2**20:.0f} MB)" for path in largest]
    raise BackendError(
        f"{root}: its code would travel to the workers of Ray with {total / 2**20:.0f} MB, and may "
        f"have {LIMIT_BYTES // 2**20}; have git ignore what no stage imports, such as "
        f"{', '.join(shown)}, or move it to the data folder"
    )
