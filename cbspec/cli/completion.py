"""Completion of claim ids in a shell."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

from cbspec import terminal
from cbspec.claim import base
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
    """Offer the ids of orphaned verdicts, but none of a claim whose file has mistakes."""
    from cbspec.ledger import orphaned

    def names(project: Project) -> Iterable[str]:
        claims = project.at_every_scale(sound=True)
        broken = ids(project.claims_folder).keys() - {base(claim.id) for claim in claims}
        gone = {entry.claim for entry in orphaned(project.ledger, claims)}
        return [claim for claim in gone if base(claim) not in broken]

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
