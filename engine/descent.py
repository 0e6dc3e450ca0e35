"""What local learning does to the loss: k plain SGD steps of a local rule from a frozen snapshot (phases 6A, 6C, 6.5A, 7A).

Measured in float64. Only blocks move, so h_0 of a batch is computed once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from cbspec.stage import Job
from engine.credit.estimator import Estimator, normalise, open_estimator
from engine.forward import ForwardPass
from engine.measures import ROUNDINGS
from engine.nets import ResidualMLP, cross_entropy
from engine.rules import RULES, block_gradients
from engine.snapshot import read_network
from engine.tasks import open_task
from engine.tasks.task import Batch


class LocalSGD:
    """Plain gradient steps of the blocks in range, credit estimated anew at each step."""

    def __init__(self, network: ResidualMLP, estimator: Estimator, parameters: Any) -> None:
        self.network, self.estimator, self.own = network, estimator, parameters
        self.rule = RULES[parameters.rule]
        self.blocks = range(network.depth - 1 if parameters.blocks == "last1" else 0, network.depth)
        self.frozen = network.weights.flat.clone()
        self.gradient = network.weights.like()

    def update(self, h: Tensor, y: Tensor) -> Tensor:
        """The gradient `[replica, P]` at the network's present weights; 0 outside the blocks in range."""
        forward, levels = ForwardPass(self.network, None, y, h), self.rule.levels(self.blocks)
        credit = self.estimator.credit(forward, levels)
        credit = normalise(credit) if self.own.credit == "normalised" else credit
        block_gradients(forward, self.blocks, credit.unbind(1), self.rule, self.own.eta, self.gradient)
        return self.gradient.flat.clamp_(-1, 1) if self.own.clamp else self.gradient.flat

    def runs(self, h: Tensor, y: Tensor) -> list[Tensor]:
        """The weights' change `[replica, P]` after k steps from the snapshot, for each step size."""
        self.network.weights.flat.copy_(self.frozen)
        first = self.update(h, y).clone()  # the same for every step size
        changes = []
        for size in self.own.step_sizes:
            self.network.weights.flat.copy_(self.frozen).add_(first, alpha=-size)
            for _ in range(self.own.steps - 1):
                self.network.weights.flat.add_(self.update(h, y), alpha=-size)
            changes.append(self.network.weights.flat - self.frozen)
        return changes

    def loss(self, h: Tensor, y: Tensor, change: Tensor | float = 0.0) -> Tensor:
        """Batch-mean loss `[replica]` of the snapshot with its weights changed."""
        torch.add(self.frozen, change, out=self.network.weights.flat)
        return cross_entropy(self.network.logits(h), y).mean(1)


@dataclass
class Outcome:
    """Per batch `[replica, step size]` losses' changes, and the sums that the update's variance is made of."""

    same: list[Tensor] = field(default_factory=list)
    held: list[Tensor] = field(default_factory=list)
    total: Tensor | float = 0.0
    squares: Tensor | float = 0.0

    def add(self, same: Tensor, held: Tensor, changes: Tensor) -> None:
        """One batch; changes `[replica, step size, P]`."""
        self.same.append(same)
        self.held.append(held)
        self.total = self.total + changes
        self.squares = self.squares + changes.square().sum(-1)

    def variance(self) -> Tensor:
        """`[replica, step size]`; see `update_variance`."""
        return update_variance(self.total, self.squares, len(self.same))


def update_variance(total: Tensor, squares: Tensor, batches: int) -> Tensor:
    """Trace of an update's covariance across batches over the squared norm of its mean (open: the memo of 7A has no formula).

    The squared norm of a mean over n batches exceeds that of the expected update by trace / n; uncorrected, the ratio could
    never exceed n. Not finite where n batches do not tell the expected update from zero.

    Args:
        total: sum of the updates `[..., P]`.
        squares: sum of their squared norms `[...]`.
    """
    mean = total.square().sum(-1) / batches**2
    trace = (squares - batches * mean) / (batches - 1)
    return trace / (mean - trace / batches).clamp(min=0)


