"""Laboratories to work in, real processes to share, interrupt and kill, and what makes a finding."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from cbspec.model.finding import Effect, Finding
from tests.support.claim_text import LIGHT, WEIGHT
from tests.support.laboratory import Laboratory, working_in
from tests.support.specimen import make_effect, make_finding

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


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Laboratory]:
    """A project without claims."""
    with working_in(tmp_path) as made:
        made.furnish()
        yield made


@pytest.fixture
def laboratory(project: Laboratory, monkeypatch: pytest.MonkeyPatch) -> Laboratory:
    """A project with two claims, one of which needs the other's plants, and a torch that stays."""
    monkeypatch.setattr("cbspec.execution.numerics.torch_build", lambda: ("2.11.0", None))
    project.write("claims/phase1/1.a.yaml", LIGHT)
    project.write("claims/phase2/2.a.yaml", WEIGHT)
    return project


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Laboratory]:
    """An empty folder, which is the working directory."""
    with working_in(tmp_path) as laboratory:
        yield laboratory


@pytest.fixture(scope="session")
def effect() -> Callable[..., Effect]:
    return make_effect


@pytest.fixture(scope="session")
def finding() -> Callable[..., Finding]:
    return make_finding
