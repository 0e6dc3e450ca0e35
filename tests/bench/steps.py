"""One step of each kind of stage, for three seeds at once, with the floating-point operations that
the algorithm needs for it.

Operations are the stage's own forecast (`engine.costs`), of one batch. That of local_descent takes
every pass for a whole training step, which would flatter it, so its products are counted as they
run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import count, cycle
from typing import Any, Literal
from unittest.mock import patch

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.flop_counter import FlopCounterMode

from cbspec.stage import Call, NoParameters, Parameters
from engine import catalog, descent, parameters
from engine.credit.dfa import DFA
from engine.credit.fitted import FittedEstimator
from engine.credit.scalar_bridge import ScalarBridgeEstimator
from engine.credit.state_bridge import StateBridgeEstimator
from engine.credit.vector_field import VectorFieldEstimator
from engine.forward import ForwardPass
from engine.local_sgd import LocalSGD
from engine.local_training import LocalLearner, Mixture
from engine.measures import Probe
from engine.nets import ResidualMLP
from engine.snapshot import Snapshot
from engine.tasks.cifar10 import Cifar10Task
from engine.tasks.task import Batch
from engine.training import BackPropagation

SEEDS, BATCH, DEPTH = (42, 123, 456), 128, 4
STAGES = {stage.name: stage for stage in catalog.STAGES}


@dataclass(frozen=True)
class Step:
    """A step to be repeated; the data of each, and its augmentation, are part of it.

    Attributes:
        operations: of one step of all seeds.
        dtype: in which most of it is computed.
    """

    run: Callable[[], object]
    operations: float
    dtype: torch.dtype = torch.float32


class Setting:
    """Three networks of one width at the start of training, with their batches, and the calls of
    the catalog that mean them.
    """

    def __init__(self, width: int) -> None:
        task = Call(STAGES["cifar10"], parameters.Cifar10(train_images=BATCH))
        self.start = Call(
            STAGES["train_bp"],
            parameters.TrainBP(epoch=0, width=width, depth=DEPTH),
            {"task": task},
        )
        self.dfa = Call(STAGES["dfa"], NoParameters(), {"snapshot": self.start})
        self.task = Cifar10Task(parameters.Cifar10(train_images=BATCH * 64), SEEDS, "cpu")
        own = parameters.TrainBP(width=width, depth=DEPTH, epoch=1)
        self.snapshot = Snapshot.initialised(self.task, SEEDS, own, "cpu")
        self.architecture = self.snapshot.network.architecture
        self._batches = self._epochs()

    def _epochs(self) -> Iterator[Batch]:
        for epoch in count():
            yield from self.task.epoch(epoch, BATCH)

    def next(self) -> Batch:
        """The next batch of the training set."""
        return next(self._batches)

    @cached_property
    def double(self) -> ResidualMLP:
        """The networks in float64, in which credit is measured."""
        return ResidualMLP(self.architecture, self.snapshot.network.weights.to(torch.float64))

    def feedback(self, dtype: torch.dtype = torch.float32) -> DFA:
        """The estimator that costs nothing."""
        return DFA([None] * len(SEEDS), SEEDS, self.architecture, "cpu", dtype)

    def local_learner(self) -> LocalLearner:
        """The networks as they learn by DFA."""
        own = [parameters.TrainLocal(epoch=1)] * len(SEEDS)
        learner = LocalLearner(self.snapshot, Mixture(self.feedback(), own), self.task, own)
        learner.begin(0)
        return learner

    def fitted(self, cls: type[FittedEstimator]) -> FittedEstimator:
        """Estimators at the start of their fit to the networks."""
        own = STAGES[cls.stage].parameters()
        estimator = cls([own] * len(SEEDS), SEEDS, self.architecture, "cpu")
        estimator.begin("bench", 0)
        return estimator

    def probe(self) -> Probe:
        """What measures the quality of DFA's credit."""
        own = parameters.CreditQuality(batches=1)
        return Probe(self.double, self.feedback(torch.float64), SEEDS, own)

    def sgd(self) -> LocalSGD:
        """What takes steps by DFA's credit."""
        return LocalSGD(self.double, self.feedback(torch.float64), parameters.LocalDescent())

    def sample(self, split: Literal["train", "test"]) -> list[Batch]:
        """Batches to measure on."""
        return self.task.sample(split, 8, BATCH)

    def forecast(self, stage: str, own: Parameters, **inputs: Call) -> float:
        """Operations of a stage call for all seeds."""
        return len(SEEDS) * Call(STAGES[stage], own, inputs).cost


