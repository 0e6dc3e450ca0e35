"""What local learning does to the loss: k plain SGD steps of a local rule from a frozen snapshot.

Phases 6A, 6C, 6.5A and 7A. Measured in float64.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from cbspec.stage import Job
from engine.credit.estimator import open_estimator
from engine.forward import ForwardPass
from engine.local_sgd import LocalSGD
from engine.measures import ROUNDINGS
from engine.parameters import LocalDescent
from engine.replicas import Replicas
from engine.tasks import Task
from engine.tasks.task import Batch


@dataclass
class DescentOutcome:
    """What the update batches gave.

    Attributes:
        losses: for each batch by how much the loss changes, `[replica, step size, 2]` in nats: that
            of the update batch, and that of the held one.
        totals: for each step size the sum of the changes of weights `[replica, P]`; for the first
            alone if there is one step, whose size variance does not depend on.
        squares: likewise the sum of their squared norms `[replica]`.
    """

    losses: list[Tensor] = field(default_factory=list)
    totals: list[Tensor] = field(default_factory=list)
    squares: list[Tensor] = field(default_factory=list)

    def add_change(self, size: int, change: Tensor) -> None:
        """Add the change `[replica, P]` of the weights in one batch, at step size number `size`."""
        squares = torch.linalg.vector_norm(change, dim=-1).square_()
        if size == len(self.totals):
            self.totals.append(change.clone())
            self.squares.append(squares)
        else:
            self.totals[size] += change
            self.squares[size] += squares

    def variance(self) -> Tensor:
        """Return the update variance `[replica, step size]`; see `update_variance`."""
        sums, batches = zip(self.totals, self.squares, strict=True), len(self.losses)
        variances = torch.stack([update_variance(*pair, batches) for pair in sums], 1)
        return variances.expand(-1, self.losses[0].shape[1])


def update_variance(total: Tensor, squares: Tensor, batches: int) -> Tensor:
    """Return the trace of an update's covariance across batches over its mean's squared norm.

    Open: the memo of 7A has no formula. The squared norm of a mean over n batches exceeds that of
    the expected update by trace / n; uncorrected, the ratio could never exceed n. Not finite where
    n batches do not tell the expected update from zero.

    Args:
        total: sum of the updates `[..., P]`.
        squares: sum of their squared norms `[...]`.
    """
    mean = total.square().sum(-1) / batches**2
    trace = (squares - batches * mean) / (batches - 1)
    return trace / (mean - trace / batches).clamp(min=0)


def local_descent(job: Job[LocalDescent]) -> None:
    """Measure dL_same, dL_held, PUR and update variance; see `engine.parameters.LocalDescent`."""
    replicas = Replicas(job)
    parameters, network = replicas.shared, replicas.network(torch.float64)
    estimator = open_estimator(replicas.inputs("estimator"), network)
    sgd = LocalSGD(network, estimator, parameters)
    outcome, loss = DescentOutcome(), torch.zeros(len(replicas), dtype=torch.float64)
    for done, (update, held) in enumerate(_batches(replicas.task, parameters), 1):
        loss += _measure(sgd, update, held, outcome) / parameters.batches
        job.advance(done, parameters.batches, "batch")
    changes = torch.stack(outcome.losses, -1).cpu()  # [replica, step size, 2, batch]
    variance = outcome.variance().cpu()
    for replica in range(len(replicas)):
        same, held_out = changes[replica].unbind(1)
        _emit(job, replica, same, held_out, variance[replica], loss[replica].item())


def _batches(task: Task, parameters: LocalDescent) -> list[tuple[Batch, Batch]]:
    """Return pairs of update batch and held batch, disjoint."""
    count, size = parameters.batches, parameters.batch_size
    if parameters.update_from == "test":
        held = task.sample("test", 2 * count, size)
        update = held[count:]
    else:
        held = task.sample("test", count, size)
        update = task.sample("train", count, size)
    return list(zip(update, held[:count], strict=True))


def _measure(sgd: LocalSGD, update: Batch, held: Batch, outcome: DescentOutcome) -> Tensor:
    """Measure one update batch at every step size; return the snapshot's loss on it `[replica]`."""
    (x, y), (held_x, held_y) = update, held
    forward = ForwardPass(sgd.network, None, y, sgd.network.embed(x.double()))
    held_h = sgd.enter(sgd.network.embed(held_x.double()))
    # Behind each step both batches run as one
    h, labels = torch.cat([forward.trace.hidden[sgd.lowest], held_h], 1), torch.cat([y, held_y], 1)
    before = torch.stack([forward.losses.mean(1), sgd.losses(held_h, held_y).mean(1)], 1)
    after: list[Tensor] = []
    for size, _ in enumerate(sgd.runs(forward)):
        if size == 0 or sgd.parameters.steps > 1:
            outcome.add_change(size, sgd.change())
        after.append(sgd.losses(h, labels).unflatten(1, (2, -1)).mean(-1))
    outcome.losses.append(torch.stack(after, 1) - before.unsqueeze(1))
    sgd.back()
    return before[:, 0].cpu()


def _emit(
    job: Job[LocalDescent], replica: int, same: Tensor, held: Tensor, variance: Tensor, loss: float
) -> None:
    """Choose the step size with the lowest mean loss on the update batches and report it.

    Args:
        same, held: loss changes `[step size, batch]`, in nats.
        variance: `[step size]`.
        loss: the snapshot's mean loss on the update batches, in nats.
    """
    sizes = job.replicas[replica].parameters.step_sizes
    best = int(torch.nan_to_num(same.mean(-1), nan=torch.inf).argmin())
    measures = {
        "dL_same": same[best].mean().item(),
        "dL_held": held[best].mean().item(),
        "update_variance": variance[best].item(),
    }
    lost = f"not finite at any step size of {list(sizes)}"
    reasons = {name: lost for name in ("dL_same", "dL_held") if not math.isfinite(measures[name])}
    floor = ROUNDINGS * torch.finfo(torch.float64).eps * max(1.0, loss)
    if reasons:
        reasons["pur"] = lost
    elif abs(measures["dL_same"]) <= floor:
        reasons["pur"] = f"dL_same is below float64 resolution ({floor:.0e} nats)"
    else:
        measures["pur"] = measures["dL_held"] / measures["dL_same"]
    if not math.isfinite(measures["update_variance"]):
        batches = same.shape[-1]
        reasons["update_variance"] = f"{batches} batches do not tell the mean update from zero"
    job.emit(
        replica,
        measures={name: value for name, value in measures.items() if name not in reasons},
        undefined=reasons,
        series={
            "step_size": sizes[best],
            "dL_same": _listed(same[best]),
            "dL_held": _listed(held[best]),
            "grid": _grid(sizes, same, held),
        },
    )


def _grid(sizes: Sequence[float], same: Tensor, held: Tensor) -> dict[str, list[float | None]]:
    """Return mean dL_same and dL_held of each step size, in nats."""
    pairs = zip(sizes, same, held, strict=True)
    return {str(size): _listed(torch.stack([a.mean(), b.mean()])) for size, a, b in pairs}


def _listed(values: Tensor) -> list[float | None]:
    """Return values as a series has them: None where a step left the finite numbers."""
    return [value if math.isfinite(value) else None for value in values.tolist()]
