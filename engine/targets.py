"""What a vector field is fitted to on a snapshot, held against the true derivative (definitions, section 7, Validity)."""

from __future__ import annotations

import torch
from torch import Tensor

from cbspec.stage import Job
from engine.credit.estimator import declared
from engine.credit.vector_field import VectorField
from engine.forward import ForwardPass
from engine.measures import correlation
from engine.nets import ResidualMLP
from engine.snapshot import read_network
from engine.tasks import open_task

HEADLINES = {"target_correlation": torch.amin, "silent_targets": torch.amax}  # of the levels, the one that is resolved worst


class Fitted(VectorField):
    """A field that tells what it would be fitted to."""

    def differences(self, forward: ForwardPass, exact: ForwardPass) -> tuple[Tensor, Tensor]:
        """g along fresh directions, as a fit measures it before a control alters it, and <dL/dh_l, v>.

        Args:
            forward: the batch in the precision of training.
            exact: the same in float64.

        Returns:
            Both float64 `[replica, level, M * batch]`, on the CPU.
        """
        v = self._directions(self.credit(forward, range(self.architecture.depth)))
        true = (exact.gradients()[:, :-1].unsqueeze(2) * v.double()).sum(-1)
        return self._measure(forward, v).double().flatten(2).cpu(), true.flatten(2).cpu()


def target_quality(job: Job) -> None:
    """Whether there is anything to fit; see `engine.parameters.TargetQuality`.

    Where hidden states are so large that ``h + eps v`` rounds to h, g is noise or 0, and a field that learns from it, shuffled
    or not, learns from nothing.

    Raises:
        ValueError: the estimator is no vector field.
    """
    replicas, own = job.replicas, job.replicas[0].parameters
    seeds, snapshots = [replica.seed for replica in replicas], [replica.inputs["snapshot"] for replica in replicas]
    calls = [declared(replica.inputs["estimator"]).call for replica in replicas]
    if calls[0].stage.name != Fitted.stage:
        raise ValueError(f"target_quality: {calls[0].stage.name} is fitted to no differences")
    task = open_task(snapshots, seeds, job.device)
    network = read_network(snapshots, task, job.device)
    exact = ResidualMLP(network.architecture, network.weights.to(torch.float64))
    field = Fitted([call.parameters for call in calls], seeds, network.architecture, job.device)
    field.load([replica.inputs["estimator"].tensors for replica in replicas])
    field.begin("target_quality", 0)
    found: list[tuple[Tensor, Tensor]] = []
    for x, y in task.sample("train", own.batches, own.batch_size):
        found.append(field.differences(ForwardPass(network, x, y), ForwardPass(exact, x.double(), y)))
        job.advance(len(found), own.batches, "batch")
    measured, true = (torch.cat(side, -1) for side in zip(*found, strict=True))  # [replica, level, M * sample]
    levels = {"target_correlation": correlation(measured, true), "silent_targets": (measured == 0).double().mean(-1)}
    finite = (measured.isfinite() & true.isfinite()).flatten(1).all(1)
    for replica, sound in enumerate(finite.tolist()):
        _emit(job, replica, {name: value[replica] for name, value in levels.items()} if sound else {})


def _emit(job: Job, replica: int, levels: dict[str, Tensor]) -> None:
    """Each measure at its worst level; none where there are no levels."""
    lost = [name for name in HEADLINES if name not in levels]
    job.emit(
        replica,
        measures={name: HEADLINES[name](value).item() for name, value in levels.items()},
        undefined=dict.fromkeys(lost, "not finite: the hidden states left the range of numbers"),
        series={name: value.tolist() for name, value in levels.items()},
    )
