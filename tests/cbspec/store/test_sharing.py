"""Many processes share a store, and are killed at any moment."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
import torch

from cbspec.store import Damage, Locks, Store
from tests.support.patience import PATIENCE

Spawn = Callable[..., BaseProcess]
KEYS = [f"{number:064x}"[::-1] for number in range(12)]


def put_all(root: Path, worker: int, told: Connection) -> None:
    """Put every key with content that names the worker; tell which were stored first, and what was
    read right after.
    """
    store = Store(root)
    told.send("ready")
    told.recv()
    placed, read = [], []
    for key in KEYS:
        placed.append(
            store.put(
                key, tensors={"w": torch.full((1000,), float(worker))}, measures={"worker": worker}
            )
        )
        entry = store.get(key, tensors=True)
        read.append((entry.measures["worker"], entry.tensors["w"].unique().tolist()))
    told.send((placed, read))


def test_one_of_many_puts_wins(store: Store, spawn: Spawn, damages: list[Damage]) -> None:
    """Of 8 processes that store the same keys at once exactly one is first for each, and all read
    that one's whole result.
    """
    pipes = [Pipe() for _ in range(8)]
    for worker, (_, theirs) in enumerate(pipes):
        spawn(put_all, store.root, worker, theirs)
    assert all(ours.poll(PATIENCE) and ours.recv() == "ready" for ours, _ in pipes)
    for ours, _ in pipes:
        ours.send("go")
    assert all(ours.poll(PATIENCE) for ours, _ in pipes)
    answers = [ours.recv() for ours, _ in pipes]

    first = [
        [worker for worker, (placed, _) in enumerate(answers) if placed[index]]
        for index in range(len(KEYS))
    ]
    assert [1] * len(KEYS) == [len(workers) for workers in first]
    expected = [(float(workers[0]), [float(workers[0])]) for workers in first]
    assert [expected] * 8 == [read for _, read in answers]
    assert (sorted(KEYS), []) == ([holding.key for holding in store.ls()], damages)
    assert [*(store.root / "tmp").iterdir(), *(store.root / "locks").iterdir()] == []


def expected_content(key: str) -> tuple[float, torch.Tensor]:
    number = int(key[:12], 16)
    return number / 7, torch.arange(20_000.0) + number % 1000


def work_forever(root: Path, seed: int, told: Connection) -> None:
    """All that a worker does to a store: locks, results, reads, fingerprints, collections; tell of
    the first result.
    """
    store, draw, silent = Store(root), random.Random(seed), True
    locks = Locks(root / "locks")
    while True:
        key = f"{draw.getrandbits(256):064x}"
        measure, tensor = expected_content(key)
        with locks.take(f"lane-{draw.randrange(3)}"):
            store.codes.keep(key, {"definition": key})
            provenance = {"stage": "train", "seconds": 1.0, "cost": 2.0}
            store.put(key, tensors={"w": tensor}, measures={"m": measure}, provenance=provenance)
        if silent:
            told.send(key)
            silent = False
        if draw.random() < 0.1:
            store.gc(2_000_000)


@pytest.mark.parametrize("seed", [0, 1])
def test_killed_at_random_moments(
    store: Store, spawn: Spawn, damages: list[Damage], seed: int
) -> None:
    """After 20 times SIGKILL amid writing, one sweep leaves no lock and no temporary file, and
    every entry is whole.
    """
    draw = random.Random(seed)
    left = 0
    for round_ in range(10):
        ours, theirs = Pipe()
        workers = [
            spawn(work_forever, store.root, 100 * seed + 2 * round_ + n, theirs) for n in range(2)
        ]
        # Half of the kills may come before the first result, half cannot
        assert round_ % 2 == 0 or ours.poll(PATIENCE)
        time.sleep(draw.uniform(0.02, 0.12))
        for worker in workers:
            worker.kill()
            worker.join()
        left += len([path for place in ("locks", "tmp") for path in (store.root / place).glob("*")])

    store.sweep()

    assert left > 0, "no kill met a worker at work"
    assert [path for place in ("locks", "tmp") for path in (store.root / place).glob("*")] == []
    assert [] == store.verify() == damages
    keys = [holding.key for holding in store.ls()]
    assert len(keys) > 1
    for key in keys:
        entry = store.get(key, tensors=True)
        measure, tensor = expected_content(key)
        assert measure == entry.measures["m"]
        assert torch.equal(tensor, entry.tensors["w"])
        assert {"definition": key} == store.codes.of(key)
    assert store.rate("train") == 0.5
    assert not any((store.root / "quarantine").glob("*"))
