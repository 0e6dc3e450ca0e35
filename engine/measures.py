"""Credit held against the true gradient and the true loss, in float64 (definitions, section 7).

The formulas first, on tensors; then the stage that applies them to test batches. A figure whose reference is below the
arithmetic's resolution is *undefined* and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from cbspec.stage import Job
from engine.credit.estimator import Estimator, normalise, open_estimator
from engine.forward import ForwardPass
from engine.nets import ResidualMLP
from engine.randomness import generator
from engine.snapshot import read_network
from engine.tails import Tails
from engine.tasks import open_task
from engine.tasks.task import Batch

UNITS = 2.0**12  # a state moved by so many units in its last place must leave its gradient's direction alone ...
STEADY = 0.99  # ... up to this cosine, or the reference is noise
ROUNDINGS = 64  # a loss change must exceed so many roundings of the loss

MEASURES = ("gamma", "rho", "nudge", "reference_norm", "hidden_norm", "float32_agreement", "state_error")


def cosine(a: Tensor, b: Tensor) -> Tensor:
    """Cosine over the last axis, 0 where either vanishes; exact for vectors of any length, unlike one with an epsilon."""
    scale_a, scale_b = a.abs().amax(-1, keepdim=True), b.abs().amax(-1, keepdim=True)
    a, b = a / scale_a, b / scale_b  # squares of tiny gradients would underflow
    return torch.where((scale_a * scale_b).squeeze(-1) > 0, (a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1)), 0.0)


def gamma(credit: Tensor, reference: Tensor) -> Tensor:
    """Gamma: cosine of credit and gradient `[..., batch, d]` per sample, averaged over the batch; `[...]`."""
    return cosine(credit, reference).mean(-1)


def correlation(x: Tensor, y: Tensor) -> Tensor:
    """Pearson correlation over the last axis; 0 where either side has no spread."""
    return cosine(x - x.mean(-1, keepdim=True), y - y.mean(-1, keepdim=True))


class Probe:
    """Measures R estimators on R frozen networks, batch by batch.

    Args:
        parameters: `engine.parameters.CreditQuality`.
    """

    def __init__(self, network: ResidualMLP, estimator: Estimator, seeds: Sequence[int], parameters: Any) -> None:
        self.network, self.estimator, self.own = network, estimator, parameters
        self.single = ResidualMLP(network.architecture, network.weights.to(torch.float32))
        device = network.weights.flat.device
        self._streams = [generator(seed, "credit_quality", "directions", device) for seed in seeds]

    def measure(self, batch: Batch) -> dict[str, Tensor]:
        """Per replica and level: gamma, nudge, norms, float32 agreement, steadiness; for rho both sides of the correlation."""
        x, y = batch
        network, levels = self.network, range(self.network.depth)
        forward = ForwardPass(network, x.double(), y)
        reference, credit = forward.gradients()[:, :-1], self.estimator.credit(forward, levels)
        predicted, changed, nudged = self._tails(forward, credit)
        missed = self.estimator.state_error(forward)
        return ({} if missed is None else {"state_error": missed}) | {
            "gamma": gamma(credit, reference),
            "predicted": predicted,
            "changed": changed,
            "nudge": nudged.mean(-1),
            "reference_norm": reference.norm(dim=-1).mean(-1),
            "hidden_norm": forward.states.norm(dim=-1).mean(-1),
            "loss": forward.losses.mean(-1, keepdim=True),
            "float32_agreement": gamma(ForwardPass(self.single, x, y).gradients()[:, :-1].double(), reference),
            "steadiness": gamma(self._shaken(forward).gradients()[:, :-1], reference),
        }

    def _tails(self, forward: ForwardPass, credit: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Predicted and real loss change `[replica, level, direction * batch]` along random directions, and under the nudge."""
        replicas, levels, batch, d = credit.shape
        v = torch.stack([torch.randn(levels, self.own.directions, d, generator=s, device=s.device) for s in self._streams])
        v = (v / v.norm(dim=-1, keepdim=True)).to(credit.dtype) * self.own.eps
        predicted = torch.matmul(v, credit.transpose(2, 3))  # [replica, level, direction, batch]
        states, y, tails = forward.states[:, :-1], forward.y, Tails(self.network)
        nudge = tails.losses(states, y, normalise(credit).unsqueeze(2), -self.own.eta)
        losses = torch.cat([tails.losses(states, y, v.unsqueeze(3)), nudge], 2)
        change = losses - forward.losses.view(replicas, 1, 1, batch)
        return predicted.flatten(2), change[:, :, :-1].flatten(2), change[:, :, -1]

    def _shaken(self, forward: ForwardPass) -> ForwardPass:
        """The same batch with h_0 moved by some units in its last place."""
        h = forward.trace.hidden[0]
        signs = torch.ones_like(h)
        signs[:, :, ::2] = -1
        return ForwardPass(self.network, None, forward.y, h * (1 + UNITS * torch.finfo(h.dtype).eps * signs))


