"""Stores in temporary folders, and real processes to share, kill and forbid them."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
import torch

from cbspec.store import Damage, Store

torch.set_num_threads(1)
FORK = multiprocessing.get_context("fork")  # a fresh interpreter would import torch for seconds per process


@pytest.fixture
def damages() -> list[Damage]:
    """What `store` told of damaged entries."""
    return []


@pytest.fixture
def store(tmp_path: Path, damages: list[Damage]) -> Store:
    """An empty store."""
    return Store(tmp_path / "store", on_damage=damages.append)


@pytest.fixture
def spawn() -> Iterator[Callable[..., BaseProcess]]:
    """Start a process that runs a function; killed at the end of the test."""
    processes: list[BaseProcess] = []

    def start(function: Callable[..., object], *arguments: object) -> BaseProcess:
        processes.append(FORK.Process(target=function, args=arguments))
        processes[-1].start()
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.join()


@pytest.fixture
def unprivileged(spawn: Callable[..., BaseProcess]) -> Callable[[Callable[[], object]], Any]:
    """Run a function in a process that file permissions bind, as they do not bind root; what it returned."""

    def run(function: Callable[[], object]) -> Any:
        ours, theirs = FORK.Pipe()
        spawn(_obey, function, theirs)
        assert ours.poll(30)
        return ours.recv()

    return run


def _obey(function: Callable[[], object], answer: Connection) -> None:
    if os.getuid() == 0:
        os.setuid(65534)
    answer.send(function())


@pytest.fixture
def public_path() -> Iterator[Path]:
    """A temporary folder that every user can reach, unlike pytest's own."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    yield path
    path.chmod(0o755)
    shutil.rmtree(path)
