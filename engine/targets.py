"""What a vector field is fitted to on a snapshot, against the true derivative.

See definitions, section 7, Validity.
"""

from __future__ import annotations

import torch
from torch import Tensor

from cbspec.stage import Job
from engine.architecture import Architecture
from engine.credit.estimator import declared
from engine.credit.vector_field import VectorFieldEstimator
from engine.forward import ForwardPass
from engine.measures import correlation, replica_of
from engine.nets import ResidualMLP
from engine.parameters import TargetQuality
from engine.parameters import VectorField as FieldParameters
from engine.replicas import Replicas
from engine.weights import tensors_of

# Of the levels, each measure is reported for the one that is resolved worst.
HEADLINES = {"target_correlation": torch.amin, "silent_targets": torch.amax}


class FittedField(VectorFieldEstimator):
    """A field that tells what it would be fitted to."""

    def differences(self, forward: ForwardPass, exact: ForwardPass) -> tuple[Tensor, Tensor]:
        """Return g along fresh directions, before a control alters it, and <dL/dh_l, v>.

        Args:
            forward: the batch in the precision of training.
            exact: the same in float64.

        Returns:
            Both float64 `[replica, level, M * batch]` in nats, on the CPU.
        """
        v = self._directions(self.credit(forward, range(self.architecture.depth)))
        true = (exact.gradients()[:, :-1].unsqueeze(2) * v.double()).sum(-1)
        return self._measure(forward, v).double().flatten(2).cpu(), true.flatten(2).cpu()


def target_quality(job: Job[TargetQuality]) -> None:
    """Measure whether there is anything to fit; see `engine.parameters.TargetQuality`.

    Where hidden states are so large that ``h + eps v`` rounds to h, g is noise or 0, and a field
    that learns from it, shuffled or not, learns from nothing.

    Raises:
        ValueError: the estimator is no vector field.
    """
    replicas = Replicas(job)
    parameters, network = replicas.shared, replicas.network()
    field = _field(replicas, network.architecture)
    exact = ResidualMLP(network.architecture, network.weights.to(torch.float64))
    measured: list[Tensor] = []
    true: list[Tensor] = []
    for x, y in replicas.task.sample("train", parameters.batches, parameters.batch_size):
        forward, reference = ForwardPass(network, x, y), ForwardPass(exact, x.double(), y)
        differences, derivatives = field.differences(forward, reference)
        measured.append(differences)
        true.append(derivatives)
        job.advance(len(measured), parameters.batches, "batch")
    _report(job, torch.cat(measured, -1), torch.cat(true, -1))


def _field(replicas: Replicas[TargetQuality], architecture: Architecture) -> FittedField:
    """Return the vector fields that the replicas are given, at the start of their streams."""
    estimators = replicas.inputs("estimator")
    parameters = []
    for artifact in estimators:
        call = declared(artifact).call
        if not isinstance(call.parameters, FieldParameters):
            raise ValueError(f"target_quality: {call.stage.name} is fitted to no differences")
        parameters.append(call.parameters)
    field = FittedField(parameters, replicas.seeds, architecture, replicas.job.device)
    field.load(tensors_of(estimators))
    field.begin("target_quality", 0)
    return field


def _report(job: Job[TargetQuality], measured: Tensor, true: Tensor) -> None:
    """Emit each replica's measures.

    Args:
        measured, true: float64 `[replica, level, M * sample]`.
    """
    levels = {
        "target_correlation": correlation(measured, true),
        "silent_targets": (measured == 0).double().mean(-1),
    }
    finite = (measured.isfinite() & true.isfinite()).flatten(1).all(1)
    for replica, sound in enumerate(finite.tolist()):
        _emit(job, replica, replica_of(levels, replica) if sound else {})


def _emit(job: Job[TargetQuality], replica: int, levels: dict[str, Tensor]) -> None:
    """Emit each measure at its worst level; none where there are no levels."""
    measures: dict[str, float] = {}
    series: dict[str, list[float]] = {}
    for name, value in levels.items():
        measures[name] = HEADLINES[name](value).item()
        series[name] = value.tolist()
    lost = sorted(HEADLINES.keys() - levels.keys())
    job.emit(
        replica,
        measures=measures,
        undefined=dict.fromkeys(lost, "not finite: the hidden states left the range of numbers"),
        series=series,
    )
