"""Completion of claim ids in a shell."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

from cbspec import terminal
from cbspec.errors import CbspecError
from cbspec.project import Project
from cbspec.selection import ids


def complete(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the ids of claims; if none begins like this, offer files."""
    known = _offered(ctx, incomplete, lambda project: ids(project.claims_folder))
    return known or [CompletionItem(incomplete, type="file")]


def complete_orphaned(
    ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Offer the ids of orphaned verdicts."""
    from cbspec.ledger import orphaned

    def names(project: Project) -> Iterable[str]:
        return {entry.claim for entry in orphaned(project.ledger, project.at_every_scale())}

    return _offered(ctx, incomplete, names)


def _offered(
    ctx: click.Context, incomplete: str, known: Callable[[Project], Iterable[str]]
) -> list[CompletionItem]:
    try:
        if directory := ctx.find_root().params.get("directory"):
            os.chdir(directory)
        names = sorted(known(Project()))
    except (CbspecError, OSError):
        return []
    items = []
    for name in names:
        # A ledger may hold any text, and the shell could execute it
        if name.startswith(incomplete) and name == terminal.line(name):
            items.append(CompletionItem(name))
    return items
