"""What people read, pinned in one file: the sentences that the tests of the command line expect."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import gettempdir

from filelock import FileLock

COMMAND_LINE = Path(__file__).parents[1] / "golden" / "command_line.txt"
HEAD = re.compile(r"^=== (.+)\n", flags=re.MULTILINE)


class GoldenFile:
    """A text file with one section for each text, under the name of the test that expects it."""

    def __init__(self, path: Path, rewrite: bool = False) -> None:
        self.path = path
        self.rewrite = rewrite

    def sections(self) -> dict[str, str]:
        """Name of a section -> its text."""
        _, *parts = HEAD.split(self.path.read_text(encoding="utf-8"))
        return dict(zip(parts[::2], parts[1::2], strict=True))

    def check(self, section: str, text: str) -> None:
        """Compare a text with its section, or put it there where the file is to be rewritten.

        Raises:
            AssertionError: the text is another one.
        """
        assert not HEAD.search(text), "a text with the head of a section cannot be told from two"
        if self.rewrite:
            self._replace(section, text)
        assert text == self.sections().get(section), f"{self.path.name}: {section}"

    def _replace(self, section: str, text: str) -> None:
        # Workers of one run write here, too
        with FileLock(Path(gettempdir(), f"{self.path.name}.lock")):
            sections = self.sections() | {section: text}
            parts = [f"=== {name}\n{sections[name]}" for name in sorted(sections)]
            self.path.write_text("".join(parts), encoding="utf-8")
