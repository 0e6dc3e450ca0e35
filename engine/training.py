"""Training runs: epochs, checkpoints at the wanted points, divergence; and back-propagation, the simplest learner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from cbspec.stage import Job
from engine.forward import ForwardPass
from engine.nets import ResidualMLP, cross_entropy
from engine.snapshot import Snapshot
from engine.tasks import Task, open_task
from engine.weights import Weights


class Learner(Protocol):
    """What a run trains."""

    @property
    def snapshot(self) -> Snapshot:
        """The networks that learn."""

    def begin(self, epoch: int) -> None:
        """Called before the first batch of an epoch."""

    def step(self, x: Tensor, y: Tensor) -> Tensor:
        """Learn from one batch; returns the logits `[replica, batch, classes]` before the step. Never waits for the host."""

    def of(self, replica: int) -> dict[str, Tensor]:
        """What a checkpoint of one replica holds."""


class BackPropagation:
    """The gradient of the batch-mean cross-entropy, followed by AdamW."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.of = snapshot.of
        self._epoch = 0

    def begin(self, epoch: int) -> None:
        self._epoch = epoch

    def step(self, x: Tensor, y: Tensor) -> Tensor:
        forward = ForwardPass(self.snapshot.network, x, y)
        bp_gradient(forward, self.snapshot.gradient)
        self.snapshot.step(self._epoch)
        return forward.trace.logits


def bp_gradient(forward: ForwardPass, into: Weights) -> None:
    """Write the gradient of the batch-mean loss with respect to every parameter."""
    network, trace = forward.network, forward.trace
    gradient = network.head_backward(trace, forward.error / forward.size, into)
    for level in reversed(range(network.depth)):
        gradient = gradient + network.block_backward_through(level, trace.blocks[level], gradient, into)
    network.embed_backward(forward.x, gradient, into)


class Run:
    """The course of one learner over the schedule.

    Args:
        lanes: the job's replicas that the learner holds, in its order.
        begin: the epoch at which it stands.
        curves: training loss of every epoch so far, per lane.
    """

    def __init__(self, job: Job, lanes: Sequence[int], learner: Learner, task: Task, begin: int, curves: list[list[float]]):
        self.job, self.lanes, self.learner, self.task = job, lanes, learner, task
        self.begin, self.curves = begin, curves
        self.healthy = set(range(len(lanes)))

    def follow(self, size: int) -> None:
        """Train to the last wanted epoch in batches of `size`, emitting every wanted point from `begin` on."""
        end = max(self.job.replicas[lane].parameters.epoch for lane in self.lanes)
        if self.begin > self.job.start or self.begin == 0:  # a resumed point is stored already
            self._emit(self.begin)
        for epoch in range(self.begin, end):
            self._close(epoch, self._train(epoch, size))
            if not self.healthy:
                return
            self.job.advance(epoch + 1 - self.begin, end - self.begin, "epoch")
            self._emit(epoch + 1)

    def _train(self, epoch: int, size: int) -> Tensor:
        """One epoch; its mean loss, float64 `[replica]`, summed on the device."""
        self.learner.begin(epoch)
        total: Tensor | float = 0.0
        samples = 0
        for x, y in self.task.epoch(epoch, size):
            total = total + cross_entropy(self.learner.step(x, y), y).sum(1, dtype=torch.float64)
            samples += y.shape[1]
        return total / samples

    def _close(self, epoch: int, losses: Tensor) -> None:
        finite = torch.isfinite(self.learner.snapshot.network.weights.flat).all(1) & torch.isfinite(losses)
        for replica, (loss, sound) in enumerate(zip(losses.tolist(), finite.tolist(), strict=True)):
            self.curves[replica].append(loss)
            if replica in self.healthy and not sound:
                self.healthy.discard(replica)
                self.job.diverge(self.lanes[replica], f"loss or weights not finite in epoch {epoch + 1}")

    def _emit(self, epoch: int) -> None:
        if not self.job.wants(epoch):
            return
        accuracy = test_accuracy(self.learner.snapshot.network, self.task).tolist()
        for replica in sorted(self.healthy):
            curve = self.curves[replica]
            measures = {"test_accuracy": accuracy[replica]} | ({"train_loss": curve[-1]} if curve else {})
            self.job.emit(
                self.lanes[replica],
                point=epoch,
                tensors=self.learner.of(replica),
                measures=measures,
                undefined={} if curve else {"train_loss": "no epoch was trained yet"},
                series={"train_loss": list(curve)},
            )


def test_accuracy(network: ResidualMLP, task: Task) -> Tensor:
    """Share of the test set classified correctly, float64 `[replica]`."""
    flat = network.weights.flat
    right, seen = torch.zeros(len(flat), dtype=torch.float64, device=flat.device), 0
    for x, y in task.test():
        right += (network.logits(network.embed(x)).argmax(-1) == y).sum(1)
        seen += y.shape[1]
    return right / seen


def train_bp(job: Job) -> None:
    """Back-propagation for all replicas of a job; see `engine.parameters.TrainBP`."""
    parameters: Any = job.replicas[0].parameters
    seeds = [replica.seed for replica in job.replicas]
    task = open_task([replica.inputs["task"] for replica in job.replicas], seeds, job.device)
    resumed = [replica.resumed for replica in job.replicas if replica.resumed]
    if resumed:
        snapshot = Snapshot.continued(resumed, task, parameters, job.device)
    else:
        snapshot = Snapshot.initialised(task, seeds, parameters, job.device)
    curves = [list(artifact.series["train_loss"]) for artifact in resumed] or [[] for _ in seeds]
    Run(job, range(len(seeds)), BackPropagation(snapshot), task, job.start, curves).follow(parameters.batch_size)
