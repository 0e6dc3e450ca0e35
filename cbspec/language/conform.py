"""Values against a type: msgspec for what is right, JSON Schema of the same type for everything
that is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from cbspec.errors import suggestion
from cbspec.language.diagnostics import Diagnostics, shown
from cbspec.language.grammar import OPEN
from cbspec.language.node import Node

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
_BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
}


def conform(node: Node, value: Any, to: type[T], mistakes: Diagnostics) -> T | None:
    """Convert `value`, which stands at `node`, to the type `to`.

    If it cannot be converted, return None and note every mistake at its place.
    """
    try:
        return msgspec.convert(value, type=to)
    except msgspec.ValidationError as error:
        problem = None
        for problem in _validator(to).iter_errors(value):  # type: ignore[arg-type]  # a type is hashable
            _report(node, problem, mistakes)
        if problem is None:  # e.g. 10.0 where JSON Schema, but no type, takes it for a whole number
            message, _, path = str(error).partition(" - at `$")
            mistakes.add(
                follow(node, _steps(path.rstrip("`"))),
                message[:1].lower() + message[1:].replace("`", ""),
            )
        return None


def follow(node: Node, path: Iterable[str | int]) -> Node:
    """Return the node at a path below `node`, or the last one on the way that exists."""
    for step in path:
        child = (
            node.entries.get(step)
            if isinstance(step, str)
            else next(iter(node.items[step : step + 1]), None)
        )
        if child is None:
            break
        node = child
    return node


def by_name(node: Node) -> str:
    """Return ``" (by $late)"`` if a value was given by the name of a size or of the matrix, else
    nothing.
    """
    return f" (by {node.text})" if node.text.startswith("$") else ""


def _steps(path: str) -> list[str | int]:
    """Split msgspec's ``.arms[2].x`` into steps."""
    words = path.replace("[", ".").replace("]", "").split(".")
    return [int(word) if word.isdigit() else word for word in words if word]


@lru_cache(maxsize=256)
def _validator(to: Hashable) -> Validator:
    from jsonschema import (
        Draft202012Validator,  # only for wrong files: a right one does not pay for the import
    )

    return Draft202012Validator(_opened(msgspec.json.schema(to)))


def _opened(schema: Any) -> Any:
    """Return the schema with stage calls and assertions left open.

    These are read by stage and by kind, so that each mistake has one cause.
    """
    if isinstance(schema, list):
        return [_opened(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("$ref") in OPEN:
        return {}
    return {key: _opened(part) for key, part in schema.items()}


def _report(node: Node, error: ValidationError, mistakes: Diagnostics) -> None:
    """Report one error of JSON Schema as mistakes in a person's words; its path is relative to
    `node`.
    """
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
        limit = "at least" if rule.startswith("min") else "at most"
        return f"needs {limit} {bound} {'entry' if bound == 1 else 'entries'}, has {len(value)}"  # type: ignore[arg-type]
    if rule == "minLength":
        return "must not be empty" if bound == 1 else f"needs at least {bound} signs"
    if rule == "maxLength":
        return f"has {len(str(value))} signs; at most {bound} are allowed"
    if rule == "pattern":
        return f"{shown(value)} is not a name: letters, digits and _ . - only"
    if rule in ("items", "prefixItems"):
        return ""  # the length of the list is reported by itself
    return str(error.message)


def _wrong_type(place: Node, error: ValidationError, mistakes: Diagnostics) -> None:
    wanted = (
        error.validator_value
        if isinstance(error.validator_value, list)
        else [error.validator_value]
    )
    mistakes.add(place, _expected(wanted, place, error.instance))


def _expected(wanted: Iterable[Any], place: Node, value: object) -> str:
    kinds = list(dict.fromkeys(str(kind) for kind in wanted))
    if "number" in kinds and "integer" in kinds:
        kinds.remove("integer")
    quote = (
        f"; write '{place.text}'"
        if "string" in kinds and isinstance(value, int | float) and place.text
        else ""
    )
    words = [_NAMES.get(kind, kind) for kind in kinds]
    either = " or ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)
    return f"expected {either}, got {shown(value)}{by_name(place)}{quote}"


def _wrong_word(place: Node, error: ValidationError, mistakes: Diagnostics) -> None:
    allowed = (
        error.validator_value
        if isinstance(error.validator_value, list)
        else [error.validator_value]
    )
    mistakes.add(place, unknown("value", error.instance, [str(word) for word in allowed]))


def unknown(
    noun: str, word: object, allowed: Sequence[str], *, of: str = "", meant: str | None = None
) -> str:
    """Return ``unknown measure 'dL_sam' of arm dfa; did you mean 'dL_same'? (one of ...)``.

    Args:
        of: whose it would be, for the message.
        meant: the allowed word to suggest, if it is known; else the one whose spelling is closest.
    """
    whose = f" of {of}" if of else ""
    if not isinstance(word, str):
        return f"expected a {noun}{whose}, got {shown(word)}{suggestion('', allowed)}"
    return f"unknown {noun} {shown(word)}{whose}{suggestion(meant or word[:100], allowed)}"


def _missing(place: Node, error: ValidationError, mistakes: Diagnostics) -> None:
    absent = [
        name for name in _as_list(error.validator_value) if name not in _as_mapping(error.instance)
    ]
    mistakes.add(place, f"missing {', '.join(absent)}")


def _extra(place: Node, error: ValidationError, mistakes: Diagnostics) -> None:
    allowed = list(_as_mapping(_as_mapping(error.schema).get("properties", {})))
    for key in _as_mapping(error.instance):
        if key not in allowed:
            mistakes.add(place.keys.get(key, place), unknown("key", key, allowed))


def _no_branch(place: Node, error: ValidationError, mistakes: Diagnostics) -> None:
    """Report a value that fits none of several types, within the type that was meant, judged by the
    kind of value.
    """
    branches: dict[object, list[ValidationError]] = {}
    for part in error.context or ():
        branches.setdefault(part.schema_path[0], []).append(part)
    for parts in branches.values():
        wrong_kind = any(len(part.path) == 0 and part.validator == "type" for part in parts)
        if not wrong_kind:  # the type that was meant
            for part in parts:
                _report(place, part, mistakes)
            return
    kinds = [
        p.validator_value for parts in branches.values() for p in parts if p.validator == "type"
    ]
    mistakes.add(place, _expected(kinds, place, error.instance))


def _as_list(value: object) -> list[str]:
    return [str(part) for part in value] if isinstance(value, list) else []


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
