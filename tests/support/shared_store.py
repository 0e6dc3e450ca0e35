"""Results for a shared store, and one of them as whoever can write there may have changed it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from cbspec.stage import canonical
from cbspec.store import Expected, Moved, Pull, Push, Remote, Store
from cbspec.store.arrival import record_name, tensors_name

KEYS = [f"{number:064x}"[::-1] for number in range(6)]
VERSIONS = {"torch": "2.11.0"}
PACKAGES = hashlib.sha256(canonical(VERSIONS).encode()).hexdigest()


def about(key: str) -> dict[str, Any]:
    """Return what follows from a key here."""
    return {"stage": "train", "seed": int(key[0], 16), "lane": "lane", "code": "c0de"}


def expected(key: str) -> Expected:
    return Expected(key, about(key), ("accuracy", "loss"))


EXPECTED = [expected(key) for key in KEYS]


def fill(store: Store) -> None:
    """Store a result under each key, with tensors of its own."""
    store.packages.keep(PACKAGES, VERSIONS)
    for number, key in enumerate(KEYS):
        store.put(
            key,
            tensors={"w": torch.full((10,), number / 7), "b": torch.arange(number + 1)},
            measures={"accuracy": number / 3},
            undefined={"loss": "no batch"},
            series={"curve": [0.1, None]},
            provenance={
                **about(key),
                "inputs": {},
                "parameters": {},
                "numerics": {"device": "cpu"},
                "packages": PACKAGES,
            },
        )


def push(store: Store, remote: Remote, **options: bool) -> list[Moved]:
    return list(Push(store, remote, **options).move(EXPECTED))


def pull(store: Store, remote: Remote, **options: bool) -> list[Moved]:
    return list(Pull(store, remote, **options).move(EXPECTED))


def states(moved: list[Moved]) -> dict[str, int]:
    """Return state -> how many results are in it."""
    counted: dict[str, int] = {}
    for result in moved:
        counted[result.state] = counted.get(result.state, 0) + 1
    return counted


def contents(store: Store) -> dict[str, str]:
    """Return key -> what was computed, for every result that reads back whole."""
    found = {}
    for holding in store.ls():
        entry = store.get(holding.key, tensors=True)
        if entry is not None:
            found[holding.key] = entry.content
    return found


def rewrite(folder: Path, key: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the record of a result on a remote, and seal it again."""
    path = folder / record_name(key)
    record = json.loads(path.read_bytes())["content"]
    change(record)
    data = json.dumps(record).encode()
    digest = hashlib.sha256(data).hexdigest()
    path.write_bytes(b'{"sha256":"' + digest.encode() + b'","content":' + data + b"}")


def tensors_path(folder: Path, key: str) -> Path:
    """Return where a remote in a folder has the tensors of a result."""
    record = json.loads((folder / record_name(key)).read_bytes())["content"]
    return folder / tensors_name(record["tensors"]["sha256"])
