"""Credit held against the true gradient and the true loss, in float64 (definitions, section 7).

The formulas first, on tensors; then the stage that applies them to test batches. A measure whose
reference is below the arithmetic's resolution is *undefined* and says so.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from cbspec.stage import Job
from engine.credit.estimator import Estimator, normalise, open_estimator
from engine.forward import ForwardPass
from engine.nets import ResidualMLP, cross_entropy
from engine.parameters import CreditQuality
from engine.randomness import generator
from engine.replicas import Replicas
from engine.tails import Tails
from engine.tasks.task import Batch

# A state moved by so many units in its last place must leave its gradient's direction alone, up to
# this cosine, or the reference is noise.
UNITS = 2.0**12
STEADY = 0.99
ROUNDINGS = 64  # a loss change must exceed so many roundings of the loss

MEASURES = (
    "gamma",
    "rho",
    "nudge",
    "reference_norm",
    "hidden_norm",
    "float32_agreement",
    "state_error",
)


def cosine(a: Tensor, b: Tensor) -> Tensor:
    """Return the cosine over the last axis, 0 where either vanishes.

    It is exact for vectors of any length, unlike one with an epsilon.
    """
    scale_a, scale_b = a.abs().amax(-1, keepdim=True), b.abs().amax(-1, keepdim=True)
    a, b = a / scale_a, b / scale_b  # squares of tiny gradients would underflow
    cosines = (a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1))
    return torch.where((scale_a * scale_b).squeeze(-1) > 0, cosines, 0.0)


def gamma(credit: Tensor, reference: Tensor) -> Tensor:
    """Return Gamma: cosine of credit and gradient per sample, averaged over the batch.

    Args:
        credit, reference: `[..., batch, d]`.

    Returns:
        `[...]`.
    """
    return cosine(credit, reference).mean(-1)


def correlation(x: Tensor, y: Tensor) -> Tensor:
    """Return the Pearson correlation over the last axis; 0 where either side has no spread."""
    return cosine(x - x.mean(-1, keepdim=True), y - y.mean(-1, keepdim=True))


def by_autograd(forward: ForwardPass) -> Tensor:
    """Return the true per-sample gradients dL/dh_l for l = 0..L-1, `[replica, level, batch, d]`.

    The oracle has them by the backward pass that is written out in `engine.nets`. So a control that
    asks for its Gamma of 1 compares two computations, and fails where one of them is wrong.
    """
    with torch.enable_grad():
        entering = forward.trace.hidden[0].detach().requires_grad_()
        trace = forward.network.forward(entering)
        loss = cross_entropy(trace.logits, forward.y).sum()
    return torch.stack(torch.autograd.grad(loss, trace.hidden[:-1]), 1)


class Probe:
    """Measures R estimators on R frozen networks, batch by batch."""

    def __init__(
        self,
        network: ResidualMLP,
        estimator: Estimator,
        seeds: Sequence[int],
        parameters: CreditQuality,
    ) -> None:
        self.network, self.estimator, self.parameters = network, estimator, parameters
        self.single = ResidualMLP(network.architecture, network.weights.to(torch.float32))
        device = network.weights.flat.device
        self._streams = [generator(seed, "credit_quality", "directions", device) for seed in seeds]

    def measure(self, batch: Batch) -> dict[str, Tensor]:
        """Measure one batch, per replica and level.

        Returns:
            The measures but rho, `[replica, level]`; `predicted` and `changed`, the two sides of
            rho's correlation, `[replica, level, direction * batch]`; `loss` `[replica, 1]`; and
            `steadiness`, the cosine that `STEADY` bounds.
        """
        x, y = batch
        network, levels = self.network, range(self.network.depth)
        forward = ForwardPass(network, x.double(), y)
        reference, credit = by_autograd(forward), self.estimator.credit(forward, levels)
        predicted, changed, nudged = self._tails(forward, credit)
        single = ForwardPass(self.single, x, y).gradients()[:, :-1].double()
        shaken = self._shaken(forward).gradients()[:, :-1]
        measured = {
            "gamma": gamma(credit, reference),
            "predicted": predicted,
            "changed": changed,
            "nudge": nudged.mean(-1),
            "reference_norm": reference.norm(dim=-1).mean(-1),
            "hidden_norm": forward.states.norm(dim=-1).mean(-1),
            "loss": forward.losses.mean(-1, keepdim=True),
            "float32_agreement": gamma(single, reference),
            "steadiness": gamma(shaken, reference),
        }
        state_error = self.estimator.state_error(forward)
        return measured if state_error is None else measured | {"state_error": state_error}

    def _tails(self, forward: ForwardPass, credit: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return predicted and real loss change along random directions, and under the nudge.

        Returns:
            Twice `[replica, level, direction * batch]`, then `[replica, level, batch]`, in nats.
        """
        states, y, tails = forward.states[:, :-1], forward.y, Tails(self.network)
        replicas, batch = y.shape
        v = self._directions(credit)
        predicted = torch.matmul(v, credit.transpose(2, 3))  # [replica, level, direction, batch]
        nudge = tails.losses(states, y, normalise(credit).unsqueeze(2), -self.parameters.eta)
        losses = torch.cat([tails.losses(states, y, v.unsqueeze(3)), nudge], 2)
        change = losses - forward.losses.view(replicas, 1, 1, batch)
        return predicted.flatten(2), change[:, :, :-1].flatten(2), change[:, :, -1]

    def _directions(self, credit: Tensor) -> Tensor:
        """Draw directions of length eps, the same for all samples, `[replica, level, M, d]`."""
        shape = (credit.shape[1], self.parameters.directions, credit.shape[-1])
        v = torch.empty((len(self._streams), *shape), device=self._streams[0].device)
        for drawn, stream in zip(v, self._streams, strict=True):
            drawn.normal_(generator=stream)
        unit: Tensor = v / v.norm(dim=-1, keepdim=True)
        return unit.to(credit.dtype) * self.parameters.eps

    def _shaken(self, forward: ForwardPass) -> ForwardPass:
        """Return the same batch with h_0 moved by some units in its last place."""
        h = forward.trace.hidden[0]
        signs = torch.ones_like(h)
        signs[:, :, ::2] = -1
        moved = h * (1 + UNITS * torch.finfo(h.dtype).eps * signs)
        return ForwardPass(self.network, None, forward.y, moved)


