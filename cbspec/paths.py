"""How paths are shown to people."""

from __future__ import annotations

import os
from pathlib import Path


def display(path: Path) -> Path:
    """Return a path as messages show it: relative to the working directory where it lies below."""
    try:
        # Ten times as fast as Path's own methods; claim files and their values are many.
        here = os.path.join(os.getcwd(), "")  # noqa: PTH109, PTH118
    except OSError:  # the working directory is gone
        return path
    text = str(path)
    return Path(text[len(here) :]) if text.startswith(here) else path


def relative(path: Path, root: Path) -> str:
    """Return a path relative to `root`, with `/`; unchanged where it lies elsewhere."""
    absolute = path if path.is_absolute() else root / path
    return (
        absolute.relative_to(root).as_posix() if absolute.is_relative_to(root) else path.as_posix()
    )


def below(path: Path, folder: Path) -> Path | None:
    """Return a path by `folder`'s own name where it is this folder or lies in it, through whatever
    link it was named; None where it lies elsewhere.
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
