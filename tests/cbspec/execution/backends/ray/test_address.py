"""What a Ray cluster is asked, and told, before Ray is imported."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from types import ModuleType

import pytest

from cbspec.config import Config
from cbspec.errors import BackendError
from cbspec.execution.backends.ray import joining
from cbspec.execution.backends.ray.cluster import RayCluster


def test_a_cluster_has_to_answer() -> None:
    """Whoever listens at the port answers; words like local have none. Ray would wait for ever."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        for answering in (address, f"ray://{address}", "local", "auto", "nonsense"):
            joining.require_answer(answering)

    with pytest.raises(BackendError, match=rf"^Ray on {address}: nobody answers \(Connection"):
        joining.require_answer(address)


@pytest.mark.parametrize(("variables", "told"), [({}, "0"), ({"RAY_task_oom_retries": "2"}, "2")])
def test_ray_does_not_try_again_what_ran_out_of_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variables: dict[str, str], told: str
) -> None:
    """It would do so for ever, and the run itself tries again; a number of the user's own holds."""
    ray = ModuleType("ray")
    ray.is_initialized = lambda: True  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ray", ray)
    environment = dict(variables)
    monkeypatch.setattr(os, "environ", environment)

    with pytest.raises(BackendError, match="connected to Ray already"):
        RayCluster(Config(tmp_path), "run")

    assert environment["RAY_task_oom_retries"] == told


@pytest.mark.parametrize(
    ("address", "answers", "told"),
    [("10.0.0.7:6379", False, "token"), ("auto", True, "disabled"), ("local", False, None)],
)
def test_the_users_token_is_for_clusters_that_ask_for_one(
    monkeypatch: pytest.MonkeyPatch, address: str, answers: bool, told: str | None
) -> None:
    """One that does not ask is joined without: this process would let in none of its workers. For a
    cluster of the run's own Ray finds it by itself.
    """
    environment = {"RAY_AUTH_TOKEN": "of the user"}
    monkeypatch.setattr(os, "environ", environment)
    monkeypatch.setattr(joining, "_lets_anyone_in", lambda _: answers)

    joining.settle(address)

    assert environment.get("RAY_AUTH_MODE") == told
