"""Quoting the assertions of a claim from its file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from cbspec.claim import Claim
from cbspec.model.origin import Origin
from cbspec.paths import relative

LONGEST = 16  # lines of a quote; a longer one is cut, with a mark


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of an assertion in its file.

    `path` is relative to the repository, and `line` is counted from 1.
    """

    key: str
    path: str
    line: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """Return the lines, each with its number in front."""
        width = len(str(self.line + len(self.lines)))
        numbered = []
        for number, line in enumerate(self.lines, self.line):
            numbered.append(f"{number:>{width}} | {line}".rstrip())
        return "\n".join(numbered)


def quotes(claim: Claim, root: Path) -> tuple[Quote, ...]:
    """Return the quotes of a claim's assertions and controls.

    A quote has no lines if the file cannot be read any more.
    """
    files: dict[Path, list[str]] = {}
    made = []
    for key in claim.asserted:
        if key in claim.origins:
            made.append(_quote(key, claim.origins[key], root, files))
    return tuple(made)


def _quote(key: str, origin: Origin, root: Path, files: dict[Path, list[str]]) -> Quote:
    path = root / origin.path  # an absolute path replaces the root
    if path not in files:
        files[path] = _lines(path)
    lines = _block(files[path], origin)
    return Quote(key=key, path=relative(origin.path, root), line=origin.line, lines=lines)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def _block(lines: Sequence[str], origin: Origin) -> tuple[str, ...]:
    """Return the line of the origin, and those after it that are indented as far as its column."""
    block = list(lines[origin.line - 1 : origin.line])
    for line in lines[origin.line :]:
        if line.strip() and len(line) - len(line.lstrip()) < origin.column - 1:
            break
        block.append(line)
    while block and not block[-1].strip():
        block.pop()
    if len(block) > LONGEST:
        block = [*block[:LONGEST], "..."]
    return tuple(block)
