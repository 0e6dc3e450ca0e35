"""The commit that a run was made from."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cbspec.ledger.entry import Provenance
from cbspec.ledger.repository import git


def provenance(root: Path, torch: str, exclude: Path | None = None) -> Provenance:
    """Return the commit and state of the repository around `root`, with today's date (UTC).

    Files that git neither tracks nor ignores count as uncommitted: one of them may be a stage or a
    claim.

    Args:
        torch: its version with the build, ``"2.11.0+cpu"``.
        exclude: a folder whose changes do not count as uncommitted: the one that the ledger itself
            and the reports are written to.
    """
    commit = git(root, "rev-parse", "--verify", "--quiet", "HEAD")
    top = git(root, "rev-parse", "--show-toplevel")
    pathspec = ["."]
    # git ends in an error at a path outside its repository
    if exclude and top and exclude.resolve().is_relative_to(Path(top.strip()).resolve()):
        pathspec.append(f":(exclude){exclude.resolve()}")
    changed = git(root, "status", "--porcelain", "--untracked-files=normal", "--", *pathspec)
    return Provenance(
        commit=commit.strip() if commit else None, dirty=bool(changed), torch=torch, date=today()
    )


def today() -> str:
    """Return today's date (UTC), in the form that the ledger has dates."""
    return datetime.now(UTC).date().isoformat()
