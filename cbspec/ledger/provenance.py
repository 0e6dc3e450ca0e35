"""The commit and state of the repository that a run was made from."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cbspec.ledger.entry import Provenance
from cbspec.ledger.repository import git

COMMIT = "# branch.oid "  # git status begins the line of the commit so; "(initial)" where none is


def provenance(root: Path, torch: str, exclude: Path | None = None) -> Provenance:
    """Return the commit and state of the repository around `root`, with today's date (UTC).

    Untracked files count as uncommitted changes, since one of them may be a stage or a claim.

    Args:
        root: a folder in the repository.
        torch: torch's version and build: ``"2.11.0+cpu"``.
        exclude: a folder whose changes do not count, because ledger and reports are written there.
    """
    top = git(root, "rev-parse", "--show-toplevel")
    if top is None:
        return Provenance(commit=None, dirty=False, torch=torch, date=today())
    pathspec = ["."]
    # git fails for a path outside its repository
    if exclude and exclude.resolve().is_relative_to(Path(top.strip()).resolve()):
        pathspec.append(f":(exclude){exclude.resolve()}")
    options = ("--porcelain=v2", "--branch", "--untracked-files=normal", "--", *pathspec)
    status = (git(root, "status", *options) or "").splitlines()
    commit, dirty = None, False
    for line in status:
        if line.startswith(COMMIT) and line != f"{COMMIT}(initial)":
            commit = line.removeprefix(COMMIT)
        elif not line.startswith("#"):
            dirty = True
    return Provenance(commit=commit, dirty=dirty, torch=torch, date=today())


def today() -> str:
    """Return today's date (UTC) as the ledger writes it."""
    return datetime.now(UTC).date().isoformat()
