"""Training runs: epochs, checkpoints, divergence; and back-propagation, the simplest learner."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from cbspec.stage import Job, Parameters
from engine.forward import ForwardPass
from engine.nets import ResidualMLP, cross_entropy
from engine.parameters import TrainBP
from engine.replicas import Replicas
from engine.snapshot import Snapshot
from engine.tasks import Task
from engine.weights import Weights


class Learner(Protocol):
    """What a run trains."""

    @property
    def snapshot(self) -> Snapshot:
        """The networks that learn."""

    def begin(self, epoch: int) -> None:
        """Prepare for the first batch of an epoch."""

    def step(self, x: Tensor, y: Tensor) -> Tensor:
        """Learn from one batch; never waits for the host.

        Returns:
            The logits `[replica, batch, classes]` before the step.
        """

    def of(self, replica: int) -> dict[str, Tensor]:
        """Return what a checkpoint of one replica holds."""


class BackPropagation:
    """The gradient of the batch-mean cross-entropy, followed by AdamW; meets `Learner`."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._epoch = 0

    def begin(self, epoch: int) -> None:
        self._epoch = epoch

    def step(self, x: Tensor, y: Tensor) -> Tensor:
        forward = ForwardPass(self.snapshot.network, x, y)
        bp_gradient(forward, self.snapshot.gradient)
        self.snapshot.step(self._epoch)
        return forward.trace.logits

    def of(self, replica: int) -> dict[str, Tensor]:
        return self.snapshot.of(replica)


def bp_gradient(forward: ForwardPass, into: Weights) -> None:
    """Write the gradient of the batch-mean loss with respect to every parameter."""
    network, trace = forward.network, forward.trace
    gradient = network.head_backward(trace, forward.error / forward.size, into)
    for level in reversed(range(network.depth)):
        block = trace.blocks[level]
        gradient = gradient + network.block_backward_through(level, block, gradient, into)
    forward.embed_backward(gradient, into)


class TrainingRun:
    """The course of one learner over the schedule.

    Args:
        replicas: the job's replicas that the learner holds, in its order.
        begin: the epoch at which it stands.
        curves: training loss of every epoch so far in nats, per replica.
    """

    def __init__(
        self,
        replicas: Replicas[Parameters],
        learner: Learner,
        begin: int,
        curves: list[list[float]],
    ) -> None:
        self.replicas, self.job, self.learner = replicas, replicas.job, learner
        self.begin, self.curves = begin, curves
        self.healthy = set(range(len(replicas)))

    def follow(self, end: int, size: int) -> None:
        """Train to the epoch `end` in batches of `size`, emitting every wanted point on the way."""
        if self.begin > self.job.start or self.begin == 0:  # a resumed point is stored already
            self._emit(self.begin)
        for epoch in range(self.begin, end):
            self._close(epoch, self._train(epoch, size))
            if not self.healthy:
                return
            self.job.advance(epoch + 1 - self.begin, end - self.begin, "epoch")
            self._emit(epoch + 1)

    def _train(self, epoch: int, size: int) -> Tensor:
        """Train for one epoch; return its mean loss, float64 `[replica]`, summed on the device."""
        self.learner.begin(epoch)
        total = torch.zeros((), dtype=torch.float64)
        samples = 0
        for x, y in self.replicas.task.epoch(epoch, size):
            total = total + cross_entropy(self.learner.step(x, y), y).sum(1, dtype=torch.float64)
            samples += y.shape[1]
        return total / samples

    def _close(self, epoch: int, losses: Tensor) -> None:
        """Add an epoch's losses to the curves and report the replicas that are not finite."""
        weights = self.learner.snapshot.network.weights.flat
        finite = torch.isfinite(weights).all(1) & torch.isfinite(losses)
        outcomes = zip(losses.tolist(), finite.tolist(), strict=True)
        for replica, (loss, sound) in enumerate(outcomes):
            self.curves[replica].append(loss)
            if replica in self.healthy and not sound:
                self.healthy.discard(replica)
                lane = self.replicas.lanes[replica]
                self.job.diverge(lane, f"loss or weights not finite in epoch {epoch + 1}")

    def _emit(self, epoch: int) -> None:
        if not self.job.wants(epoch):
            return
        accuracy = test_accuracy(self.learner.snapshot.network, self.replicas.task).tolist()
        for replica in sorted(self.healthy):
            curve = self.curves[replica]
            trained = {"train_loss": curve[-1]} if curve else {}
            self.job.emit(
                self.replicas.lanes[replica],
                point=epoch,
                tensors=self.learner.of(replica),
                measures={"test_accuracy": accuracy[replica]} | trained,
                undefined={} if curve else {"train_loss": "no epoch was trained yet"},
                series={"train_loss": list(curve)},
            )


def test_accuracy(network: ResidualMLP, task: Task) -> Tensor:
    """Return the share of the test set that is classified correctly, float64 `[replica]`."""
    flat = network.weights.flat
    right, seen = torch.zeros(len(flat), dtype=torch.float64, device=flat.device), 0
    for x, y in task.test():
        right += (network.logits(network.embed(x)).argmax(-1) == y).sum(1)
        seen += y.shape[1]
    return right / seen


def train_bp(job: Job[TrainBP]) -> None:
    """Train by back-propagation all replicas of a job; see `engine.parameters.TrainBP`."""
    replicas = Replicas(job)
    task, parameters, resumed = replicas.task, replicas.shared, replicas.resumed
    if resumed:
        snapshot = Snapshot.continued(resumed, task, parameters, job.device)
    else:
        snapshot = Snapshot.initialised(task, replicas.seeds, parameters, job.device)
    curves = replicas.curves("train_loss")
    last = max(p.epoch for p in replicas.parameters)
    TrainingRun(replicas, BackPropagation(snapshot), job.start, curves).follow(
        last, parameters.batch_size
    )
