"""Scalar credit bridge (CB): a value network taught by its own noisy next states; credit is its slope."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from cbspec.stage import Job
from engine.credit import features, value
from engine.credit.fitted import FittedEstimator
from engine.credit.perceptron import Perceptron
from engine.credit.fitting import fit_offline
from engine.forward import ForwardPass
from engine.randomness import generator
from engine.weights import Weights

AVERAGE = "average."


class ScalarBridge(FittedEstimator):
    """Credit a_l = grad_h V(h_l, t_l, s), s held fixed even where it contains or depends on h_L.

    V minimises, as means over the batch, ``sum_{l<L} (V(h_l, t_l, s) - softmin_l)^2 + (V(h_L, 1, s) - CE)^2
    + tgw |grad_h V(h_L, 1, s) - dCE/dh_L|^2`` with softmin_l the soft-min of an average of V over noisy next states; no target
    has a gradient (definitions, section 4).

    Attributes:
        average: Vbar, the exponential moving average of V.
    """

    stage = "scalar_bridge"

    @property
    def _outputs(self) -> int:
        return 1

    def credit(self, forward: ForwardPass, levels: Sequence[int]) -> Tensor:
        states = forward.at(levels)
        return value.slope(self.network, self._activity(forward, levels), states)

    def begin(self, purpose: str, epoch: int) -> None:
        self._streams = [generator(seed, self.stage, f"{purpose} {epoch}", self.device) for seed in self.seeds]

    def fit(self, forward: ForwardPass, active: Tensor | None = None) -> Tensor:
        batch, depth = forward.size, self.architecture.depth
        activity = self._activity(forward, range(depth + 1))
        targets = torch.cat([self._softmin(forward), forward.losses.unsqueeze(1)], 1)  # [replica, level, batch]
        miss = activity.output.unflatten(1, (depth + 1, batch)).squeeze(-1) - targets
        h_L = forward.states[:, -1:]
        tilt = value.slope(self.network, activity.tail(batch), h_L) - forward.terminal.unsqueeze(1)
        direction = features.through_norm(tilt * (2 * self.own.tgw / batch), h_L).squeeze(1)
        at_value = (miss * (2 / batch)).flatten(1).unsqueeze(-1)
        value.backward(self.network, activity, at_value, batch, direction, self.optimiser.gradient)
        self._step(active)
        self._follow(active)
        return miss.square().sum(1).mean(1) + self.own.tgw * tilt.square().sum((1, 3)).mean(1)

    def of(self, replica: int, prefix: str = "") -> dict[str, Tensor]:
        return super().of(replica, prefix) | self.average.weights.of(replica, prefix + AVERAGE)

    def load(self, replicas: Sequence[Mapping[str, Tensor]], prefix: str = "", *, optimiser: bool = False) -> None:
        super().load(replicas, prefix, optimiser=optimiser)
        self.average.weights.flat.copy_(Weights.stack(self.network.weights.layout, replicas, self.device, prefix + AVERAGE).flat)

    def _use(self, weights: Weights) -> None:
        super()._use(weights)
        self.average = Perceptron(self.network.weights.to(self.dtype))

    def _softmin(self, forward: ForwardPass) -> Tensor:
        """The regression target `[replica, level, batch]` of levels 0..L-1."""
        depth, states = self.architecture.depth, forward.states[:, 1:].unbind(1)
        context = features.context(range(1, depth + 1), depth, features.condition(forward, self.own.s_type)).unbind(1)
        targets = []
        for reached, given in zip(states, context, strict=True):  # level by level: what runs at once stays in the cache
            noisy = reached.new_empty(len(reached), self.own.samples, *reached.shape[1:])
            for own, stream in zip(noisy, self._streams, strict=True):
                own.normal_(generator=stream)
            noisy.mul_(self.own.sigma).add_(reached.unsqueeze(1))
            targets.append(softmin(value.of_many(self.average, noisy, given), self.own.softness, 1))
        return torch.stack(targets, 1)

    def _follow(self, active: Tensor | None) -> None:
        """Move Vbar towards V; where nothing is trained it stays exactly as it is."""
        pace = 1 - self.own.ema
        weight = pace if active is None else (pace * active).unsqueeze(1)
        self.average.weights.flat.lerp_(self.network.weights.flat, weight)


def softmin(values: Tensor, softness: float, dim: int) -> Tensor:
    """``-lam log mean exp(-values / lam)`` over `dim`: the minimum for lam to 0, the mean for lam to infinity."""
    return (math.log(values.shape[dim]) - torch.logsumexp(values / -softness, dim)) * softness


def fit(job: Job) -> None:
    """Offline fitting on a frozen snapshot; see `engine.parameters.ScalarBridge`."""
    fit_offline(job, ScalarBridge)
