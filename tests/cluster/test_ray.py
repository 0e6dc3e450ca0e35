"""The back end ray on a cluster of two nodes: figures as they are locally, whatever is killed."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING

import pytest

from tests.cluster.conftest import lose, patiently, ray_node
from tests.cluster.lab import SUNK, Ferry
from tests.support.patience import until

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster


@pytest.fixture
def on_ray(ray_cluster: Cluster) -> tuple[str, ...]:
    """The options of a run on the cluster."""
    return ("-n", "0", "--backend", "ray", "--address", ray_cluster.address)


def test_figures_and_results_are_those_of_a_local_run(
    lab: Ferry, locally: Ferry, on_ray: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Verdicts, values and stored results are equal to the last bit; a stage that raises is tried
    twice and named with its node. Whoever has the cluster's token need not say so.
    """
    monkeypatch.delenv("RAY_AUTH_MODE")
    lab.claim("sunk.yaml", SUNK)

    output = lab.finish(*on_ray)

    found = lab.judgements()
    sunk = found.pop("3.a")
    assert found == locally.judgements()
    assert found["1.a"].verdict == "holds"
    assert locally.contents().items() <= lab.contents().items()
    assert sunk.verdict == "error"
    assert "the boat has sunk" in sunk.reason
    assert " on one" in output + sunk.reason or " on two" in output + sunk.reason


def test_a_cluster_that_asks_for_no_token_is_joined_without(
    lab: Ferry, locally: Ferry, open_cluster: Cluster
) -> None:
    """Whoever has a token, as everyone who has started Ray, can use the clusters of others too."""
    lab.finish("-n", "0", "--backend", "ray", "--address", open_cluster.address)

    assert lab.judgements() == locally.judgements()


def test_a_killed_driver_goes_on_where_it_was(
    lab: Ferry, locally: Ferry, on_ray: tuple[str, ...]
) -> None:
    """Points that had been reached when the driver was killed are not computed again."""
    lab.hold()
    killed = lab.begin(*on_ray)
    until(lambda: len(lab.contents()) >= 3, "the early arm's three seeds arrive")
    killed.kill()
    lab.let_go()

    lab.finish(*on_ray)

    assert lab.judgements() == locally.judgements()
    assert lab.contents() == locally.contents()
    again = lab.journal()
    assert again["5.0 1 1"] == 1
    assert max(again.values()) <= 2


def test_sigterm_ends_a_run_at_once(lab: Ferry, on_ray: tuple[str, ...]) -> None:
    """It does what it does locally: Ray would make it the failure of the claim that is judged."""
    lab.hold()
    running = lab.begin(*on_ray)
    until(lambda: bool(lab.journal()), "a node computes")
    running.terminate()
    status, output = running.end()
    lab.let_go()

    assert status == -signal.SIGTERM
    assert "FAILURES" not in output


def test_a_killed_node_costs_no_figure(
    lab: Ferry, locally: Ferry, on_ray: tuple[str, ...], ray_cluster: Cluster
) -> None:
    """What a node was at when it was killed is computed on another one."""
    lab.hold()
    running = lab.begin(*on_ray)
    # Three replicas each: a node has one core, so that either node is held up in a job
    until(lambda: len(lab.journal()) >= 6, "both nodes compute")
    [two] = ray_cluster.worker_nodes
    lose(ray_cluster, two)
    lab.let_go()
    running.end()
    # Not before: nodes on one machine share the folder of the code, which a new one clears
    patiently(lambda: ray_cluster.add_node(**ray_node("two")))

    assert lab.judgements() == locally.judgements()
    assert lab.contents() == locally.contents()
    assert 2 in lab.journal().values()
    assert max(lab.journal().values()) == 2


def test_a_worker_that_would_compute_otherwise_refuses(
    lab: Ferry, ray_cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node where a declared variable has another value computes nothing, and says so. RAY_ADDRESS
    names the cluster as the option does.
    """
    lab.edit("pyproject.toml", "[tool.cbspec]\n", '[tool.cbspec]\nenvironment = ["TIDE"]\n')
    monkeypatch.setenv("RAY_ADDRESS", ray_cluster.address)

    lab.finish("-n", "0", "--backend", "ray")

    for judgement in lab.judgements().values():
        assert judgement.verdict == "error"
        assert re.search(r"on (one|two) could not be computed: environment", judgement.reason)
    assert not lab.journal()
    assert not lab.contents()


@pytest.mark.usefixtures("ray_cluster")
def test_without_an_address_a_run_has_a_cluster_of_its_own(
    lab: Ferry,
    locally: Ferry,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A cluster that runs on this machine is left alone: its nodes would refuse these jobs. What the
    workers kept is removed with it.
    """
    nodes = tmp_path_factory.mktemp("nodes")
    monkeypatch.setenv("TMPDIR", str(nodes))
    lab.edit("pyproject.toml", "[tool.cbspec]\n", '[tool.cbspec]\nenvironment = ["TIDE"]\n')

    def started() -> bool:
        # Ray gives up after half a minute, in which a busy machine may not get there
        return "timed out during startup" not in lab.finish("-n", "0", "--backend", "ray")

    until(started, "a cluster starts")

    assert lab.judgements() == locally.judgements()
    assert list(nodes.glob("cbspec-*"))
    assert not [path for path in nodes.glob("cbspec-*/runs/*") if path.is_dir()]


def test_a_cluster_that_is_not_there_ends_the_run_in_a_sentence(lab: Ferry) -> None:
    """Ray itself would ask for ever."""
    status, output = lab.begin("-n", "0", "--backend", "ray", "--address", "127.0.0.1:1").end()

    assert status == 2
    assert "Interrupted: Ray on 127.0.0.1:1: nobody answers" in output
    assert "Traceback" not in output
