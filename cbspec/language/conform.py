"""Converting values to types, with all mistakes at once.

msgspec converts; it stops at the first mistake. So if it fails, the JSON Schema of the same type
finds all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from cbspec.errors import suggestion
from cbspec.language.diagnostics import Diagnostics, shown
from cbspec.language.grammar import OPEN
from cbspec.language.node import Node
from cbspec.language.terms import DATE_PATTERN, NAME_PATTERN, RANGE_PATTERN, SIZE_PATTERN

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

T = TypeVar("T")

_NAMES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}
_A_NAME = "not a name: letters, digits and _ . - only"
_PATTERNS = {
    RANGE_PATTERN: "not a range of seeds such as 1..20",
    DATE_PATTERN: "not a day such as 2027-01-31",
    SIZE_PATTERN: "not the name of a size: letters, digits and _ only, no digit first",
    NAME_PATTERN: "not a name: letters, digits and _ . + - only",
}

_BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
}


def conform(node: Node, value: Any, to: type[T], mistakes: Diagnostics) -> T | None:
    """Convert a value to a type; return None if it cannot be converted, and note every mistake.

    Args:
        node: the place of the value.
        value: the plain value.
        to: the type.
        mistakes: takes the mistakes.
    """
    try:
        return msgspec.convert(value, type=to)
    except msgspec.ValidationError as error:
        problems = list(_validator(to).iter_errors(value))  # type: ignore[arg-type]  # a type is hashable
        for problem in problems:
            _report(node, problem, mistakes)
        if not problems:  # e.g. 10.0 where JSON Schema, but no type, takes it for a whole number
            message, _, path = str(error).partition(" - at `$")
            place = follow(node, steps(path.rstrip("`")))
            mistakes.add(place, message[:1].lower() + message[1:].replace("`", ""))
        return None


def follow(node: Node, path: Iterable[str | int]) -> Node:
    """Return the node at a path below `node`, or the last node on the way that exists."""
    for step in path:
        if isinstance(step, str) and step in node.entries:
            node = node.entries[step]
        elif isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        else:
            break
    return node


def by_name(node: Node) -> str:
    """Return ``" (by $late)"`` if a value was given by a ``$name``; else an empty text."""
    return f" (by {node.text})" if node.text.startswith("$") else ""


def steps(path: str) -> list[str | int]:
    """Split msgspec's ``.arms[2].x`` into steps."""
    steps: list[str | int] = []
    for word in re.findall(r"[^.\[\]]+", path):
        steps.append(int(word) if word.isdigit() else word)
    return steps


@lru_cache(maxsize=256)
def _validator(to: Hashable) -> Validator:
    from jsonschema import (
        Draft202012Validator,  # imported only for files with mistakes, because it takes long
    )

    return Draft202012Validator(_opened(msgspec.json.schema(to)))


def _opened(schema: Any) -> Any:
    """Return the schema with stage calls and assertions left open.

    They are checked by their stage and their kind, so that each mistake is reported once.
    """
    if isinstance(schema, list):
        return list(map(_opened, schema))
    if not isinstance(schema, dict):
        return schema
    if schema.get("$ref") in OPEN:
        return {}
    return {key: _opened(part) for key, part in schema.items()}


def _report(node: Node, error: ValidationError, mistakes: Diagnostics) -> None:
    """Note one error of JSON Schema in plain words. Its path is relative to `node`."""
    place = follow(node, error.path)
    if "propertyNames" in error.schema_path:
        place = place.keys.get(str(error.instance), place)
    special = _SPECIAL.get(str(error.validator))
    if special:
        special(place, error, mistakes)
    elif message := _message(place, error):
        mistakes.add(place, message)


