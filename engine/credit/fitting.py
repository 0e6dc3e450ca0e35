"""Offline fitting: an estimator learns on a frozen snapshot, on augmented training data."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from cbspec.stage import Job
from engine.credit.estimator import Estimator
from engine.credit.fitted import FittedEstimator, P
from engine.forward import ForwardPass
from engine.nets import ResidualMLP
from engine.replicas import Replicas
from engine.tasks import Task
from engine.weights import tensors_of


def fit_offline(job: Job[P], cls: type[FittedEstimator[P]]) -> None:
    """Fit an estimator of the given class for all replicas of its stage's job.

    The progress parameter is ``epochs``.
    """
    replicas = Replicas(job)
    network = replicas.network()
    estimator = cls(replicas.parameters, replicas.seeds, network.architecture, job.device)
    resumed = replicas.resumed
    if resumed:
        estimator.load(tensors_of(resumed), optimiser=True)
    _follow(replicas, network, estimator)


def _follow(replicas: Replicas[P], network: ResidualMLP, estimator: FittedEstimator[P]) -> None:
    """Fit to the last wanted epoch and emit every wanted point."""
    job, curves = replicas.job, replicas.curves("fit_loss")
    end = max(parameters.epochs for parameters in replicas.parameters)
    healthy = set(range(len(replicas)))
    if job.start == 0 and job.wants(0):
        _emit(job, estimator, 0, curves, healthy)
    for epoch in range(job.start, end):
        size = replicas.shared.batch_size
        losses = fit_epoch(network, estimator, replicas.task, "fit", epoch, size)
        for replica, loss in enumerate(losses.tolist()):
            curves[replica].append(loss)
            if replica in healthy and not math.isfinite(loss):
                healthy.discard(replica)
                job.diverge(replica, f"estimator's loss not finite in epoch {epoch + 1} of its fit")
        if not healthy:
            return
        job.advance(epoch + 1 - job.start, end - job.start, "epoch")
        if job.wants(epoch + 1):
            _emit(job, estimator, epoch + 1, curves, healthy)


def fit_epoch(
    network: ResidualMLP,
    estimator: Estimator,
    task: Task,
    purpose: str,
    epoch: int,
    size: int,
    active: Tensor | None = None,
) -> Tensor:
    """Train the estimator on one epoch of batches of the frozen network.

    Args:
        purpose: names the random streams, see `Estimator.begin`.
        size: samples per batch and replica.
        active: bool `[replica]`; the others stay exactly as they are. None: all learn.

    Returns:
        The objective's mean over the samples, float64 `[replica]`.
    """
    estimator.begin(purpose, epoch)
    total, samples = torch.zeros((), dtype=torch.float64), 0
    for x, y in task.epoch(epoch, size):
        batch = y.shape[-1]
        total = total + batch * estimator.fit(ForwardPass(network, x, y), active).double()
        samples += batch
    return total / samples


def _emit(
    job: Job[P],
    estimator: Estimator,
    epoch: int,
    curves: list[list[float]],
    healthy: set[int],
) -> None:
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
