"""Reading a file as a document. Whatever is wrong with the file is a mistake with its place."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import yaml

from cbspec.errors import Diagnostic
from cbspec.language.compose import CONTROL, DEEPEST, Composer, Unreadable
from cbspec.language.diagnostics import Diagnostics
from cbspec.language.node import Document
from cbspec.model.origin import Origin
from cbspec.paths import display

LARGEST = 256 * 1024  # bytes of a file; the longest claim written by hand has 4 kB

CONFLICT = re.compile(r"^(?:<{7}|>{7})(?: .{0,60})?", re.MULTILINE)  # what git leaves in a file


def read(path: Path, mistakes: Diagnostics) -> Document | None:
    """Read one file; return None, and note at least one mistake, if it is no YAML document."""
    where = display(path)
    try:
        text = _text(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        mistakes.extend([Diagnostic(Origin(where, 1, 1), "", f"cannot be read: {reason}")])
        return None
    except Unreadable as error:
        mistakes.extend([Diagnostic(Origin(where, *error.args[1:]), "", error.args[0])])
        return None
    return parse(Document(where, text), mistakes)


def parse(document: Document, mistakes: Diagnostics) -> Document | None:
    """Parse the text of a document, and set its root value."""
    try:
        _check_signs(document)
        composer = Composer(document, mistakes)
        document.root, document.size = composer.compose(), composer.size
    except Unreadable as error:
        mistakes.add_at(document, error.args[1], error.args[2], error.args[0])
        return None
    except yaml.MarkedYAMLError as error:
        mistakes.add_at(document, *_explained(document, error))
        return None
    except yaml.YAMLError as error:
        mistakes.add_at(document, 1, 1, f"not YAML: {str(error).splitlines()[0]}")
        return None
    return document


def _text(path: Path) -> str:
    if not stat.S_ISREG(path.stat().st_mode):  # reading a pipe may never end
        raise ValueError("not a regular file")
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            size = os.fstat(file.fileno()).st_size
            raise ValueError(f"the file has {size} bytes; a claim file has at most {LARGEST}")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Unreadable("the file is UTF-16; save it as UTF-8", 1, 1)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace").removeprefix("\ufeff")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise Unreadable(
            f"byte 0x{content[error.start]:02x} is not UTF-8; save the file as UTF-8", line, column
        ) from None


def _check_signs(document: Document) -> None:
    if merge := CONFLICT.search(document.text):
        line = document.text.count("\n", 0, merge.start()) + 1
        raise Unreadable(f"an unresolved merge: {merge[0]!r}", line, 1)
    if control := CONTROL.search(document.text):
        before = Document(document.path, document.text[: control.start()]).lines
        raise Unreadable(
            f"control character U+{ord(control[0]):04X}; remove it",
            len(before),
            len(before[-1]) + 1,
        )


def _explained(document: Document, error: yaml.MarkedYAMLError) -> tuple[int, int, str]:
    """Return line, column and a plain message for an error of libyaml."""
    lines = document.lines
    line, column = len(lines), 1
    for mark in (error.context_mark, error.problem_mark):
        if mark and mark.line < len(lines):
            line, column = mark.line + 1, mark.column + 1
    problem = str(error.problem or error.context or "cannot be understood")
    sign = lines[line - 1][column - 1 : column]
    if "cannot start any token" in problem and sign == "\t":
        return line, column, "a tab; indent with spaces"
    if "cannot start any token" in problem:
        return line, column, f"a value cannot start with {sign!r}; quote it"
    if "maximum nesting depth" in problem:
        return line, column, f"nested deeper than {DEEPEST} levels"
    if "mapping values are not allowed" in problem:
        problem += "; quote a text that contains ': ', and check the indentation"
    if error.context and error.context != problem:
        problem += f" {error.context}"
        if error.context_mark and error.context_mark.line + 1 < line:
            problem += f" that begins in line {error.context_mark.line + 1}"
    return line, column, f"not YAML: {problem}"
