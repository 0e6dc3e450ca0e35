"""A disk that is full or may not be written is one clear sentence, and leaves nothing half-written."""

from __future__ import annotations

import errno
import resource
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cbspec.errors import StoreError
from cbspec.store import Damage, Store
from cbspec.store.failure import explained

KEY = "ab" * 32
Unprivileged = Callable[[Callable[[], object]], Any]


def refusal(action: Callable[[], object]) -> str:
    try:
        action()
    except StoreError as error:
        return str(error)
    return "no error"


@pytest.fixture
def stored(public_path: Path) -> Path:
    """The root of a read-only store with one entry and one code fingerprint."""
    root = public_path / "store"
    store = Store(root)
    store.put(
        KEY, measures={"accuracy": 0.5}, provenance={"stage": "train", "seconds": 3.0, "cost": 2.0}
    )
    store.codes.keep("5e6f", {"a": "1"})
    for path in [root, *root.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield root
    for path in [root, *root.rglob("*")]:
        path.chmod(0o755)


def test_full_disk(public_path: Path, unprivileged: Unprivileged) -> None:
    """A write that the disk refuses half-way is a clear error, and leaves no entry, no temporary
    file and no lock.
    """
    public_path.chmod(0o777)
    root = public_path / "store"

    def put() -> str:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        return refusal(lambda: Store(root).put(KEY, series={"loss": [0.1] * 10_000}))

    message = unprivileged(put)

    assert message.startswith(
        f"store {root}: storing abababababab failed: File too large; free some space"
    )
    assert [
        path for path in root.rglob("*") if path.is_file() or path.name.startswith(("ab", "tmp-"))
    ] == []


def test_read_only_store_refuses_to_write(stored: Path, unprivileged: Unprivileged) -> None:
    """Storing, locking and collecting in a read-only store say what is not writable and what to do."""
    store = Store(stored)
    actions = [
        lambda: store.put("cd" * 32),
        lambda: store.try_lock("lane"),
        lambda: store.gc(0),
        lambda: store.codes.keep("77", {}),
    ]

    messages = unprivileged(lambda: [refusal(action) for action in actions])

    doing = ["storing cdcdcdcdcdcd", "locking", "collecting", "storing a code fingerprint"]
    remedy = (
        "failed: Permission denied; make the folder writable, or set CBSPEC_STORE to one that is"
    )
    assert [f"store {stored}: {what} {remedy}" for what in doing] == messages


def test_read_only_store_can_be_read(stored: Path, unprivileged: Unprivileged) -> None:
    """All that reads works on a read-only store, a sweep included."""
    store = Store(stored)

    def read() -> list[object]:
        return [
            store.has(KEY),
            store.get(KEY).measures,
            [holding.key for holding in store.ls()],
            store.verify(),
            store.sweep(),
            store.rate("train"),
        ]

    assert unprivileged(read) == [True, {"accuracy": 0.5}, [KEY], [], 0, 1.5]


def test_damage_in_a_read_only_store(stored: Path, unprivileged: Unprivileged) -> None:
    """A damaged entry that cannot be moved away is told, and missing all the same."""
    record = stored / "entries" / "ab" / KEY / "record.json"
    record.write_bytes(b"{}")
    damages: list[Damage] = []
    store = Store(stored, on_damage=damages.append)

    entry, told = unprivileged(lambda: (store.get(KEY), [str(damage) for damage in damages]))

    assert entry is None
    assert len(told) == 1
    assert told[0].endswith(
        "left in place, for the store cannot be written, and counted as missing"
    )


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (
            errno.ENOSPC,
            "No space left on device; free some space, shrink the store with `cbspec store gc`",
        ),
        (errno.EDQUOT, "Disk quota exceeded; free some space"),
        (errno.EROFS, "Read-only file system; make the folder writable, or set CBSPEC_STORE"),
        (errno.EACCES, "Permission denied; make the folder writable"),
        (errno.EIO, "Input/output error; check the disk"),
    ],
)
def test_every_refusal_names_its_remedy(number: int, remedy: str) -> None:
    """Each thing that an operating system refuses comes with what can be done about it."""
    with pytest.raises(StoreError) as caught, explained(Path("/data/store"), "storing abc"):
        raise OSError(number, "whatever")

    assert str(caught.value).startswith(f"store /data/store: storing abc failed: {remedy}")
