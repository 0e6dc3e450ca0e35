"""Real processes to share, interrupt and kill."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess

import pytest

# A fresh interpreter would import torch for seconds per process
FORK = multiprocessing.get_context("fork")


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
