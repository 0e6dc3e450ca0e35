"""Collecting: least recently used first, and never what is in use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cbspec.store import Store

# In order of use: the order of use is not that of the keys
KEYS = [letter * 64 for letter in "dacb"]


@pytest.fixture
def sizes(store: Store) -> dict[str, int]:
    """Four entries, used one after the other; their sizes."""
    for age, key in enumerate(KEYS):
        store.put(key, series={"loss": [0.5] * 1000}, provenance={"lane": f"lane-{key[0]}"})
        os.utime(store.root / "entries" / key[:2] / key / "record.json", (age, age))
    return {holding.key: holding.bytes for holding in store.ls()}


def test_ls_says_size_and_use(store: Store, sizes: dict[str, int]) -> None:
    """`ls` lists every entry in order of key with its bytes on disk and its last use."""
    disk = {
        key: (store.root / "entries" / key[:2] / key / "record.json").stat().st_size for key in KEYS
    }

    assert [(key, disk[key], float(KEYS.index(key))) for key in sorted(KEYS)] == [
        (h.key, h.bytes, h.used) for h in store.ls()
    ]
    assert disk == sizes


@pytest.mark.parametrize("remaining", [4, 3, 2, 1, 0])
def test_least_recently_used_goes_first(
    store: Store, sizes: dict[str, int], remaining: int
) -> None:
    """As many entries go as the limit demands, the least recently used first, and no more."""
    limit = sum(sizes[key] for key in KEYS[4 - remaining :])

    removed = store.gc(limit)

    assert KEYS[: 4 - remaining] == [holding.key for holding in removed]
    assert sorted(KEYS[4 - remaining :]) == [holding.key for holding in store.ls()]


def test_one_byte_over_the_limit(store: Store, sizes: dict[str, int]) -> None:
    """One byte too many costs one entry."""
    assert [KEYS[0]] == [holding.key for holding in store.gc(sum(sizes.values()) - 1)]


@pytest.mark.usefixtures("sizes")
def test_reading_is_a_use(store: Store) -> None:
    """An entry that was read goes last, one that was only looked at keeps its place."""
    store.get(KEYS[0])
    store.get(KEYS[1], touch=False)

    assert [KEYS[1], KEYS[2], KEYS[3], KEYS[0]] == [holding.key for holding in store.gc(0)]


@pytest.mark.usefixtures("sizes")
def test_locked_entries_stay(store: Store) -> None:
    """An entry whose key, or whose lane, is locked stays."""
    with store.try_lock(KEYS[0]), store.try_lock(f"lane-{KEYS[1][0]}"):
        removed = store.gc(0)

    assert KEYS[2:] == [holding.key for holding in removed]
    assert sorted(KEYS[:2]) == [holding.key for holding in store.ls()]


def test_quarantine_goes_first(store: Store, sizes: dict[str, int]) -> None:
    """Damaged entries in quarantine are collected before any intact one."""
    (store.root / "entries" / KEYS[3][:2] / KEYS[3] / "record.json").write_bytes(b"{" * 5000)
    store.get(KEYS[3])
    quarantine = store.root / "quarantine"
    assert sum(path.stat().st_size for path in quarantine.rglob("*.json")) == 5000
    intact = sum(sizes[key] for key in KEYS[:3])

    assert store.gc(intact + 5000) == []
    assert quarantine.exists()
    assert store.gc(intact) == []
    assert not quarantine.exists()
    assert sorted(KEYS[:3]) == [holding.key for holding in store.ls()]


@pytest.mark.usefixtures("sizes")
def test_collecting_leaves_nothing(store: Store) -> None:
    """After collecting everything no file is left in the store."""
    store.gc(0)

    assert [path for path in Path(store.root).rglob("*") if path.is_file()] == []


def test_what_is_no_entry_is_left(store: Store) -> None:
    """A file among the entries, such as a record of a shared store, is neither listed nor removed."""
    key = "ab" * 32
    store.put(key)
    shelf = store.root / "entries" / "ab"
    strays = [shelf / f"{key}.json", shelf / ".DS_Store", shelf / ("a" * 63)]
    for stray in strays:
        stray.write_text("{}")

    assert [holding.key for holding in store.ls()] == [key]
    assert store.verify() == []
    assert [holding.key for holding in store.gc(0)] == [key]
    assert sorted(shelf.iterdir()) == sorted(strays)