def credit_quality(job: Job) -> None:
    """Gamma, rho, nudge and their validity; see `engine.parameters.CreditQuality`."""
    replicas, own = job.replicas, job.replicas[0].parameters
    seeds, snapshots = [replica.seed for replica in replicas], [replica.inputs["snapshot"] for replica in replicas]
    task = open_task(snapshots, seeds, job.device)
    network = read_network(snapshots, task, job.device, torch.float64)
    given = [replica.inputs["estimator"] for replica in replicas]
    probe = Probe(network, open_estimator(given, network.architecture, job.device, torch.float64), seeds, own)
    found: list[dict[str, Tensor]] = []
    for batch in task.sample("test", own.batches, own.batch_size):
        found.append({name: value.cpu() for name, value in probe.measure(batch).items()})
        job.advance(len(found), own.batches, "batch")
    pooled = {name: torch.stack([part[name] for part in found]).mean(0) for name in found[0]}
    sides = [torch.cat([part[name] for part in found], -1) for name in ("predicted", "changed")]
    pooled |= {"rho": correlation(*sides), "signal": sides[1].square().mean(-1).sqrt()}
    for replica in range(len(replicas)):
        _emit(job, replica, {name: value[replica] for name, value in pooled.items()})


def _emit(job: Job, replica: int, found: dict[str, Tensor]) -> None:
    reasons = undefined(found)
    job.emit(
        replica,
        measures={name: found[name].mean().item() for name in MEASURES if name not in reasons},
        undefined=reasons,
        series={name: found[name].tolist() for name in MEASURES if name not in reasons},
    )


def undefined(found: dict[str, Tensor]) -> dict[str, str]:
    """Which measures of one replica have no value, and why.

    Args:
        found: per-level values of every measure, with `steadiness`, `signal` and the mean `loss`.
    """
    reasons = {
        name: "not finite: the hidden states left the range of numbers"
        for name in MEASURES
        if name in found and not found[name].isfinite().all()
    }
    if "state_error" not in found:
        reasons["state_error"] = "the estimator predicts no state"
    turning = [level for level, cosine in enumerate(found["steadiness"].tolist()) if not cosine > STEADY]
    if turning:
        why = f"reference gradient is below float64 resolution at level {', '.join(map(str, turning))}: it turns under rounding"
        reasons |= dict.fromkeys(("gamma", "float32_agreement"), why)
    floor = ROUNDINGS * torch.finfo(torch.float64).eps * max(1.0, found["loss"].max().item())
    silent = [level for level, change in enumerate(found["signal"].tolist()) if not change > floor]
    if silent:
        why = f"loss changes are below float64 resolution ({floor:.0e} nats) at level {', '.join(map(str, silent))}"
        reasons |= dict.fromkeys(("rho", "nudge"), why)
    return reasons