def _message(node: Node, error: ValidationError) -> str:
    rule, bound, value = str(error.validator), error.validator_value, error.instance
    got = f"got {shown(value)}{by_name(node)}"
    if rule in _BOUNDS:
        return f"must be {_BOUNDS[rule]} {bound}, {got}"
    if rule == "multipleOf":
        return f"must be a multiple of {bound}, {got}"
    if rule in ("minItems", "maxItems", "minProperties", "maxProperties"):
        limit = f"at least {bound}" if rule.startswith("min") else f"at most {bound}"
        entries = "entry" if bound == 1 else "entries"
        return f"needs {limit} {entries}, has {len(value)}"  # type: ignore[arg-type]
    if rule == "minLength" and bound == 1:
        return "must not be empty"
    if rule == "minLength":
        return f"is {len(str(value))} characters long (minimum {bound})"
    if rule == "maxLength":
        return f"is {len(str(value))} characters long (maximum {bound})"
    if rule == "pattern":
        return f"{shown(value)} is {_PATTERNS.get(str(bound), _A_NAME)}"
    if rule in ("items", "prefixItems"):
        return ""  # the length of the list is reported by itself
    return str(error.message)


def _wrong_type(place: Node, error: ValidationError, mistakes: Diagnostics) -> None:
    mistakes.add(place, _expected(_listed(error.validator_value), place, error.instance))


def _expected(wanted: Iterable[str], place: Node, value: object) -> str:
    kinds = dict.fromkeys(wanted)
    if "number" in kinds:
        kinds.pop("integer", None)
    *words, last = [_NAMES.get(kind, kind) for kind in kinds]
    if words:
        last = f"{', '.join(words)} or {last}"
    message = f"expected {last}, got {shown(value)}{by_name(place)}"
    if "string" in kinds and isinstance(value, int | float) and place.text:
        message += f"; write '{place.text}'"
    return message


def _wrong_word(place: Node, error: ValidationError, mistakes: Diagnostics) -> None:
    mistakes.add(place, unknown("value", error.instance, _listed(error.validator_value)))


def unknown(
    noun: str, word: object, allowed: Sequence[str], *, of: str = "", meant: str | None = None
) -> str:
    """Return ``unknown measure 'dL_sam' of arm dfa; did you mean 'dL_same'? (one of ...)``.

    Args:
        noun: what the word should name, such as ``"measure"``.
        word: the unknown word.
        allowed: the known words.
        of: the owner of the word, such as ``"arm dfa"``.
        meant: the word to suggest; by default the one with the closest spelling.
    """
    whose = f" of {of}" if of else ""
    if not isinstance(word, str):
        return f"expected a {noun}{whose}, got {shown(word)}{suggestion('', allowed)}"
    return f"unknown {noun} {shown(word)}{whose}{suggestion(meant or word[:100], allowed)}"


def _missing(place: Node, error: ValidationError, mistakes: Diagnostics) -> None:
    present = _as_mapping(error.instance)
    absent = [name for name in _listed(error.validator_value) if name not in present]
    mistakes.add(place, f"missing {', '.join(absent)}")


def _extra(place: Node, error: ValidationError, mistakes: Diagnostics) -> None:
    allowed = list(_as_mapping(_as_mapping(error.schema).get("properties", {})))
    for key in _as_mapping(error.instance):
        if key not in allowed:
            mistakes.add(place.keys.get(key, place), unknown("key", key, allowed))


def _no_branch(place: Node, error: ValidationError, mistakes: Diagnostics) -> None:
    """Note the mistakes of a value that fits none of several types.

    Only those are noted of the type that was probably meant: the one of the same kind of value.
    """
    branches: dict[object, list[ValidationError]] = {}
    kinds = []
    for part in error.context or ():
        branches.setdefault(part.schema_path[0], []).append(part)
        if part.validator == "type":
            kinds.append(str(part.validator_value))
    for parts in branches.values():
        if not any(map(_of_another_kind, parts)):  # this type was probably meant
            for part in parts:
                _report(place, part, mistakes)
            return
    mistakes.add(place, _expected(kinds, place, error.instance))


def _of_another_kind(error: ValidationError) -> bool:
    """Tell whether an error is about the type of the value itself, not about a part of it."""
    return len(error.path) == 0 and error.validator == "type"


def _listed(value: object) -> list[str]:
    return list(map(str, value)) if isinstance(value, list) else [str(value)]


def _as_mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


_SPECIAL: dict[str, Callable[[Node, ValidationError, Diagnostics], None]] = {
    "type": _wrong_type,
    "enum": _wrong_word,
    "const": _wrong_word,
    "required": _missing,
    "additionalProperties": _extra,
    "anyOf": _no_branch,
}
