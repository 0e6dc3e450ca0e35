"""Parameters that name a file. The content of the file is part of a result's key."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any

import msgspec
from msgspec import inspect

_MARK = {"cbspec": "file"}

File = Annotated[str, msgspec.Meta(min_length=1, extra=_MARK)]
"""The type of a parameter that names a file, relative to the project or to its data folder.

The file's SHA-256 is part of the key, so results are stale after the file is edited. `Replica.path`
returns the path on this machine. A path that ends with ``/`` is a folder; all files in and below it
count that are not hidden.
"""


def files_of(parameters: msgspec.Struct) -> dict[str, str]:
    """Return key -> path, for every `File` among the parameters: ``{"tables[0]": "a.csv"}``."""
    info = _type_of(type(parameters))
    return dict(_files(info, parameters, ""))


@lru_cache(maxsize=1024)
def _type_of(parameters: type[msgspec.Struct]) -> inspect.Type:
    return inspect.type_info(parameters)


def _files(info: inspect.Type, value: Any, path: str) -> Iterator[tuple[str, str]]:
    match info:
        case inspect.Metadata():
            if info.extra == _MARK and isinstance(value, str):
                yield path, value
            else:
                yield from _files(info.type, value, path)
        case inspect.UnionType():
            for member in info.types:
                yield from _files(member, value, path)
        case inspect.StructType() if isinstance(value, info.cls):
            for field in info.fields:
                below = f"{path}.{field.encode_name}" if path else field.encode_name
                yield from _files(field.type, getattr(value, field.name), below)
        case inspect.DictType() if isinstance(value, dict):
            for key, item in value.items():
                yield from _files(info.value_type, item, f"{path}.{key}")
        case inspect.TupleType() if isinstance(value, tuple):
            for index, (member, item) in enumerate(zip(info.item_types, value, strict=True)):
                yield from _files(member, item, f"{path}[{index}]")
        case inspect.CollectionType() if isinstance(value, list | tuple | set | frozenset):
            for index, item in enumerate(value):
                yield from _files(info.item_type, item, f"{path}[{index}]")
