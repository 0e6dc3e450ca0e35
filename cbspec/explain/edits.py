"""Finding the definitions that changed since a verdict or a canary was recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from cbspec.explain.history import Definitions, History
from cbspec.fingerprint import Change, Code, changes
from cbspec.ledger import Provenance
from cbspec.model.edit import Edit
from cbspec.paths import relative
from cbspec.stage import Call, Stage, stages_of


class Recorded(Protocol):
    """Anything recorded that names its code: a verdict or a canary."""

    @property
    def code(self) -> Mapping[str, str]:
        """Return stage -> shortened fingerprint of its code."""

    @property
    def provenance(self) -> Provenance:
        """Return the commit at which it was measured."""


def edits_since(
    entry: Recorded, calls: Iterable[Call], *, code: Code, history: History, root: Path
) -> tuple[Edit, ...]:
    """Return the definitions that differ between recorded and present code.

    Each definition has one edit, which names every stage that reaches it. Imports that came with
    new code are left out. There are none if the recorded code is no longer known.

    Args:
        entry: the recorded verdict or canary.
        calls: the stage calls of the claim's arms.
        code: the present code.
        history: finds the recorded code.
        root: the project's folder; paths are relative to it.
    """
    touched: dict[Change, list[str]] = {}
    for stage in stages_of(calls).values():
        for change in changed(entry, stage, code, history) or ():
            if change.what != "added" or not code.imported(change.definition):
                touched.setdefault(change, []).append(stage.name)
    edits = []
    for change in sorted(touched, key=str):
        edits.append(_edit(change, touched[change], code, root))
    return tuple(edits)


def changed(
    entry: Recorded, stage: Stage, code: Code, history: History
) -> tuple[Change, ...] | None:
    """Return what changed in the code of a stage since a verdict was recorded; None if unknown."""
    now = code.fingerprint(stage.implementation)
    recorded = entry.code.get(stage.name)
    if recorded is None:
        return None
    if now.digest.startswith(recorded):
        return ()
    before: Definitions | None = history.definitions(
        stage.implementation, recorded, entry.provenance.commit
    )
    if before is None:
        return None
    return changes(before, now.definitions)


def _edit(change: Change, stages: Iterable[str], code: Code, root: Path) -> Edit:
    path, line = code.locate(change.definition)
    return Edit(
        path=relative(path, root),
        line=line,
        definition=change.name,
        stage=", ".join(stages),
        what=change.what,
    )
