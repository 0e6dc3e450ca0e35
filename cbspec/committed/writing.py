"""JSON that diffs well, and files that are never half-written."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from cbspec.committed.scan import first_fault, suspicious
from cbspec.errors import LedgerError


def dumps(content: Any) -> str:
    """Return `content` (builtins only) as JSON with one key per line; lists without mappings stay
    on one line.

    Raises:
        ValueError: for a float that is not finite; JSON has no word for it.
        LedgerError: for text with a control character, which would reach the terminal of whoever
            reads the file.
    """
    return _block(content, "") + "\n"


def write(path: Path, text: str) -> None:
    """Replace the file at `path` in one step; its folder is made when missing.

    Raises:
        LedgerError: when the folder or the disk cannot be written to; a file that was there is left
            as it was.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise LedgerError(f"{path} cannot be written: {error.strerror or error}") from error


def _block(value: Any, indent: str) -> str:
    deeper = indent + "  "
    if isinstance(value, dict) and value:
        items = [f"{_text(key)}: {_block(item, deeper)}" for key, item in value.items()]
        return "{\n" + ",\n".join(deeper + item for item in items) + f"\n{indent}}}"
    if isinstance(value, list | tuple) and any(map(_nested, value)):
        return "[\n" + ",\n".join(deeper + _block(item, deeper) for item in value) + f"\n{indent}]"
    return _text(value)


def _text(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if suspicious(text) and (fault := first_fault(text)):
        raise LedgerError(f"{value!a} cannot go on record: {fault.message}")
    return text


def _nested(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list | tuple) and any(map(_nested, value)))
