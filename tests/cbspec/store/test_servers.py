"""Results go to a machine with ssh, and to Google's storage, and come back: servers on loopback."""

from __future__ import annotations

import getpass
import os
import shutil
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import HTTPServer
from pathlib import Path

import pytest

from cbspec.errors import RemoteError
from cbspec.store import Pull, Push, Remote, Store
from cbspec.store.arrival import record_name
from tests.support.shared_store import EXPECTED, KEYS, contents, fill, pull, states

CONFIGURATION = """\
HostKey {folder}/host
PidFile {folder}/pid
AuthorizedKeysFile {folder}/user.pub
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
Subsystem sftp internal-sftp
"""
LOOPBACK = "127.0.0.1"
PRIVILEGE_SEPARATION = Path("/run/sshd")  # which a server that root starts wants to be there


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a server, up to the path."""
    pytest.importorskip("paramiko", reason="ssh needs paramiko")
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("sshd is not installed (Debian: apt install openssh-server)")
    folder = tmp_path / "sshd"
    (folder / ".ssh").mkdir(parents=True)
    for name in ("host", "user"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(command, check=True)
    (folder / "user").rename(folder / ".ssh" / "id_ed25519")
    monkeypatch.setenv("HOME", str(folder))  # where paramiko looks for keys
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    (folder / "config").write_text(CONFIGURATION.format(folder=folder))
    made = os.getuid() == 0 and not PRIVILEGE_SEPARATION.exists()
    if made:
        PRIVILEGE_SEPARATION.mkdir()

    connections: list[subprocess.Popen[bytes]] = []

    class Connection(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            command = [program, "-i", "-e", "-f", str(folder / "config")]
            ends = {"stdin": self.request, "stdout": self.request}
            with (
                (folder / "log").open("ab") as log,
                subprocess.Popen(command, stderr=log, **ends) as connection,
            ):
                connections.append(connection)

    try:
        with listening(socketserver.ThreadingTCPServer((LOOPBACK, 0), Connection)) as port:
            yield f"ssh://{getpass.getuser()}@{LOOPBACK}:{port}"
            for connection in connections:
                connection.kill()  # fsspec keeps its connections open; sshd may not heed SIGTERM
    finally:
        if made:
            PRIVILEGE_SEPARATION.rmdir()


@pytest.fixture
def gcs(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of an empty bucket of Google's storage, which an emulator plays."""
    pytest.importorskip("gcsfs", reason="Google's storage needs gcsfs")
    reason = "Google's storage is played by gcp-storage-emulator"
    emulator = pytest.importorskip("gcp_storage_emulator.server", reason=reason)
    storage = pytest.importorskip("gcp_storage_emulator.storage", reason=reason)
    lab = storage.Storage(use_memory_fs=True)
    lab.create_bucket("lab", {})
    handler = partial(emulator.RequestHandler, lab)
    with listening(HTTPServer((LOOPBACK, 0), handler)) as port:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://{LOOPBACK}:{port}")
        # Which asks for the kind of bucket, with credentials
        monkeypatch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
        yield "gs://lab/results"


@contextmanager
def listening(server: socketserver.TCPServer) -> Iterator[int]:
    """Have a server answer; the port that the system gave it."""
    with server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def assert_results_travel(remote: Remote, store: Store, folder: Path) -> None:
    """Assert that results are pushed, pulled, not moved a second time, and refused when damaged."""
    fill(store)
    other, third = Store(folder / "other"), Store(folder / "third")

    there = [states(list(Push(store, remote).move(EXPECTED))) for _ in range(2)]
    here = [states(pull(other, remote)) for _ in range(2)]
    remote.write(record_name(KEYS[0]), b"no record")
    refused = states(list(Pull(third, remote).move(EXPECTED)))

    assert there == here == [{"moved": 6}, {"there": 6}]
    assert contents(other) == contents(store)
    assert refused == {"refused": 1, "moved": 5}


def test_results_travel_over_ssh(store: Store, ssh: str, tmp_path: Path) -> None:
    """Nothing half-written is left, and a folder that is not there is told from an empty one."""
    (tmp_path / "shared").mkdir()

    assert_results_travel(Remote(f"{ssh}{tmp_path}/shared"), store, tmp_path)

    assert list((tmp_path / "shared" / "tmp").iterdir()) == []
    with pytest.raises(RemoteError, match="no such folder or bucket"):
        Remote(f"{ssh}{tmp_path}/elsewhere").check_there()
    with pytest.raises(RemoteError, match="cannot be reached: Unable to connect to port 1 on"):
        Remote(f"ssh://{LOOPBACK}:1/elsewhere")


def test_results_travel_to_google(store: Store, gcs: str, tmp_path: Path) -> None:
    """A bucket that an emulator keeps is a shared store as S3's are; one that is not there is told
    from an empty one, which reads as missing results alone.
    """
    nowhere = Remote(gcs.replace("lab", "nobodys"))
    empty = states(pull(Store(tmp_path / "none"), Remote(gcs)))

    assert_results_travel(Remote(gcs), store, tmp_path)

    assert empty == {"absent": 6}
    with pytest.raises(
        RemoteError, match="gs://nobodys/results: there is no such folder or bucket"
    ):
        pull(store, nowhere)
    with pytest.raises(
        RemoteError, match="gs://nobodys/results: there is no such folder or bucket"
    ):
        list(Push(store, nowhere).move(EXPECTED))
