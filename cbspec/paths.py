"""Paths as people see them."""

from __future__ import annotations

import os
from pathlib import Path


def display(path: Path) -> Path:
    """Return a path for a message: relative to the working directory, if it lies below that."""
    try:
        # Ten times as fast as the methods of Path, and there are many values to locate
        here = os.path.join(os.getcwd(), "")  # noqa: PTH109, PTH118
    except OSError:  # the working directory was deleted
        return path
    text = str(path)
    return Path(text[len(here) :]) if text.startswith(here) else path


def relative(path: Path, root: Path) -> str:
    """Return a path relative to `root`, with `/`; unchanged if it lies elsewhere."""
    absolute = path if path.is_absolute() else root / path
    return (
        absolute.relative_to(root).as_posix() if absolute.is_relative_to(root) else path.as_posix()
    )


def below(path: Path, folder: Path) -> Path | None:
    """Return a path as it is called below `folder`; None if it lies elsewhere.

    The path may name the folder, or a file in it, through a link.
    """
    if ".." in path.parts:
        path = path.parent.resolve() / path.name
    if ".." not in path.parts and path.is_relative_to(folder):
        return path
    real = folder.resolve()
    for parent in (path, *path.parents):
        if parent.resolve() == real:
            return folder / path.relative_to(parent)
    return None
