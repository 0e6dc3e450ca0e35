"""Reading JSON files that people merge and edit by hand. Each mistake has its place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec
import yaml

from cbspec.committed.scan import (
    Fault,
    Refused,
    constant,
    first_fault,
    integer,
    real,
    suspicious,
)
from cbspec.errors import LedgerError
from cbspec.model.visible import visible

T = TypeVar("T")
Steps = Mapping[int, Callable[[Mapping[str, Any]], Mapping[str, Any]]]
NO_STEPS: Steps = MappingProxyType({})
WIDEST = 60  # characters of a line that a message shows on each side of a mistake


def text_of(path: Path) -> str | None:
    """Return the text of a committed file; None where there is no file.

    Raises:
        LedgerError: the file cannot be read, or is no UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise LedgerError(f"{path} cannot be read: {error}") from error


def decode(
    text: str,
    name: str,
    kind: type[T],
    *,
    version: int,
    noun: str,
    steps: Steps = NO_STEPS,
    hook: Callable[[type, Any], Any] | None = None,
) -> T:
    """Decode the text of a committed file.

    Args:
        text: the text.
        name: the name of the file, for errors.
        kind: the type of the content, a struct with the field ``version``.
        version: the version that this cbspec writes.
        noun: what the file is, such as ``"ledger"``.
        steps: earlier version -> function that converts its content to the next version.
        hook: msgspec's hook for types that it does not know.

    Raises:
        LedgerError: the text is no JSON, has another version or wrong types, has a key twice, or
            has control characters. The message names line and column.
    """
    raw = _parsed(text, name)
    raw = _converted(raw, name, version, noun, steps)
    try:
        return msgspec.convert(raw, kind, dec_hook=hook)
    except msgspec.ValidationError as error:
        _refuse(first_fault(text), name)
        # The hook may have raised an error with a path of its own, which is the innermost
        message, *paths = str(error).split(" - at ")
        path = "$" + "".join(part.strip("`").removeprefix("$") for part in reversed(paths))
        raise LedgerError(_located(text, name, path, raw, message, noun)) from None


def place(text: str, name: str, path: str, key: str | None = None) -> str:
    """Return ``name:line:column`` of a JSON path, or of a key there.

    The text is parsed as YAML, because YAML's nodes know their place.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        return name
    for step in _steps(path):
        below = _child(node, step)
        if below is None:
            break
        node = below
    if node is None:  # an empty file
        return name
    if key and isinstance(node, yaml.MappingNode):
        for named, _ in node.value:
            if named.value == key:
                node = named
                break
    return f"{name}:{node.start_mark.line + 1}:{node.start_mark.column + 1}"


def _parsed(text: str, name: str) -> Any:
    fault: Fault | None = None
    try:
        raw = json.loads(
            text,
            object_pairs_hook=_mapping,
            parse_int=integer,
            parse_float=real,
            parse_constant=constant,
        )
        if suspicious(text):
            fault = first_fault(text)
    except json.JSONDecodeError as error:
        where = f"{name}:{error.lineno}:{error.colno}"
        raise LedgerError(f"{where}: {_explained(error, text)}") from None
    except (Refused, RecursionError):
        fault = first_fault(text)
    _refuse(fault, name)
    return raw


def _refuse(fault: Fault | None, name: str) -> None:
    if fault is not None:
        raise LedgerError(f"{name}:{fault.line}:{fault.column}: {fault.message}")


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        raise Refused("a key stands twice")
    return mapping


def _explained(error: json.JSONDecodeError, text: str) -> str:
    line = [*text.split("\n"), ""][error.lineno - 1].rstrip("\r")
    if line.startswith(("<<<<<<<", "=======", ">>>>>>>")):
        return f"an unresolved merge: {line[:WIDEST]!r}"
    before = visible(line[: error.colno - 1][-WIDEST:])
    behind = visible(line[error.colno - 1 :][:WIDEST])
    return f"not JSON: {error.msg}\n    {before}{behind}\n    {' ' * len(before)}^"


def _converted(raw: Any, name: str, version: int, noun: str, steps: Steps) -> Any:
    """Convert content of an earlier version to the present one, step by step."""
    if not isinstance(raw, dict):
        return raw
    written = raw.get("version")
    if type(written) is not int or written == version:
        return raw
    if written not in steps:
        known = f"version {version}"
        if steps:
            known = f"versions {min(steps)} to {version}"
        article = "an" if noun[0] in "aeiou" else "a"
        message = f"{name}: {article} {noun} of version {written}; this cbspec reads {known}"
        if written > version:
            message += "; install a newer cbspec"
        raise LedgerError(message)
    return _converted({**steps[written](raw), "version": written + 1}, name, version, noun, steps)


def _located(text: str, name: str, path: str, raw: Any, message: str, noun: str) -> str:
    """Return the message with its place, and with the claim that a list item is about."""
    key = None
    if unknown := re.search(r"unknown field `(\w+)`", message):
        key = unknown[1]
    where = place(text, name, path, key)
    match = re.match(r"\$\.(\w+)\[(\d+)\]", path)
    if match is None:
        inside = path.removeprefix("$").lstrip(".")
        return f"{where}: {inside or noun}: {message}"
    what = path[match.end() :].lstrip(".") or _singular(match[1])
    item = raw[match[1]][int(match[2])]
    if isinstance(item, dict) and isinstance(item.get("claim"), str):
        what += f" of claim {item['claim']}"
    return f"{where}: {what}: {message}"


def _singular(section: str) -> str:
    """Return the name of one item of a section."""
    known = {"entries": "entry", "withdrawn": "withdrawn entry"}
    return known.get(section, section.removesuffix("s"))


def _steps(path: str) -> Iterator[str | int]:
    for key, index in re.findall(r"\.([A-Za-z_]\w*)|\[(\d+)\]", path):
        yield int(index) if index else key


def _child(node: yaml.Node | None, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        return node.value[step]  # type: ignore[no-any-return]
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return value  # type: ignore[no-any-return]
    return None