def credit_quality(job: Job[CreditQuality]) -> None:
    """Measure Gamma, rho, nudge and their validity; see `engine.parameters.CreditQuality`."""
    replicas = Replicas(job)
    parameters, network = replicas.shared, replicas.network(torch.float64)
    estimator = open_estimator(replicas.inputs("estimator"), network)
    probe = Probe(network, estimator, replicas.seeds, parameters)
    parts: list[dict[str, Tensor]] = []
    for batch in replicas.task.sample("test", parameters.batches, parameters.batch_size):
        parts.append({name: value.cpu() for name, value in probe.measure(batch).items()})
        job.advance(len(parts), parameters.batches, "batch")
    pooled = _pooled(parts)
    for replica in range(len(replicas)):
        _emit(job, replica, replica_of(pooled, replica))


def _pooled(parts: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Return every measure `[replica, level]` over all batches, with what its validity needs."""
    columns: dict[str, list[Tensor]] = {}
    for part in parts:
        for name, value in part.items():
            columns.setdefault(name, []).append(value)
    # One correlation over the directions and samples of all batches together
    predicted, changed = torch.cat(columns["predicted"], -1), torch.cat(columns["changed"], -1)
    rho, signal = correlation(predicted, changed), changed.square().mean(-1).sqrt()
    pooled = {}
    for name, batches in columns.items():
        pooled[name] = torch.stack(batches).mean(0)
    return pooled | {"rho": rho, "signal": signal}


def _emit(job: Job[CreditQuality], replica: int, levels: dict[str, Tensor]) -> None:
    reasons = undefined(levels)
    measures: dict[str, float] = {}
    series: dict[str, list[float]] = {}
    for name in MEASURES:
        if name not in reasons:
            measures[name] = levels[name].mean().item()
            series[name] = levels[name].tolist()
    job.emit(replica, measures=measures, undefined=reasons, series=series)


def replica_of(measures: dict[str, Tensor], replica: int) -> dict[str, Tensor]:
    """Return one replica's part of measures `[replica, ...]`."""
    return {name: value[replica] for name, value in measures.items()}


def undefined(levels: dict[str, Tensor]) -> dict[str, str]:
    """Return which measures of one replica have no value, and why.

    Args:
        levels: every measure per level, with `steadiness`, `signal` and the mean `loss` in nats.
    """
    reasons = {
        name: "not finite: the hidden states left the range of numbers"
        for name in MEASURES
        if name in levels and not levels[name].isfinite().all()
    }
    if "state_error" not in levels:
        reasons["state_error"] = "the estimator predicts no state"
    turning = _not_above(levels["steadiness"], STEADY)
    if turning:
        where = f"reference gradient is below float64 resolution at level {turning}"
        why = f"{where}: it turns under rounding"
        reasons |= dict.fromkeys(("gamma", "float32_agreement"), why)
    floor = ROUNDINGS * torch.finfo(torch.float64).eps * max(1.0, levels["loss"].max().item())
    silent = _not_above(levels["signal"], floor)
    if silent:
        why = f"loss changes are below float64 resolution ({floor:.0e} nats) at level {silent}"
        reasons |= dict.fromkeys(("rho", "nudge"), why)
    return reasons


def _not_above(values: Tensor, floor: float) -> str:
    """Return the levels whose value is not above a floor, or is no number: ``"0, 2"``."""
    return ", ".join(str(level) for level, value in enumerate(values.tolist()) if not value > floor)
