"""Calling git, if it is installed."""

from __future__ import annotations

import subprocess
from pathlib import Path


def git(folder: Path, *arguments: str) -> str | None:
    """Return the output of git in `folder` as text; None if git fails or is not installed."""
    output = git_bytes(folder, *arguments)
    if output is None:
        return None
    return output.decode(errors="replace")


def git_bytes(folder: Path, *arguments: str) -> bytes | None:
    """Return the output of git in `folder` as bytes; None if git fails or is not installed."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, check=False
        )
    except FileNotFoundError:
        return None
    if done.returncode != 0:
        return None
    return done.stdout
