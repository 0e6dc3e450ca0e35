"""Stores in temporary folders, and a process that file permissions bind."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, Pipe
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
import torch

from cbspec.store import Damage, Store
from tests.support.patience import PATIENCE

torch.set_num_threads(1)


@pytest.fixture
def damages() -> list[Damage]:
    """What `store` told of damaged entries."""
    return []


@pytest.fixture
def store(tmp_path: Path, damages: list[Damage]) -> Store:
    """An empty store."""
    return Store(tmp_path / "store", on_damage=damages.append)


@pytest.fixture
def unprivileged(spawn: Callable[..., BaseProcess]) -> Callable[[Callable[[], object]], Any]:
    """Run a function in a process that file permissions bind, as they do not bind root; what it
    returned.
    """

    def run(function: Callable[[], object]) -> Any:
        ours, theirs = Pipe()
        spawn(_obey, function, theirs)
        assert ours.poll(PATIENCE)
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
