"""Files that are written in one step."""

import os

import pytest

from cbspec.committed import write
from cbspec.committed.writing import ABANDONED_SECONDS


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path):
    """The second text takes the place of the first."""
    for text in ("first", "second"):
        write(tmp_path / "new" / "file.json", text)

    assert (tmp_path / "new" / "file.json").read_text() == "second"
    assert names(tmp_path / "new") == ["file.json"]


def test_a_name_of_any_length_can_be_written(tmp_path):
    """A name as long as the file system has it is no hindrance."""
    path = tmp_path / ("é" * 127)

    write(path, "text")

    assert path.read_text() == "text"


def test_what_a_killed_writer_left_is_swept(tmp_path, monkeypatch):
    """A file that was never finished goes with the next write; one that is being written stays."""
    monkeypatch.setattr("pathlib.Path.replace", lambda self, target: os._exit(1))
    for _ in range(2):
        if (child := os.fork()) == 0:
            write(tmp_path / "file.json", "half")
        os.waitpid(child, 0)
    monkeypatch.undo()
    old, young = tmp_path.iterdir()
    past = old.stat().st_mtime - 2 * ABANDONED_SECONDS
    os.utime(old, (past, past))

    write(tmp_path / "file.json", "whole")

    assert names(tmp_path) == sorted([young.name, "file.json"])
    assert (tmp_path / "file.json").read_text() == "whole"


@pytest.mark.parametrize("text", ["", "é\n検証\n"])
def test_text_is_written_as_it_is(tmp_path, text):
    """Line feeds and letters are kept to the byte."""
    write(tmp_path / "file", text)

    assert (tmp_path / "file").read_bytes() == text.encode()
