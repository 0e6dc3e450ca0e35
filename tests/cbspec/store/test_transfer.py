"""Results go to a shared store and come back as they were, whatever interrupts on the way."""

import logging
import threading
from pathlib import Path

import pytest

from cbspec.errors import RemoteError
from cbspec.store import Expected, Pull, Push, Remote, Store
from cbspec.store.arrival import record_name
from tests.support.shared_store import (
    EXPECTED,
    KEYS,
    contents,
    fill,
    pull,
    push,
    states,
    tensors_path,
)


class Killed(BaseException):
    """The process ends here, and nothing of it is cleared away."""


@pytest.fixture
def filled(store):
    """A store that has six results."""
    fill(store)
    return store


@pytest.fixture
def remote(tmp_path):
    """An empty folder to share."""
    (tmp_path / "shared").mkdir()
    return Remote(str(tmp_path / "shared"))


@pytest.fixture
def other(tmp_path):
    """A colleague's store."""
    return Store(tmp_path / "other")


@pytest.fixture
def s3(monkeypatch):
    """The URL of an empty bucket of an S3 server on loopback."""
    pytest.importorskip("s3fs", reason="S3 needs s3fs")
    server = pytest.importorskip("moto.server", reason="the S3 server is moto's")
    monkeypatch.setattr(logging.getLogger("werkzeug"), "level", logging.ERROR)
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    address = "http://{}:{}".format(*running.get_host_and_port())
    for name, value in {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "anybody",
        "AWS_SECRET_ACCESS_KEY": "anything",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    import s3fs

    s3fs.S3FileSystem(skip_instance_cache=True).mkdir("lab")
    yield "s3://lab/results"
    s3fs.S3FileSystem.clear_instance_cache()
    running.stop()


def test_a_result_comes_back_to_the_last_bit(filled, remote, other):
    """What was pushed is pulled: measures, reasons, series, provenance and tensors."""
    there = push(filled, remote)
    here = pull(other, remote)

    assert states(there) == states(here) == {"moved": 6}
    assert contents(other) == contents(filled)
    for key in KEYS:
        assert other.get(key).provenance == filled.get(key).provenance
    size = sum(holding.bytes for holding in filled.ls())
    assert sum(result.bytes for result in there) == sum(result.bytes for result in here) == size


def test_s3(filled, other, s3, tmp_path):
    """The same over S3: push, pull, a second time nothing, a refusal, a bucket that is not there."""
    results, remote, third = EXPECTED[:3], Remote(s3), Store(tmp_path / "third")

    def there(**options):
        return states(list(Push(filled, remote, **options).move(results)))

    def here(store):
        return states(list(Pull(store, remote).move(results)))

    assert (there(), there()) == ({"moved": 3}, {"there": 3})
    assert (here(other), here(other)) == ({"moved": 3}, {"there": 3})
    assert contents(other) == {key: contents(filled)[key] for key in KEYS[:3]}
    remote.write(record_name(KEYS[0]), b"")
    remote.write(record_name(KEYS[1]), b"no record")
    assert here(third) == {"refused": 2, "moved": 1}
    with pytest.raises(RemoteError, match="no such folder or bucket"):
        pull(other, Remote("s3://nobodys/results"))


def test_only_what_is_missing_is_moved(filled, remote, other):
    """A second push and a second pull move nothing; what one side lacks is told."""
    other_key = Expected("f" * 64, {}, ())
    push(filled, remote)
    pull(other, remote)

    assert states(push(filled, remote)) == states(pull(other, remote)) == {"there": 6}
    assert states(list(Push(filled, remote).move([other_key]))) == {"absent": 1}


def test_a_dry_run_moves_nothing(filled, remote, other, tmp_path):
    """With dry, sizes are told, and neither side changes."""
    would = push(filled, remote, dry=True)
    assert list((tmp_path / "shared").iterdir()) == []
    sent = push(filled, remote)
    wanted = pull(other, remote, dry=True)

    assert [r.bytes for r in sorted(would, key=lambda r: r.key)] == [
        r.bytes for r in sorted(sent, key=lambda r: r.key)
    ]
    assert states(wanted) == {"moved": 6}
    assert not other.root.exists()


@pytest.mark.parametrize("step", [0, 1, 5, 8, 11])
def test_a_push_that_is_killed_goes_on(filled, remote, other, monkeypatch, tmp_path, step):
    """Killed while it writes any of its files, a push leaves nothing half under a name that counts,
    and the next one sends the rest.
    """
    remote.lanes = 1
    files, written = type(remote._files), []
    put = files.put_file

    def killed(self, source, target, **options):
        written.append(target)
        if len(written) > step:
            Path(target).write_bytes(Path(source).read_bytes()[:40])
            raise Killed
        put(self, source, target, **options)

    with monkeypatch.context() as patch:
        patch.setattr(files, "put_file", killed)
        patch.setattr(files, "rm_file", lambda self, path: None)
        with pytest.raises(Killed):
            push(filled, remote)

    interrupted = states(pull(other, remote))
    again = states(push(filled, remote))
    pull(other, remote)
    assert interrupted.get("refused", 0) == 0
    assert interrupted.get("moved", 0) == again.get("there", 0) == step // 2
    assert contents(other) == contents(filled)


@pytest.mark.parametrize("step", [0, 1, 2, 4, 9, 12])
def test_a_pull_that_is_killed_goes_on(filled, remote, other, monkeypatch, step):
    """Killed at any read, a pull has stored whole results alone, and the next one takes the rest."""
    push(filled, remote)
    remote.lanes = 1
    read, asked = remote.read, []

    def killed(name, first, most, **options):
        asked.append(name)
        if len(asked) > step:
            raise Killed
        return read(name, first, most, **options)

    with monkeypatch.context() as patch:
        patch.setattr(remote, "read", killed)
        with pytest.raises(Killed):
            pull(other, remote)

    before = contents(other)
    pull(other, remote)
    assert before.items() <= contents(filled).items()
    assert other.verify() == []
    assert contents(other) == contents(filled)


def test_a_remote_that_breaks_off_is_one_error(filled, remote, monkeypatch):
    """An error of the remote ends a push in one sentence; what came before is there."""
    remote.lanes = 1
    write, written = remote.write, []

    def breaks(name, content):
        written.append(name)
        if len(written) >= 6:
            raise RemoteError("s3://lab: connection lost")
        write(name, content)

    monkeypatch.setattr(remote, "write", breaks)
    with pytest.raises(RemoteError, match="connection lost"):
        push(filled, remote)
    monkeypatch.undo()

    assert states(push(filled, remote)) == {"there": 2, "moved": 4}


def test_two_pushes_at_once(filled, remote, other, tmp_path):
    """Two machines that computed the same keys may push at once: what is there is whole."""
    twin = Store(tmp_path / "twin")
    fill(twin)
    pushes = [threading.Thread(target=push, args=(one, remote)) for one in (filled, twin)]
    for thread in pushes:
        thread.start()
    for thread in pushes:
        thread.join()

    assert states(pull(other, remote)) == {"moved": 6}
    assert contents(other) == contents(filled)
    assert list((tmp_path / "shared" / "tmp").iterdir()) == []


def test_damage_here_is_not_pushed(filled, remote, damages):
    """A stored result that is damaged goes to quarantine, and not to the others."""
    folder = filled.intact(KEYS[0])
    (folder / "tensors.safetensors").write_bytes(b"x" * 10)

    assert states(push(filled, remote)) == {"moved": 5, "absent": 1}
    assert [damage.key for damage in damages] == [KEYS[0]]


def test_tensors_are_shared_by_content(filled, remote, tmp_path):
    """A result under two keys, as adoption makes it, has its tensors there once."""
    filled.copy(KEYS[0], "e" * 64, filled.get(KEYS[0]).provenance)
    push(filled, remote)
    twice = list(Push(filled, remote).move([Expected("e" * 64, {}, ())]))

    folder = filled.intact("e" * 64)
    assert [result.bytes for result in twice] == [(folder / "record.json").stat().st_size]
    assert tensors_path(tmp_path / "shared", "e" * 64) == tensors_path(tmp_path / "shared", KEYS[0])


def test_lost_tensors_are_sent_again(filled, remote, other, tmp_path):
    """Where only the tensors of a result are gone, --replace brings them."""
    push(filled, remote)
    tensors_path(tmp_path / "shared", KEYS[0]).unlink()
    damaged = states(pull(other, remote))
    push(filled, remote, replace=True)

    assert damaged == {"refused": 1, "moved": 5}
    assert states(pull(other, remote)) == {"moved": 1, "there": 5}
