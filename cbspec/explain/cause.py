"""The causes for which a stored result is stale or a result is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from cbspec.fingerprint import Change, Code
from cbspec.model.dependencies import Dependencies
from cbspec.paths import relative
from cbspec.stage import canonical


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """One cause. `text` describes it for people.

    Attributes:
        kind: the kind of cause; `point` means that a shorter or longer run of the same trajectory
            is stored, `layout` that cbspec itself has changed.
        path: the file of a definition that changed, relative to the project.
        line: its line.
        definition: its name.
    """

    kind: Literal["code", "parameter", "input", "dependency", "numerics", "layout", "point"]
    text: str
    path: str = ""
    line: int = 0
    definition: str = ""


def code_causes(
    changes: Iterable[Change], code: Code, implementation: str, root: Path
) -> tuple[Cause, ...]:
    """Return a cause for each definition that changed, with its present line.

    Definitions that were edited in place come first.

    Args:
        changes: the changes.
        code: the present code.
        implementation: the implementation of the stage. For a definition in another file, the cause
            says why that file counts.
        root: the project's folder.
    """
    order = ("changed", "added", "removed")
    ranked = sorted(changes, key=lambda change: order.index(change.what))
    return tuple(_code_cause(change, code, implementation, root) for change in ranked)


def unknown_code(recorded: str) -> Cause:
    """Return the cause for code that differs from recorded code that is no longer known."""
    return Cause(
        kind="code",
        text=f"its code was another one ({recorded[:10]}), whose definitions are not known here",
    )


def value_causes(
    kind: Literal["parameter", "numerics"], before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[Cause, ...]:
    """Return a cause for each name whose value changed."""
    word = "parameter " if kind == "parameter" else ""
    causes = []
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if canonical(old) != canonical(new):
            causes.append(Cause(kind=kind, text=f"{word}{name}: {old} -> {new}"))
    return tuple(causes)


def dependency_causes(before: Dependencies, after: Dependencies) -> tuple[Cause, ...]:
    """Return a cause for each declared file, version or environment variable that changed."""
    return tuple(Cause(kind="dependency", text=text) for text in before.changes(after))


def _code_cause(change: Change, code: Code, implementation: str, root: Path) -> Cause:
    path, line = code.locate(change.definition)
    file = relative(path, root)
    place = file if change.what == "removed" else f"{file}:{line}"
    text = f"{place}: {change.name} {change.what}"
    if why := code.why(implementation, change.path):
        text += f" ({file} counts because {why})"
    return Cause(kind="code", text=text, path=file, line=line, definition=change.name)
