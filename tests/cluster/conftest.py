"""Clusters on this machine, each started once: one of Ray, and one of Slurm."""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from tests.cluster import slurm
from tests.cluster.lab import Ferry
from tests.support.laboratory import working_in

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster

STORE_BYTES = 80 * 2**20  # of each node's object store
ATTEMPTS = 10  # to start a node
T = TypeVar("T")


@pytest.fixture(scope="session")
def shore(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that every process of every node reaches."""
    folder = tmp_path_factory.mktemp("shore")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FERRY", str(folder))
        patch.setenv("RAY_worker_niceness", "0")  # others may keep the machine busy
        # The cluster lets in whoever has this token
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", uuid.uuid4().hex)
        yield folder


@pytest.fixture(scope="session")
def ray_cluster(shore: Path) -> Iterator[Cluster]:
    """Ray on two nodes of one core each, called one and two."""
    pytest.importorskip(
        "ray", reason='the back end ray is not installed: pip install "cbspec[ray]"'
    )
    from ray.cluster_utils import Cluster

    cluster = patiently(lambda: Cluster(initialize_head=True, head_node_args=ray_node("one")))
    patiently(lambda: cluster.add_node(**ray_node("two")))
    yield cluster
    cluster.shutdown()


@pytest.fixture
def open_cluster(ray_cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """Ray on a node of one core, which lets in whoever comes."""
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    cluster = patiently(
        lambda: type(ray_cluster)(initialize_head=True, head_node_args=ray_node("open"))
    )
    monkeypatch.delenv("RAY_AUTH_MODE")
    yield cluster
    cluster.shutdown()


def patiently(start: Callable[[], T]) -> T:
    """Start a node of Ray, and another one if Ray gives up on it: it does so after half a minute, in
    which a busy machine may not get there.
    """
    for _ in range(ATTEMPTS - 1):
        before = _children(os.getpid())
        try:
            return start()
        except Exception as error:
            print(f"Ray does not start yet: {error}")
            for child in set(_children(os.getpid())).difference(before):
                _kill(_family(child))
    return start()


def ray_node(name: str, **changed: Any) -> dict[str, Any]:
    """What a node is started with."""
    usual = {"num_cpus": 1, "object_store_memory": STORE_BYTES, "include_dashboard": False}
    # What runs here do not have: a variable that a test declares, and another hash seed
    variables = {"TIDE": "high", "PYTHONHASHSEED": "3"}
    return {"node_name": name, "env_vars": variables, **usual, **changed}


def lose(cluster: Cluster, node: Any) -> None:
    """Lose a node at once, with all that runs on it.

    Ray ends only what rules a node: its workers go on until they notice, for about a second, in
    which one may still hand in what it was at.
    """
    running = []
    for processes in node.all_processes.values():
        for ruler in processes:
            running += _family(ruler.process.pid)
    _kill(running)
    cluster.remove_node(node, allow_graceful=False)


def _family(process: int) -> list[int]:
    """Return a process and all that descend from it, those first that start others."""
    family = [process]
    for child in _children(process):
        family += _family(child)
    return family


def _children(process: int) -> list[int]:
    children: list[int] = []
    for listed in Path(f"/proc/{process}/task").glob("*/children"):
        children += map(int, listed.read_text().split())
    return children


def _kill(processes: Iterable[int]) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


@pytest.fixture(scope="session")
def slurm_cluster(tmp_path_factory: pytest.TempPathFactory, shore: Path) -> Iterator[None]:
    """Slurm on two nodes of one core each, called n1 and n2."""
    pytest.importorskip("submitit", reason='submitit is not installed: pip install "cbspec[slurm]"')
    if reason := slurm.lacking():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("slurm")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLURM_CONF", "")  # to be as it was in the end
        try:
            slurm.start(folder)
            yield
        finally:
            slurm.stop(folder)


@pytest.fixture(scope="session")
def locally(tmp_path_factory: pytest.TempPathFactory, shore: Path) -> Ferry:
    """The laboratory after a local run."""
    with ferry(tmp_path_factory.mktemp("local"), shore) as lab:
        lab.finish("-n", "0")
        return lab


@pytest.fixture
def lab(locally: Ferry, tmp_path: Path, shore: Path) -> Iterator[Ferry]:
    """The laboratory, without results."""
    with ferry(tmp_path, shore) as lab:
        yield lab


@contextmanager
def ferry(root: Path, shore: Path) -> Iterator[Ferry]:
    """Give a laboratory at a folder that becomes the working directory."""
    with working_in(root) as plain:
        lab = Ferry(root, started=plain.started, shore=shore)
        lab.furnish()
        yield lab
