"""Writing JSON that diffs well, into files that are never half-written."""

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
ABANDONED_SECONDS = 3600.0  # the age at which a temporary file is one of a killed process


def dumps(content: Any) -> str:
    """Return built-in types as JSON with one key a line. Lists without mappings stay on one line.

    Raises:
        ValueError: a float is not finite, for which JSON has no word.
    """
    return _block(content, "") + "\n"


def write(path: Path, text: str) -> None:
    """Write or replace a file atomically, and create its folder if it is missing.

    Raises:
        LedgerError: the folder or the disk cannot be written. The old file stays as it was.
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
    except BaseException:  # even if the text cannot be encoded, the temporary file must go
        with suppress(OSError):
            partial.unlink()
        raise


def checked(text: str) -> str:
    """Check a text that is about to be recorded, and return it.

    Raises:
        LedgerError: it has a control character, which would reach the terminals of its readers.
    """
    if suspicious(text) and (fault := first_fault(text)):
        line = text.split("\n")[fault.line - 1].strip()
        raise LedgerError(f"{line!a} cannot go on record: {fault.message}")
    return text


def _sweep(folder: Path) -> None:
    """Remove the temporary files of killed processes from a folder."""
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
