"""Checking the written parameters of a stage call."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from cbspec.files import ProjectFiles
from cbspec.language.conform import follow, steps, unknown
from cbspec.language.diagnostics import Diagnostics, shown
from cbspec.language.node import Node
from cbspec.language.scope import Scope, UnknownName
from cbspec.stage import Parameters, Stage, files_of

_PLAIN = frozenset({int, float, bool})


def check_keys(call: Node, stage: Stage, mistakes: Diagnostics) -> None:
    """Check that every key is a parameter or an input of the stage."""
    known = [*_names(stage.parameters), *stage.inputs]
    for key in call.entries:
        if key not in known and key != "stage":
            message = unknown("parameter or input", key, known, of=stage.name)
            mistakes.add(call.keys[key], message)


def written_values(call: Node, stage: Stage, scope: Scope) -> dict[str, Any] | None:
    """Return parameter -> written value, with every ``$name`` replaced; None if one is unknown."""
    values: dict[str, Any] = {}
    understood = True
    for name in _names(stage.parameters):
        node = call.entries.get(name)
        if node is None:
            continue
        if type(node.value) in _PLAIN:
            values[name] = node.value
            continue
        try:
            values[name] = _in_order(scope.plain(node))
        except UnknownName:
            understood = False
    return values if understood else None


def _in_order(value: Any) -> Any:
    """Return a value whose mappings have their keys in order: two that differ in order alone are one
    call, so that no stage may see how either was written.
    """
    if isinstance(value, dict):
        ordered = sorted(value.items(), key=lambda item: str(item[0]))
        return {key: _in_order(item) for key, item in ordered}
    if isinstance(value, list):
        return list(map(_in_order, value))
    return value


def check_files(
    call: Node, parameters: Parameters, files: ProjectFiles, mistakes: Diagnostics
) -> None:
    """Check that every file that a parameter names exists, in the project or its data folder."""
    for path, name in files_of(parameters).items():
        try:
            files.locate(name)
        except (ValueError, OSError) as error:
            mistakes.add(follow(call, steps(path)), f"the file {shown(name)} {error}")


@lru_cache(maxsize=1024)
def _names(parameters: type[Parameters]) -> tuple[str, ...]:
    return tuple(field.encode_name for field in msgspec.structs.fields(parameters))
