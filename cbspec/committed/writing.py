"""JSON that diffs well, and files that are never half-written."""

from __future__ import annotations

import json
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from cbspec.committed.scan import first_fault, suspicious
from cbspec.errors import LedgerError

PARTIAL = ".partial"
ABANDONED_SECONDS = 3600.0  # no write takes so long: its process was killed


def dumps(content: Any) -> str:
    """Return `content` (builtins only) as JSON with one key per line; lists without mappings stay
    on one line.

    Raises:
        ValueError: for a float that is not finite; JSON has no word for it.
    """
    return _block(content, "") + "\n"


def write(path: Path, text: str) -> None:
    """Replace the file at `path` in one step; its folder is made when missing.

    Raises:
        LedgerError: when the folder or the disk cannot be written to; a file that was there is left
            as it was.
    """
    partial = path.with_name(f".{secrets.token_hex(8)}{PARTIAL}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path.parent)
        with partial.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise LedgerError(f"{path} cannot be written: {error.strerror or error}") from error
    except BaseException:  # of text that is none, too
        with suppress(OSError):
            partial.unlink()
        raise


def checked(text: str) -> str:
    """Return text that is about to go on record, where it can be read back.

    Raises:
        LedgerError: it has a control character, which would reach the terminal of whoever reads it.
    """
    if suspicious(text) and (fault := first_fault(text)):
        line = text.split("\n")[fault.line - 1].strip()
        raise LedgerError(f"{line!a} cannot go on record: {fault.message}")
    return text


def _sweep(folder: Path) -> None:
    """Remove what was left behind in a folder by writers that were killed."""
    latest = time.time() - ABANDONED_SECONDS
    for partial in folder.glob(f".*{PARTIAL}"):
        with suppress(OSError):
            if partial.stat().st_mtime < latest:
                partial.unlink()


def _block(value: Any, indent: str) -> str:
    deeper = indent + "  "
    if isinstance(value, dict) and value:
        lines = []
        for key, item in value.items():
            name = json.dumps(key, ensure_ascii=False)
            lines.append(f"{deeper}{name}: {_block(item, deeper)}")
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list | tuple) and any(map(_nested, value)):
        lines = []
        for item in value:
            lines.append(deeper + _block(item, deeper))
        return "[\n" + ",\n".join(lines) + f"\n{indent}]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _nested(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list | tuple) and any(map(_nested, value)))
