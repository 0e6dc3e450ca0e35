"""The commit that a run was made from."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cbspec.ledger.entry import Provenance
from cbspec.ledger.repository import git

COMMIT = "# branch.oid "  # git status begins the line of the commit so; "(initial)" where none is


def provenance(root: Path, torch: str, exclude: Path | None = None) -> Provenance:
    """Return the commit and state of the repository around `root`, with today's date (UTC).

    Files that git neither tracks nor ignores count as uncommitted: one of them may be a stage or a
    claim.

    Args:
        torch: its version with the build, ``"2.11.0+cpu"``.
        exclude: a folder whose changes do not count as uncommitted: the one that the ledger itself
            and the reports are written to.
    """
    top = git(root, "rev-parse", "--show-toplevel")
    if top is None:
        return Provenance(commit=None, dirty=False, torch=torch, date=today())
    pathspec = ["."]
    # git ends in an error at a path outside its repository
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
    """Return today's date (UTC), in the form that the ledger has dates."""
    return datetime.now(UTC).date().isoformat()