def local_descent(job: Job) -> None:
    """dL_same, dL_held, PUR and update variance; see `engine.parameters.LocalDescent`."""
    replicas, own = job.replicas, job.replicas[0].parameters
    seeds, snapshots = [replica.seed for replica in replicas], [replica.inputs["snapshot"] for replica in replicas]
    task = open_task(snapshots, seeds, job.device)
    network = read_network(snapshots, task, job.device, torch.float64)
    given = [replica.inputs["estimator"] for replica in replicas]
    sgd = LocalSGD(network, open_estimator(given, network.architecture, job.device, torch.float64), own)
    outcome, base = Outcome(), torch.zeros(len(replicas), dtype=torch.float64)
    for done, (update, held) in enumerate(_batches(task, own), 1):
        base += _measure(sgd, update, held, outcome) / own.batches
        job.advance(done, own.batches, "batch")
    same, held_out = (torch.stack(part, -1).cpu() for part in (outcome.same, outcome.held))  # [replica, step size, batch]
    variance = outcome.variance().cpu()
    for replica in range(len(replicas)):
        _emit(job, replica, same[replica], held_out[replica], variance[replica], base[replica].item())


def _batches(task: Any, own: Any) -> Sequence[tuple[Batch, Batch]]:
    """Pairs of update batch and held batch, disjoint."""
    held = task.sample("test", own.batches * (2 if own.update_from == "test" else 1), own.batch_size)
    update = held[own.batches :] if own.update_from == "test" else task.sample("train", own.batches, own.batch_size)
    return list(zip(update, held[: own.batches], strict=True))


def _measure(sgd: LocalSGD, update: Batch, held: Batch, outcome: Outcome) -> Tensor:
    """One update batch, every step size; the snapshot's loss on it `[replica]`."""
    (h, y), (other, labels) = ((sgd.network.embed(x.double()), y) for x, y in (update, held))
    before, before_held = sgd.loss(h, y), sgd.loss(other, labels)
    changes = sgd.runs(h, y)
    same = torch.stack([sgd.loss(h, y, change) - before for change in changes], 1)
    held_out = torch.stack([sgd.loss(other, labels, change) - before_held for change in changes], 1)
    outcome.add(same, held_out, torch.stack(changes, 1))
    sgd.loss(h, y)  # back to the snapshot
    return before.cpu()


def _emit(job: Job, replica: int, same: Tensor, held: Tensor, variance: Tensor, loss: float) -> None:
    """Choose the step size with the lowest mean loss on the update batches and report it."""
    own = job.replicas[replica].parameters
    means = torch.nan_to_num(same.mean(-1), nan=torch.inf)
    best = int(means.argmin())
    measures = {"dL_same": same[best].mean().item(), "dL_held": held[best].mean().item()}
    reasons = {name: f"not finite at any step size of {list(own.step_sizes)}" for name, v in measures.items() if not _finite(v)}
    floor = ROUNDINGS * torch.finfo(torch.float64).eps * max(1.0, loss)
    if reasons or abs(measures["dL_same"]) <= floor:
        reasons["pur"] = f"dL_same is below float64 resolution ({floor:.0e} nats)" if not reasons else reasons["dL_same"]
    else:
        measures["pur"] = measures["dL_held"] / measures["dL_same"]
    if _finite(variance[best].item()):
        measures["update_variance"] = variance[best].item()
    else:
        reasons["update_variance"] = f"{own.batches} batches do not tell the mean update from zero"
    grid = {str(size): [same[k].mean().item(), held[k].mean().item()] for k, size in enumerate(own.step_sizes)}
    job.emit(
        replica,
        measures={name: value for name, value in measures.items() if name not in reasons},
        undefined=reasons,
        series={"step_size": own.step_sizes[best], "dL_same": same[best].tolist(), "dL_held": held[best].tolist(), "grid": grid},
    )


def _finite(value: float) -> bool:
    return value - value == 0
