"""A place that many machines share: its files appear whole, and its mistakes are sentences."""

import logging
import sys
import threading
from pathlib import Path

import fsspec.core
import pytest

from cbspec.errors import ConfigError, RemoteError
from cbspec.store import Remote, Store
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

    def waits(*_, **__):
        over.wait(60)

    for name in ("cat_file", "pipe_file", "isdir"):
        monkeypatch.setattr(remote._files, name, waits)
    monkeypatch.setattr(remote, "_check_plain", lambda path: None)

    with pytest.raises(RemoteError, match=r"reading one: no answer within 0\.05 s"):
        remote.read("one", 0, 7)
    with pytest.raises(RemoteError, match=r"writing one: no answer within 0\.05 s"):
        remote.write("one", b"content")
    with pytest.raises(RemoteError, match=r"no answer within 0\.05 s"):
        remote.check_there(made=True)
    monkeypatch.setattr(fsspec.core, "url_to_fs", waits)
    with pytest.raises(RemoteError, match=r"ssh://host/a: no answer within 0\.05 s"):
        Remote("ssh://host/a", seconds=0.05)
    over.set()


def test_what_moves_much_has_more_time(remote, monkeypatch):
    """A slow network is no silent remote: a request has a second more for each 32 KiB it moves."""
    limits = []
    monkeypatch.setattr(
        "cbspec.store.remote.within", lambda seconds, ask: limits.append(seconds) or ask()
    )

    remote.write("one", bytes(2**20))
    remote.read("one", 0, 2**23)
    remote.read("one", 0, 2**20, there=True)

    assert limits == [62, 30, 62]


def test_a_host_that_lets_nobody_in(monkeypatch):
    """A host that refuses is no mistake of configuration, and is told without the password."""

    class Refusal(Exception):
        pass

    def refuses(url):
        raise Refusal("[Errno None] no way in\nfor me:secret@host")

    monkeypatch.setattr(fsspec.core, "url_to_fs", refuses)

    with pytest.raises(RemoteError) as caught:
        Remote("ssh://me:secret@host/a")

    assert str(caught.value) == "ssh://me@host/a: cannot be reached: no way in for me@host"


@pytest.mark.parametrize("name", ["gcsfs", "paramiko.transport"])
def test_what_file_systems_log_is_not_printed(monkeypatch, capsys, name):
    """They log their errors with a traceback, which Python would print if nobody listened."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [])

    logging.getLogger(name).error("non-retriable exception")

    assert capsys.readouterr().err == ""


def test_a_folder_that_is_not_there(tmp_path):
    """A folder that is not mounted, and a project's own store, are told from one that is empty."""
    Store(tmp_path / "store").put("ab" * 32)
    Remote(str(tmp_path)).check_there()
    for made in (False, True):
        with pytest.raises(
            RemoteError, match="store: is the store of a project, and no shared one"
        ):
            Remote(str(tmp_path / "store")).check_there(made=made)
    Remote(str(tmp_path / "none")).check_there(made=True)

    with pytest.raises(RemoteError, match="none: there is no such folder"):
        Remote(str(tmp_path / "none")).check_there()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("nosuch://place", "nosuch://place: is no place to share results"),
        ("://place", "://place: names no kind of place"),
        ("s3://", "s3://: names no bucket or host"),
        ("gs:///results", "gs:///results: names no bucket or host"),
        ("simplecache::s3://", "simplecache::s3://: names no bucket or host"),
        ("ssh://me:secret@", "ssh://me@: names no bucket or host"),
        ("ssh://host", "ssh://host: names no folder"),
        ("sftp://host:22//", "sftp://host:22//: names no folder"),
        ("ssh://host/~/results", "ssh://host/~/results: names no whole path"),
        ("ssh://[host/a", r"ssh://\[host/a: is no URL: Invalid IPv6 URL"),
        ("file://results/a", "file://results/a: names no whole path"),
        ("s3://lab/results?versionId=3", r"has a \? or #"),
        ("gs://lab/results#3", r"has a \? or #"),
    ],
)
def test_a_url_of_no_place(url, reason):
    """A URL of an unknown kind, or one that would mean another place, is a mistake of configuration."""
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
