"""What changed in the code since a verdict was recorded: for annotations and for the text of a
failure.
"""

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
    """What is on record of some code: a verdict, or canary figures."""

    @property
    def code(self) -> Mapping[str, str]:
        """Return stage -> code fingerprint, shortened."""

    @property
    def provenance(self) -> Provenance:
        """Return the commit that it was measured at."""


def edits_since(
    entry: Recorded, calls: Iterable[Call], *, code: Code, history: History, root: Path
) -> tuple[Edit, ...]:
    """Return the definitions that differ between the code behind what is on record and the code as
    it is.

    One edit per definition, naming every stage that reaches it; imports that came with new code are
    not told besides. None where the recorded code can no longer be told, or where nothing that the
    claim's stages reach has changed.

    Args:
        entry: what is on record.
        calls: the claim's arms.
        root: the project's folder, to which the edits' paths are relative.
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
    """Return what changed in the code of one stage since the verdict was recorded; None if that is
    no longer known.
    """
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
