import io
import re
import sys
from pathlib import Path

import pytest

from engine.data.progress import shown, watched
from tests.support.patience import until


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_plain_lines_come_once_per_quarter(capsys: pytest.CaptureFixture[str]) -> None:
    """Off a terminal a step is a line at its start and one per quarter, however often told."""
    with shown(None) as progress:
        for done in range(101):
            progress(done, 100, "decode")

    assert capsys.readouterr().err.splitlines() == [
        "CIFAR-10: decode",
        *(f"CIFAR-10: decode {percent} %" for percent in (25, 50, 75, 100)),
    ]


def test_a_terminal_shows_a_bar_and_notices_verbatim(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a terminal a step has a bar; a notice keeps its square brackets."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")

    with shown(None) as progress:
        progress(0, 0, "pip install 'cbspec[npm]'")
        progress(50, 100, "decode")

    shown_text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())
    assert "CIFAR-10: pip install 'cbspec[npm]'\n" in shown_text
    assert "CIFAR-10: decode ━━━" in shown_text


def test_a_callers_own_progress_is_used_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """With a callback nothing is written."""
    told: list[tuple[float, float, str]] = []
    with shown(lambda *report: told.append(report)) as progress:
        progress(1, 2, "decode")

    assert told == [(1, 2, "decode")]
    assert capsys.readouterr() == ("", "")


def test_a_growing_folder_is_told(tmp_path: Path) -> None:
    """The bytes under the folder, its subfolders included, are told until the work ends, never
    above what is expected.
    """
    told: list[float] = []
    (tmp_path / "cache").mkdir()

    with watched(tmp_path, 150, lambda done, _total, _what: told.append(done), "fetch"):
        for name in ("a", "cache/b"):
            (tmp_path / name).write_bytes(bytes(100))
            seen = len(told)
            until(lambda seen=seen: len(told) >= seen + 2, "two more looks at the folder")

    assert list(dict.fromkeys(told)) == [0, 100, 150]