def back_propagation(setting: Setting) -> Step:
    """One step of train_bp."""
    learner, shape = BackPropagation(setting.snapshot), setting.start.parameters
    task = setting.start.inputs["task"]
    epochs = [
        parameters.TrainBP(epoch=epoch, width=shape.width, depth=shape.depth) for epoch in (0, 1)
    ]
    # Both end with a test pass
    before, after = (setting.forecast("train_bp", own, task=task) for own in epochs)
    return Step(lambda: learner.step(*setting.next()), after - before)


def feedback_alignment(setting: Setting) -> Step:
    """One step of train_local by DFA."""
    learner = setting.local_learner()
    given = {"snapshot": setting.start, "estimator": setting.dfa}
    before, after = (
        setting.forecast("train_local", parameters.TrainLocal(epoch=epoch), **given)
        for epoch in (0, 1)
    )
    return Step(lambda: learner.step(*setting.next()), after - before)


def fit(cls: type[FittedEstimator], setting: Setting) -> Step:
    """One step of an estimator's offline fit."""
    estimator = setting.fitted(cls)
    own = STAGES[cls.stage].parameters(epochs=1)
    operations = setting.forecast(cls.stage, own, snapshot=setting.start)
    return Step(
        lambda: estimator.fit(ForwardPass(setting.snapshot.network, *setting.next())), operations
    )


def credit_quality(setting: Setting) -> Step:
    """One batch of credit_quality, for DFA's credit."""
    probe, batches = setting.probe(), cycle(setting.sample("test"))
    operations = setting.forecast(
        "credit_quality", probe.parameters, snapshot=setting.start, estimator=setting.dfa
    )
    return Step(lambda: probe.measure(next(batches)), operations, torch.float64)


def local_descent(setting: Setting) -> Step:
    """One update batch of local_descent, for DFA's credit."""
    sgd = setting.sgd()
    pairs = cycle(zip(setting.sample("train"), setting.sample("test"), strict=True))
    outcome = descent.DescentOutcome()  # of all batches of a job

    def run() -> object:
        return descent._measure(sgd, *next(pairs), outcome)

    return Step(run, _operations(run), torch.float64)


def _operations(run: Callable[[], object]) -> float:
    """The operations of the products that NumPy multiplies in a run, and of those that torch does."""
    operations, multiply = 0.0, np.matmul

    def counted(a: NDArray[Any], b: NDArray[Any], out: NDArray[Any]) -> NDArray[Any]:
        nonlocal operations
        operations += 2.0 * a.size * b.shape[-1]
        product: NDArray[Any] = multiply(a, b, out=out)
        return product

    with FlopCounterMode(display=False) as counter, patch.object(np, "matmul", counted):
        run()
    return operations + counter.get_total_flops()


KINDS: dict[str, Callable[[Setting], Step]] = {
    "BP": back_propagation,
    "DFA": feedback_alignment,
    "Vec_M4 fit": lambda setting: fit(VectorFieldEstimator, setting),
    "SB fit": lambda setting: fit(StateBridgeEstimator, setting),
    "CB fit": lambda setting: fit(ScalarBridgeEstimator, setting),
    "credit_quality": credit_quality,
    "local_descent": local_descent,
}
