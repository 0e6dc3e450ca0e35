"""Reading a ledger that people merge and edit by hand: each mistake gets its place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import yaml

from cbspec.errors import LedgerError
from cbspec.ledger.entry import Entry
from cbspec.ledger.withdrawn import Withdrawn

VERSION = 1


class Content(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file: a version, which tells the shape of the rest, the entries, and what was withdrawn."""

    version: int
    entries: tuple[Entry, ...]
    withdrawn: tuple[Withdrawn, ...] = ()


def parse(text: str, name: str) -> Content:
    """The content of a ledger's text; `name` is what errors call the file.

    Raises:
        LedgerError: naming line and column, for what is not JSON, not of this version, not of the types, or there twice.
    """
    try:
        raw = json.loads(text, object_pairs_hook=_mapping)
    except json.JSONDecodeError as error:
        raise LedgerError(f"{name}:{error.lineno}:{error.colno}: {_explained(error, text)}") from None
    except (_TwiceError, RecursionError) as error:
        raise LedgerError(f"{name}: {error or 'nested too deeply'}") from None
    _check_version(raw, name)
    try:
        content = msgspec.convert(raw, Content)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at ")
        raise LedgerError(_located(text, name, path.strip("`"), raw, message)) from None
    _check_unique(content.entries, text, name)
    return content


class _TwiceError(Exception):
    pass


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _TwiceError(f"key '{twice}' stands twice in one mapping; keep one of the two")
    return mapping


def _explained(error: json.JSONDecodeError, text: str) -> str:
    line = [*text.split("\n"), ""][error.lineno - 1].rstrip("\r")
    if line.startswith(("<<<<<<<", "=======", ">>>>>>>")):
        return f"an unresolved merge: {line!r}"
    return f"not JSON: {error.msg}\n    {line}\n    {' ' * (error.colno - 1)}^"


def _check_version(raw: Any, name: str) -> None:
    version = raw.get("version") if isinstance(raw, dict) else None
    if isinstance(version, int) and version != VERSION:
        raise LedgerError(f"{name}: a ledger of version {version}; this cbspec reads version {VERSION}")


def _check_unique(entries: tuple[Entry, ...], text: str, name: str) -> None:
    seen = set()
    for index, entry in enumerate(entries):
        if entry.key in seen:
            raise LedgerError(f"{_place(text, name, f'$.entries[{index}]')}: a second entry for {entry.key}; keep one")
        seen.add(entry.key)


def _located(text: str, name: str, path: str, raw: Any, message: str) -> str:
    match = re.match(r"\$\.(entries|withdrawn)\[(\d+)\]", path)
    entry = raw[match[1]][int(match[2])] if match else None
    claim = f" of claim {entry['claim']}" if isinstance(entry, dict) and "claim" in entry else ""
    inside = path[match.end() :].lstrip(".") if match else path.removeprefix("$").lstrip(".")
    unknown = re.search(r"unknown field `(\w+)`", message)
    place = _place(text, name, path, unknown[1] if unknown else None)
    whole = {"entries": "entry", "withdrawn": "withdrawn entry"}[match[1]] if match else "ledger"
    return f"{place}: {inside or whole}{claim}: {message}"


def _place(text: str, name: str, path: str, key: str | None = None) -> str:
    """``name:line:column`` of a JSON path, or of a key there; JSON is read as YAML, whose nodes know where they stand."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        return name
    for step in _steps(path):
        below = _child(node, step)
        if below is None:
            break
        node = below
    if key and isinstance(node, yaml.MappingNode):
        node = next((named for named, _ in node.value if named.value == key), node)
    return f"{name}:{node.start_mark.line + 1}:{node.start_mark.column + 1}" if node else name


def _steps(path: str) -> Iterator[str | int]:
    for key, index in re.findall(r"\.([A-Za-z_]\w*)|\[(\d+)\]", path):
        yield int(index) if index else key


def _child(node: yaml.Node | None, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        return node.value[step]  # type: ignore[no-any-return]
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    return None
