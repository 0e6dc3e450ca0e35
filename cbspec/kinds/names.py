"""Names of arms and measures in assertions.

Fields that hold such names are marked by their type, so validation finds the names at any depth.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Literal, NamedTuple, get_args

import msgspec
from msgspec import Meta, inspect

Noun = Literal["arm", "measure", "level", "assertion"]
NOUNS: tuple[Noun, ...] = get_args(Noun)
NAMES = "names"  # the key of the noun in `Meta.extra`, and in JSON Schemas for editors

Arm = Annotated[
    str,
    Meta(
        extra={NAMES: "arm"},
        extra_json_schema={NAMES: "arm"},
        min_length=1,
        description="name of an arm of this claim",
    ),
]
Arms = Annotated[
    tuple[Arm, ...],
    Meta(min_length=1, description="the arms; every one of them has to comply"),
]
MeasureName = Annotated[
    str,
    Meta(
        extra={NAMES: "measure"},
        extra_json_schema={NAMES: "measure"},
        min_length=1,
        description="a measure of the arms' stage",
    ),
]
MeasureKey = Annotated[str, Meta(extra={NAMES: "measure"}, extra_json_schema={NAMES: "measure"})]
"""A measure as a key of a mapping."""
Level = Annotated[float, Meta(extra={NAMES: "level"})]
"""A condition as a number. It is the only field of an assertion that may be a size of the scale."""


class Mention(NamedTuple):
    """A name in an assertion.

    Attributes:
        path: the keys and indices that lead to it.
        noun: what it names.
        name: the name.
        is_key: whether the name is the last key of the path itself, not the value there.
    """

    path: tuple[str | int, ...]
    noun: Noun
    name: str
    is_key: bool = False


@lru_cache
def fields(kind: type[msgspec.Struct]) -> Mapping[str, inspect.Type]:
    """Return field name in claim files -> msgspec's description of its type."""
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)
    return {field.encode_name: field.type for field in described.fields}


@lru_cache
def fields_naming(kind: type[msgspec.Struct], noun: Noun) -> frozenset[str]:
    """Return the fields that hold names of a noun, at any depth."""
    return frozenset(name for name, described in fields(kind).items() if _holds(described, noun))


@lru_cache
def _naming(kind: type[msgspec.Struct]) -> tuple[tuple[str, str, inspect.Type], ...]:
    """Return attribute, name in claim files and type of each field that can hold a name."""
    naming = []
    for attribute, name in zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True):
        described = fields(kind)[name]
        if any(_holds(described, noun) for noun in NOUNS):
            naming.append((attribute, name, described))
    return tuple(naming)


def mentions(value: msgspec.Struct) -> Iterator[Mention]:
    """Yield every name in an assertion, in the order of its fields."""
    for attribute, name, described in _naming(type(value)):
        yield from _mentions(getattr(value, attribute), described, (name,))


def arms_of(assertion: msgspec.Struct) -> tuple[str, ...]:
    """Return the arms that an assertion names, each once, in order."""
    return _named(assertion, "arm")


def measures_of(assertion: msgspec.Struct) -> tuple[str, ...]:
    """Return the measures that an assertion reads, each once, in order."""
    return _named(assertion, "measure")


def measures_of_all(assertions: Iterable[msgspec.Struct]) -> tuple[str, ...]:
    """Return the measures that several assertions read, each once, in order."""
    known: dict[str, None] = {}
    for assertion in assertions:
        known |= dict.fromkeys(measures_of(assertion))
    return tuple(known)


def listed(names: Sequence[str]) -> str:
    """Join names: ``"dfa, cb and vec"``."""
    *others, last = names
    if not others:
        return last
    return f"{', '.join(others)} and {last}"


def noun_of(described: inspect.Type) -> Noun | None:
    """Return what a type is marked to name; None if it is not marked."""
    if not isinstance(described, inspect.Metadata) or not described.extra:
        return None
    return described.extra.get(NAMES)


def bare(described: inspect.Type) -> inspect.Type:
    """Return a type without its metadata."""
    while isinstance(described, inspect.Metadata):
        described = described.type
    return described


def _named(assertion: msgspec.Struct, noun: Noun) -> tuple[str, ...]:
    """Return the names of one noun, each once, in order."""
    names = []
    for mention in mentions(assertion):
        if mention.noun == noun and mention.name not in names:
            names.append(mention.name)
    return tuple(names)


def _mentions(
    value: object,
    described: inspect.Type,
    path: tuple[str | int, ...],
) -> Iterator[Mention]:
    noun, kind = noun_of(described), bare(described)
    if noun and isinstance(value, str):
        yield Mention(path, noun, value)
    elif isinstance(kind, inspect.UnionType):
        for branch in kind.types:
            yield from _mentions(value, branch, path)
    elif isinstance(value, msgspec.Struct):
        for mention in mentions(value):
            yield mention._replace(path=path + mention.path)
    elif isinstance(value, Mapping) and isinstance(kind, inspect.DictType):
        for key, item in value.items():
            if key_noun := noun_of(kind.key_type):
                yield Mention((*path, key), key_noun, key, is_key=True)
            yield from _mentions(item, kind.value_type, (*path, key))
    elif isinstance(value, tuple | list):
        for index, item in enumerate(value):
            if (of_item := _item(kind, index)) is not None:
                yield from _mentions(item, of_item, (*path, index))


def _item(kind: inspect.Type, index: int) -> inspect.Type | None:
    """Return the type of one item of a list or tuple; None for another type."""
    if isinstance(kind, inspect.VarTupleType | inspect.ListType):
        return kind.item_type
    if isinstance(kind, inspect.TupleType):
        return kind.item_types[index]
    return None


def _holds(described: inspect.Type, noun: Noun) -> bool:
    kind = bare(described)
    if noun_of(described) == noun:
        return True
    if isinstance(kind, inspect.UnionType):
        return any(_holds(branch, noun) for branch in kind.types)
    if isinstance(kind, inspect.DictType):
        return _holds(kind.key_type, noun) or _holds(kind.value_type, noun)
    if isinstance(kind, inspect.TupleType):
        return any(_holds(item, noun) for item in kind.item_types)
    if isinstance(kind, inspect.VarTupleType | inspect.ListType):
        return _holds(kind.item_type, noun)
    if isinstance(kind, inspect.StructType):
        return any(_holds(field.type, noun) for field in kind.fields)
    return False
