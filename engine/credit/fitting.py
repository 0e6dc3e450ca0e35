"""Offline fitting: an estimator learns on a frozen snapshot, on its task's augmented training data."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from cbspec.stage import Job
from engine.credit.estimator import Estimator
from engine.forward import ForwardPass
from engine.nets import ResidualMLP
from engine.snapshot import read_network
from engine.tasks import Task, open_task


def fit_offline(job: Job, cls: type[Estimator]) -> None:
    """Fit an estimator of the given class for all replicas of its stage's job; the progress parameter is ``epochs``."""
    replicas = job.replicas
    seeds, snapshots = [own.seed for own in replicas], [own.inputs["snapshot"] for own in replicas]
    task = open_task(snapshots, seeds, job.device)
    network = read_network(snapshots, task, job.device)
    estimator = cls([own.parameters for own in replicas], seeds, network.architecture, job.device)
    resumed = [own.resumed for own in replicas if own.resumed]
    if resumed:
        estimator.load([artifact.tensors for artifact in resumed], optimiser=True)
    curves = [list(artifact.series["fit_loss"]) for artifact in resumed] or [[] for _ in seeds]
    _follow(job, network, estimator, task, curves)


def _follow(job: Job, network: ResidualMLP, estimator: Estimator, task: Task, curves: list[list[float]]) -> None:
    end = max(own.parameters.epochs for own in job.replicas)
    healthy = set(range(len(job.replicas)))
    if job.start == 0 and job.wants(0):
        _emit(job, estimator, 0, curves, healthy)
    for epoch in range(job.start, end):
        losses = fit_epoch(network, estimator, task, "fit", epoch, job.replicas[0].parameters.batch_size)
        for replica, loss in enumerate(losses.tolist()):
            curves[replica].append(loss)
        for replica in [replica for replica in healthy if not torch.isfinite(losses[replica])]:
            healthy.discard(replica)
            job.diverge(replica, f"estimator's loss not finite in epoch {epoch + 1} of its fit")
        if not healthy:
            return
        job.advance(epoch + 1 - job.start, end - job.start, "epoch")
        if job.wants(epoch + 1):
            _emit(job, estimator, epoch + 1, curves, healthy)


def fit_epoch(
    network: ResidualMLP, estimator: Estimator, task: Task, purpose: str, epoch: int, size: int, active: Any = None
) -> Tensor:
    """Train the estimator on one epoch of batches of the frozen network; the mean objective, float64 `[replica]`."""
    estimator.begin(purpose, epoch)
    total, batches = torch.zeros((), dtype=torch.float64), 0
    for x, y in task.epoch(epoch, size):
        total, batches = total + estimator.fit(ForwardPass(network, x, y), active).double(), batches + 1
    return total / batches


def _emit(job: Job, estimator: Estimator, epoch: int, curves: list[list[float]], healthy: set[int]) -> None:
    for replica in sorted(healthy):
        curve = curves[replica]
        job.emit(
            replica,
            point=epoch,
            tensors=estimator.of(replica),
            measures={"fit_loss": curve[-1]} if curve else {},
            undefined={} if curve else {"fit_loss": "no epoch was fitted yet"},
            series={"fit_loss": list(curve)},
        )
