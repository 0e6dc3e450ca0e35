"""The source lines of a claim's assertions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from cbspec.claim import Claim
from cbspec.model.origin import Origin
from cbspec.paths import relative

LONGEST = 16  # lines; an assertion of more parts is cut, with a mark


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """An assertion as it stands in its file; `path` is relative to the repository, `line` counts
    from 1.
    """

    key: str
    path: str
    line: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The lines with their numbers in front."""
        width = len(str(self.line + len(self.lines)))
        numbered = []
        for number, line in enumerate(self.lines, self.line):
            numbered.append(f"{number:>{width}} | {line}".rstrip())
        return "\n".join(numbered)


def quotes(claim: Claim, root: Path) -> tuple[Quote, ...]:
    """Each assertion and control of the claim that has an origin; without lines where its file is
    no longer readable.
    """
    files: dict[Path, list[str]] = {}
    made = []
    for section, asserted in (("assert", claim.assertions), ("controls", claim.controls)):
        for index in range(len(asserted)):
            key = f"{section}[{index}]"
            if key in claim.origins:
                made.append(_quote(key, claim.origins[key], root, files))
    return tuple(made)


def _quote(key: str, origin: Origin, root: Path, files: dict[Path, list[str]]) -> Quote:
    path = root / origin.path  # which is the origin's own where that is absolute
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
    """From the origin's line on, as long as the lines are indented as far as the origin's column."""
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
