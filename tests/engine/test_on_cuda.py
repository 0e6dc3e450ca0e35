"""What a step does on a CUDA device, shown without one: fake tensors know shapes and devices, but
hold no value to wait for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from engine.architecture import Architecture
from engine.credit import features
from engine.credit.dfa import DFA
from engine.credit.oracle import Oracle
from engine.credit.scalar_bridge import ScalarBridgeEstimator
from engine.credit.state_bridge import StateBridgeEstimator
from engine.credit.vector_field import VectorFieldEstimator
from engine.local_training import LocalLearner, Mixture
from engine.nets import ResidualMLP
from engine.parameters import ScalarBridge as Bridge
from engine.parameters import StateBridge as States
from engine.parameters import TrainBP, TrainLocal
from engine.parameters import VectorField as Field
from engine.snapshot import Snapshot
from engine.training import BackPropagation
from engine.weights import Weights

SEEDS, BATCH = (42, 123, 456), 8
SHAPE = Architecture(inputs=48, width=16, depth=2)


class NoReading(TorchDispatchMode):
    """Refuses every operation that takes something from the device to the host."""

    def __torch_dispatch__(
        self, function: Any, types: Any, arguments: Any = (), named: Any = None
    ) -> Any:
        result = function(*arguments, **(named or {}))
        given = [leaf for leaf in tree_leaves((arguments, named)) if isinstance(leaf, torch.Tensor)]
        made = [leaf for leaf in tree_leaves(result) if isinstance(leaf, torch.Tensor)]
        if any(own.is_cuda and own.ndim for own in given) and not all(own.is_cuda for own in made):
            raise AssertionError(f"{function} reads from the device")
        return result


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A pretended CUDA device; its random streams are the CPU's."""

    class Streams(torch.Generator):
        def __new__(cls, _device: object = "cpu") -> Any:
            return super().__new__(cls, "cpu")

    with FakeTensorMode():
        monkeypatch.setattr(torch, "Generator", Streams)
        yield
    features._times.cache_clear()  # it holds fake tensors now


def networks() -> Snapshot:
    return Snapshot(
        ResidualMLP(SHAPE, Weights.zeros(SHAPE.layout(), len(SEEDS), "cuda")), TrainBP(epoch=1)
    )


def estimator(kind: Any, parameters: Any) -> Any:
    return kind([parameters] * len(SEEDS), SEEDS, SHAPE, "cuda")


LOCAL = {
    "dfa": (DFA, None, {}),
    "oracle": (Oracle, None, {}),
    "state bridge": (StateBridgeEstimator, States(epochs=0, hidden=16), {}),
    "scalar bridge": (ScalarBridgeEstimator, Bridge(epochs=0, hidden=16), {"rule": "target_shift"}),
    "vector field": (VectorFieldEstimator, Field(epochs=0, hidden=16), {"blend": 0.75}),
    "shuffled": (
        VectorFieldEstimator,
        Field(epochs=0, hidden=16, targets="shuffled", sampling="importance"),
        {"clamp": True},
    ),
    "rescaled": (
        VectorFieldEstimator,
        Field(epochs=0, hidden=16),
        {"source": "dfa_rescaled", "blend": 0.5, "rule": "cosine"},
    ),
    "gaussian": (
        VectorFieldEstimator,
        Field(epochs=0, hidden=16),
        {"source": "gaussian", "warmup": 0.5},
    ),
}


def learner(kind: str) -> Any:
    if kind == "bp":
        return BackPropagation(networks())
    cls, parameters, chosen = LOCAL[kind]
    own = [TrainLocal(epoch=1, **chosen)] * len(SEEDS)
    return LocalLearner(networks(), Mixture(estimator(cls, parameters), own), None, own)


@pytest.mark.parametrize("kind", ["bp", *LOCAL])
def test_a_step_never_waits_for_the_host(cuda: None, kind: str) -> None:
    """No step of any learner reads a value, a shape or a tensor back from the device, whatever it
    learns by.
    """
    own = learner(kind)
    own.begin(0)
    x, y = (
        torch.empty(3, BATCH, 48, device="cuda"),
        torch.zeros(3, BATCH, dtype=torch.int64, device="cuda"),
    )

    with NoReading():
        logits = own.step(x, y)

    assert (logits.device.type, logits.shape) == ("cuda", (3, BATCH, 10))


def test_reading_would_be_noticed(cuda: None) -> None:
    """The means by which the other test analyses: a scalar and a copy to the host are both refused."""
    there = torch.empty(3, device="cuda")

    with pytest.raises(DataDependentOutputException), NoReading():
        there.sum().item()
    with pytest.raises(AssertionError, match="reads from the device"), NoReading():
        there.cpu()
