"""Temporary folders: gone when done, swept when their process is gone, never before."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from cbspec.store import Store
from cbspec.store.lock import Locks
from cbspec.store.scratch import Scratch


@pytest.fixture
def scratch(store: Store) -> Scratch:
    """The temporary folders of `store`, as another process that shares it has them."""
    return Scratch(store.root / "tmp", Locks(store.root / "locks"))


def left(store: Store) -> list[Path]:
    return [path for place in ("locks", "tmp") for path in (store.root / place).glob("*")]


def test_folder_in_use_is_not_swept(store: Store, scratch: Scratch) -> None:
    """A sweep leaves the folder that another writes into, and its lock."""
    with scratch.folder() as folder:
        (folder / "half").write_text("written")

        assert store.sweep() == 0
        assert (folder / "half").read_text() == "written"
        assert len(left(store)) == 2


def test_folder_is_gone_when_done(store: Store, scratch: Scratch) -> None:
    """A folder goes with its content and its lock, also when its user fails."""
    with suppress(ZeroDivisionError), scratch.folder() as folder:
        (folder / "half").write_text("written")
        raise ZeroDivisionError

    assert left(store) == []


def test_folder_left_behind_is_swept(store: Store, scratch: Scratch) -> None:
    """A folder that nobody holds is swept with its content, whether its lock file was left or not."""
    (scratch.root / "tmp-1-aa").mkdir(parents=True)
    (scratch.root / "tmp-1-aa" / "half").write_text("written")
    (scratch.root / "tmp-1-bb").mkdir()
    (store.root / "locks").mkdir()
    (store.root / "locks" / "tmp-1-bb.lock").touch()

    assert store.sweep() == 2
    assert left(store) == []


def test_replace_is_whole(store: Store, scratch: Scratch) -> None:
    """Replacing a file leaves the new content alone, and nothing beside it."""
    target = store.root / "code" / "file.json"

    scratch.replace(target, b"first and longer")
    scratch.replace(target, b"second")

    assert target.read_bytes() == b"second"
    assert [path for path in store.root.rglob("*") if path.is_file()] == [target]
