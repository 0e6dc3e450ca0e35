"""A place that many machines share: its files appear whole, and its mistakes are sentences."""

import sys
import threading
from pathlib import Path

import pytest

from cbspec.errors import ConfigError, RemoteError
from cbspec.store import Remote
from cbspec.store.remote import Unfit


@pytest.fixture(params=["file", "memory"])
def remote(request, tmp_path):
    """An empty place."""
    if request.param == "file":
        return Remote(f"file://{tmp_path}")
    return Remote(f"memory://{tmp_path}")


def test_what_is_written_is_read(remote, tmp_path):
    """Bytes and files come back, in full and in part; what is not there is None."""
    (tmp_path / "source").write_bytes(b"of a file")
    remote.write("a/one", b"of bytes")
    remote.write("a/b/two", tmp_path / "source")
    remote.write("a/one", b"once more")

    assert remote.read("a/one", 0, 100) == b"once more"
    assert remote.read("a/b/two", 3, 2) == b"a "
    assert remote.read("a/b/two", 100, 2) == b""
    assert remote.read("a/three", 0, 10) is None
    assert remote.sizes("a") == {"a/one": 9, "a/b/two": 9}
    assert remote.sizes("none") == {}


def test_a_file_is_there_whole_or_not_at_all(tmp_path, monkeypatch):
    """In a folder a file that is being written has another name, and one that fails leaves none."""
    remote = Remote(f"file://{tmp_path}")
    seen = []

    def breaks(content, path):
        seen.append(path)
        Path(path).write_bytes(content[:2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(remote._files, "pipe_file", lambda path, content: breaks(content, path))

    with pytest.raises(RemoteError, match=r"writing a/one: .*No space left on device"):
        remote.write("a/one", b"content")

    assert "/tmp/" in seen[0].removeprefix(str(tmp_path))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_more_than_was_asked_for_is_refused(remote, monkeypatch):
    """A remote that sends more than it was asked for fills no memory for long."""
    remote.write("one", b"content")
    monkeypatch.setattr(remote._files, "cat_file", lambda path, **_: b"content and more")

    with pytest.raises(Unfit, match="is longer than it says"):
        remote.read("one", 0, 7)


def test_a_silent_remote_is_not_waited_for(tmp_path, monkeypatch):
    """A request that is not answered in time is an error, whatever the file system waits for."""
    remote = Remote(f"file://{tmp_path}", seconds=0.05)
    over = threading.Event()
    monkeypatch.setattr(remote._files, "cat_file", lambda path, **_: over.wait(60))
    monkeypatch.setattr(remote, "_check_plain", lambda path: None)

    with pytest.raises(RemoteError, match=r"reading one: no answer within 0\.05 s"):
        remote.read("one", 0, 7)
    over.set()


def test_a_folder_that_is_not_there(tmp_path):
    """A folder that is not mounted is told from one that is empty."""
    Remote(str(tmp_path)).check_there()

    with pytest.raises(RemoteError, match="none: there is no such folder"):
        Remote(str(tmp_path / "none")).check_there()


@pytest.mark.parametrize(
    ("url", "reason"),
    [("nosuch://place", "nosuch://place: "), ("s3fs://", "s3fs://: ")],
)
def test_a_url_of_no_kind(url, reason):
    """An unknown kind of URL is a mistake of configuration."""
    with pytest.raises(ConfigError, match=reason):
        Remote(url)


def test_fsspec_is_asked_for(monkeypatch):
    """Without fsspec the message says what to install."""
    monkeypatch.setitem(sys.modules, "fsspec.core", None)

    with pytest.raises(ConfigError, match=r'needs fsspec: pip install "cbspec\[remote\]"'):
        Remote("s3://lab/results")


def test_a_password_is_not_shown(tmp_path, monkeypatch):
    """The URL that people read has no password."""
    files = Remote(str(tmp_path))._files
    monkeypatch.setattr(Remote, "_opened", lambda self, url: (files, url))
    shown = {
        url: Remote(url).url
        for url in ("ssh://me:secret@host/a:b@c", "ssh://me@host/a", "s3://lab/a@b:c")
    }

    assert list(shown.values()) == ["ssh://me@host/a:b@c", "ssh://me@host/a", "s3://lab/a@b:c"]
