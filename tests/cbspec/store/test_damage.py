"""Damage of every kind is found on reading, moved away, told, and healed by storing again."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from cbspec.store import Damage, LostEntry, Store
from cbspec.store.record import seal, unseal

KEY = "ab" * 32


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def braces(path: Path) -> None:
    path.write_bytes(b"{}")


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)


def flip_header(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[12] ^= 1
    path.write_bytes(data)


HARM = [
    ("record.json", truncate, "not the JSON"),
    ("record.json", empty, "not the JSON"),
    ("record.json", braces, "not the JSON"),
    ("record.json", lengthen, "not the JSON"),
    ("record.json", flip, "checksum"),
    ("record.json", Path.unlink, "record.json is missing"),
    ("tensors.safetensors", truncate, "of 472 bytes"),
    ("tensors.safetensors", empty, "0 of 472 bytes"),
    ("tensors.safetensors", lengthen, "473 of 472 bytes"),
    ("tensors.safetensors", flip, "tensors.safetensors does not match its checksum"),
    ("tensors.safetensors", flip_header, "tensors.safetensors does not match its checksum"),
    ("tensors.safetensors", Path.unlink, "0 of 472 bytes"),
]


@pytest.fixture
def folder(store: Store) -> Path:
    """The folder of an intact entry."""
    store.put(
        KEY,
        tensors={"w": torch.arange(100.0)},
        measures={"accuracy": 0.5},
        provenance={"stage": "train"},
    )
    return store.root / "entries" / "ab" / KEY


@pytest.mark.parametrize(("file", "harm", "reason"), HARM)
def test_damage_is_found(
    store: Store,
    damages: list[Damage],
    folder: Path,
    file: str,
    harm: Callable[[Path], None],
    reason: str,
) -> None:
    """A damaged entry reads as missing, lies in quarantine, is told once with its reason, and can
    be stored again.
    """
    harm(folder / file)

    assert store.get(KEY, tensors=True) is None
    assert not store.has(KEY)
    assert [(damage.key, reason in damage.reason) for damage in damages] == [(KEY, True)], damages
    assert [damages[0].moved] == list((store.root / "quarantine").iterdir())
    assert store.put(KEY, measures={"accuracy": 0.5})
    assert store.get(KEY).measures == {"accuracy": 0.5}


@pytest.mark.parametrize(("file", "harm", "reason"), HARM)
def test_verify_finds_damage(
    store: Store,
    damages: list[Damage],
    folder: Path,
    file: str,
    harm: Callable[[Path], None],
    reason: str,
) -> None:
    """`verify` finds the damaged entry among intact ones, and moves it alone to quarantine."""
    intact = ["aa" * 32, "ac" * 32]
    for key in intact:
        store.put(key, tensors={"w": torch.ones(3)})
    harm(folder / file)

    found = store.verify()

    assert ([KEY], damages) == ([damage.key for damage in found], found)
    assert reason in str(found[0])
    assert intact == [holding.key for holding in store.ls()]


def test_lazy_tensors_are_verified(store: Store, damages: list[Damage], folder: Path) -> None:
    """Tensors that turn out damaged when first asked for raise LostEntry with the key, and the
    entry counts as missing.
    """
    entry = store.get(KEY)
    flip(folder / "tensors.safetensors")

    with pytest.raises(LostEntry, match="does not match its checksum") as caught:
        entry.tensors["w"]

    assert (caught.value.key, store.has(KEY), [damage.key for damage in damages]) == (
        KEY,
        False,
        [KEY],
    )


def test_entry_collected_before_its_tensors_are_read(
    store: Store, damages: list[Damage], folder: Path
) -> None:
    """Tensors of an entry that was collected meanwhile raise LostEntry; nothing is called damaged."""
    entry = store.get(KEY)
    store.gc(0)

    with pytest.raises(LostEntry, match=r"tensors\.safetensors is missing"):
        entry.tensors["w"]

    assert (folder.exists(), damages) == (False, [])


def test_entry_under_a_wrong_key(store: Store, damages: list[Damage], folder: Path) -> None:
    """An intact entry that lies under another key than its own is damage."""
    folder.rename(folder.with_name("ab" + "00" * 31))

    assert store.get("ab" + "00" * 31) is None
    assert [f"record.json belongs to {KEY[:12]}"] == [damage.reason for damage in damages]


def test_put_replaces_damage(store: Store, damages: list[Damage], folder: Path) -> None:
    """A result put where a damaged entry lies takes its place."""
    flip(folder / "tensors.safetensors")

    assert store.put(KEY, tensors={"w": torch.full((2,), 7.0)})

    assert store.get(KEY).tensors["w"].tolist() == [7.0, 7.0]
    assert [damage.key for damage in damages] == [KEY]


def test_damage_warns_by_default(store: Store, folder: Path) -> None:
    """A store without a callback warns, saying what is damaged and where it lies now."""
    (folder / "record.json").unlink()

    with pytest.warns(
        UserWarning,
        match=r"stored result abababababab is damaged: record.json is missing; moved to .*quarantine",
    ):
        Store(store.root).get(KEY)


def test_every_flipped_bit_is_found() -> None:
    """No single flipped bit of sealed JSON goes unnoticed."""
    sealed = seal({"measures": {"accuracy": 0.25}, "name": "x\u00e9"})

    unnoticed = []
    for position in range(8 * len(sealed)):
        data = bytearray(sealed)
        data[position // 8] ^= 1 << position % 8
        try:
            unseal(bytes(data), dict)
            unnoticed.append(position)
        except ValueError:
            pass

    assert unnoticed == []
    assert unseal(sealed, dict) == {"measures": {"accuracy": 0.25}, "name": "x\u00e9"}
