"""What local learning does to the loss: k plain SGD steps of a local rule from a frozen snapshot (phases 6A, 6C, 6.5A, 7A).

Measured in float64. What lies below the lowest block that moves is computed once for each batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
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


class Rerun(ForwardPass):
    """The batch of a forward pass once more, after blocks from `level` on have moved."""

    def __init__(self, before: ForwardPass, level: int) -> None:
        self.network, self.x, self.y = before.network, before.x, before.y
        below, above = before.trace, self.network.forward(before.trace.hidden[level], level)
        self.trace = replace(above, hidden=below.hidden[:level] + above.hidden, blocks=below.blocks[:level] + above.blocks)


class LocalSGD:
    """Plain gradient steps of the blocks in range, credit estimated anew at each step.

    A batch runs anew from the lowest of these blocks only, and only their part of the weights is copied and changed.

    Attributes:
        lowest: the lowest block that moves.
        moving: the weights that move, `[replica, P]` of the network's own.
        frozen: what they are in the snapshot.
    """

    def __init__(self, network: ResidualMLP, estimator: Estimator, parameters: Any) -> None:
        self.network, self.estimator, self.own = network, estimator, parameters
        self.rule = RULES[parameters.rule]
        self.lowest = network.depth - 1 if parameters.blocks == "last1" else 0
        self.blocks = range(self.lowest, network.depth)
        self.into = network.weights.like()
        offsets = network.weights.layout.offsets
        above = min(offset for name, offset in offsets.items() if not name.startswith(("embed.", "blocks.")))
        self._span = slice(offsets[f"blocks.{self.lowest}.norm.weight"], above)
        self.moving = network.weights.flat[:, self._span]
        self.frozen = self.moving.clone()

    def update(self, forward: ForwardPass) -> Tensor:
        """The gradient `[replica, P]` at the network's present weights."""
        levels = self.rule.levels(self.blocks)
        credit = self.estimator.credit(forward, levels)
        credit = normalise(credit) if self.own.credit == "normalised" else credit
        block_gradients(forward, self.blocks, credit.unbind(1), self.rule, self.own.eta, self.into)
        gradient = self.into.flat[:, self._span]
        return gradient.clamp_(-1, 1) if self.own.clamp else gradient

    def runs(self, forward: ForwardPass) -> list[Tensor]:
        """The change `[replica, P]` after k steps from the snapshot, whose forward pass is given, for each step size."""
        first = self.update(forward).clone()  # the same for every step size
        changes = []
        for size in self.own.step_sizes:
            torch.add(self.frozen, first, alpha=-size, out=self.moving)
            for _ in range(self.own.steps - 1):
                self.moving.add_(self.update(Rerun(forward, self.lowest)), alpha=-size)
            changes.append(self.moving - self.frozen)
        return changes

    def enter(self, h: Tensor) -> Tensor:
        """The state at the lowest block that moves, from h_0."""
        for level in range(self.lowest):
            h = h + self.network.block(level, h).output
        return h

    def loss(self, h: Tensor, y: Tensor, change: Tensor | float = 0.0) -> Tensor:
        """Batch-mean loss `[replica]` of the snapshot with its weights changed, from what `enter` gave."""
        torch.add(self.frozen, change, out=self.moving)
        return cross_entropy(self.network.logits(h, self.lowest), y).mean(1)


@dataclass
class Outcome:
    """Per batch `[replica, step size]` losses' changes, and for each step size the sums that the update's variance is made of."""

    same: list[Tensor] = field(default_factory=list)
    held: list[Tensor] = field(default_factory=list)
    totals: list[Tensor] = field(default_factory=list)
    squares: list[Tensor] = field(default_factory=list)

    def add(self, same: Tensor, held: Tensor, changes: Sequence[Tensor]) -> None:
        """One batch; for each step size its change `[replica, P]`, which becomes this object's."""
        self.same.append(same)
        self.held.append(held)
        lengths = [torch.linalg.vector_norm(change, dim=-1).square_() for change in changes]
        if not self.totals:
            self.totals, self.squares = list(changes), lengths
            return
        for total, change in zip(self.totals, changes, strict=True):
            total += change
        for squares, length in zip(self.squares, lengths, strict=True):
            squares += length

    def variance(self) -> Tensor:
        """`[replica, step size]`; see `update_variance`."""
        pairs = zip(self.totals, self.squares, strict=True)
        return torch.stack([update_variance(total, squares, len(self.same)) for total, squares in pairs], 1)


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
    forward, other = ForwardPass(sgd.network, None, y, h), sgd.enter(other)
    entering = forward.trace.hidden[sgd.lowest]
    before, before_held = forward.losses.mean(1), sgd.loss(other, labels)
    changes = sgd.runs(forward)
    same = torch.stack([sgd.loss(entering, y, change) - before for change in changes], 1)
    held_out = torch.stack([sgd.loss(other, labels, change) - before_held for change in changes], 1)
    outcome.add(same, held_out, changes)
    sgd.moving.copy_(sgd.frozen)  # back to the snapshot
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
    grid = {str(size): _listed(torch.stack([same[k].mean(), held[k].mean()])) for k, size in enumerate(own.step_sizes)}
    job.emit(
        replica,
        measures={name: value for name, value in measures.items() if name not in reasons},
        undefined=reasons,
        series={"step_size": own.step_sizes[best], "dL_same": _listed(same[best]), "dL_held": _listed(held[best]), "grid": grid},
    )


def _listed(values: Tensor) -> list[float | None]:
    """As a series has them: None where a step left the finite numbers."""
    return [value if _finite(value) else None for value in values.tolist()]


def _finite(value: float) -> bool:
    return value - value == 0
