"""Entries as bytes: they arrive as they left, or not at all."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import torch

from cbspec.store import EntryBytes, Store, admit, entry_bytes

KEY = "ab" * 32


@pytest.fixture
def packed(store: Store) -> EntryBytes:
    """An entry with tensors and a measure, as bytes."""
    store.put(
        KEY,
        tensors={"weight": torch.arange(6.0).reshape(2, 3)},
        measures={"loss": 0.1},
        provenance={"stage": "train", "seconds": 2.0, "cost": 4.0},
    )
    entry = entry_bytes(store, KEY)
    assert entry is not None
    return entry


def test_an_entry_arrives_as_it_left(packed: EntryBytes, store: Store, tmp_path: Path) -> None:
    """The other store has the same content, to the last bit, and its rate."""
    other = Store(tmp_path / "other")

    admit(other, packed)

    found, sent = other.get(KEY, tensors=True), store.get(KEY)
    assert found is not None
    assert sent is not None
    assert found.content == sent.content
    assert found.provenance == sent.provenance
    assert found.tensors["weight"].tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert other.stored_keys() == [KEY]
    assert other.rate("train") == store.rate("train")


def test_the_first_one_stays(packed: EntryBytes, store: Store) -> None:
    """An entry that is there already is not replaced, and counts once for the forecast."""
    before = store.stored_keys(), store.rate("train")

    admit(store, packed)

    assert (store.stored_keys(), store.rate("train")) == before
    assert entry_bytes(store, KEY) == packed


def test_what_is_not_there_is_no_entry(store: Store) -> None:
    """A key without an entry has no bytes."""
    assert entry_bytes(store, "cd" * 32) is None


@pytest.mark.parametrize("part", ["record", "tensors"])
def test_one_flipped_bit_is_refused(packed: EntryBytes, tmp_path: Path, part: str) -> None:
    """Damage on the way is noticed by the checksums, and nothing is stored."""
    content = bytearray(getattr(packed, part))
    content[len(content) // 2] ^= 1
    other = Store(tmp_path / "other")

    with pytest.raises(ValueError, match=r"checksum|JSON"):
        admit(other, msgspec.structs.replace(packed, **{part: bytes(content)}))
    assert other.stored_keys() == []


@pytest.mark.parametrize("change", [{"tensors": None}, {"key": "cd" * 32}, {"key": "../x"}])
def test_another_entry_than_it_says_is_refused(
    packed: EntryBytes, tmp_path: Path, change: dict[str, object]
) -> None:
    """Tensors that are missing, another's key, or a path are no entry."""
    other = Store(tmp_path / "other")

    with pytest.raises(ValueError, match=r"tensors|belongs to|is no key"):
        admit(other, msgspec.structs.replace(packed, **change))
    assert other.stored_keys() == []
    assert not (tmp_path / "x").exists()
