"""Scalar credit bridge (CB): a value network taught by its own noisy next states."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from cbspec.stage import Job
from engine.credit import features, value
from engine.credit.fitted import FittedEstimator
from engine.credit.fitting import fit_offline
from engine.credit.perceptron import Perceptron
from engine.forward import ForwardPass
from engine.parameters import ScalarBridge as Parameters
from engine.randomness import generator
from engine.weights import Weights

AVERAGE = "average."


class ScalarBridgeEstimator(FittedEstimator[Parameters]):
    """Credit a_l = grad_h V(h_l, t_l, s), s held fixed even where it contains or depends on h_L.

    V minimises, as means over the batch, ``sum_{l<L} (V(h_l, t_l, s) - softmin_l)^2
    + (V(h_L, 1, s) - CE)^2 + tgw |grad_h V(h_L, 1, s) - dCE/dh_L|^2`` with softmin_l the soft-min
    of an average of V over noisy next states; no target has a gradient (definitions, section 4).

    Attributes:
        average: Vbar, the exponential moving average of V.
    """

    stage = "scalar_bridge"

    @property
    def _outputs(self) -> int:
        return 1

    def credit(self, forward: ForwardPass, levels: Sequence[int]) -> Tensor:
        return value.slope(self.network, self._activity(forward, levels), forward.at(levels))

    def begin(self, purpose: str, epoch: int) -> None:
        name = f"{purpose} {epoch}"
        self._streams = [generator(seed, self.stage, name, self.device) for seed in self.seeds]

    def fit(self, forward: ForwardPass, active: Tensor | None = None) -> Tensor:
        batch, depth, tgw = forward.size, self.architecture.depth, self.shared.tgw
        activity = self._activity(forward, range(depth + 1))
        # Targets and misses are [replica, level, batch].
        targets = torch.cat([self._softmin(forward), forward.losses.unsqueeze(1)], 1)
        miss: Tensor = activity.output.unflatten(1, (depth + 1, batch)).squeeze(-1) - targets
        h_L = forward.states[:, -1:]
        terminal_slope = value.slope(self.network, activity.tail(batch), h_L)
        tilt = terminal_slope - forward.terminal.unsqueeze(1)
        direction = features.through_norm(tilt * (2 * tgw / batch), h_L).squeeze(1)
        at_value = (miss * (2 / batch)).flatten(1).unsqueeze(-1)
        gradient = self.optimiser.gradient
        value.backward(self.network, activity, at_value, batch, direction, gradient)
        self._step(active)
        self._follow(active)
        return miss.square().sum(1).mean(1) + tgw * tilt.square().sum((1, 3)).mean(1)

    def of(self, replica: int, prefix: str = "") -> dict[str, Tensor]:
        average = self.average.weights.of(replica, prefix + AVERAGE)
        return super().of(replica, prefix) | average

    def load(
        self,
        replicas: Sequence[Mapping[str, Tensor]],
        prefix: str = "",
        *,
        optimiser: bool = False,
    ) -> None:
        super().load(replicas, prefix, optimiser=optimiser)
        layout = self.network.weights.layout
        average = Weights.stack(layout, replicas, self.device, prefix + AVERAGE)
        self.average.weights.flat.copy_(average.flat)

    def _use(self, weights: Weights) -> None:
        super()._use(weights)
        self.average = Perceptron(self.network.weights.to(self.dtype))

    def _softmin(self, forward: ForwardPass) -> Tensor:
        """Return the regression target `[replica, level, batch]` of levels 0..L-1, in nats."""
        depth, states = self.architecture.depth, forward.states[:, 1:].unbind(1)
        s = features.condition(forward, self.shared.s_type)
        contexts = features.context(range(1, depth + 1), depth, s).unbind(1)
        targets = []
        # Level by level: what runs at once stays in the cache.
        for reached, context in zip(states, contexts, strict=True):
            noisy = reached.new_empty(len(reached), self.shared.samples, *reached.shape[1:])
            for noise, stream in zip(noisy, self._streams, strict=True):
                noise.normal_(generator=stream)
            noisy.mul_(self.shared.sigma).add_(reached.unsqueeze(1))
            values = value.of_many(self.average, noisy, context)
            targets.append(softmin(values, self.shared.softness, 1))
        return torch.stack(targets, 1)

    def _follow(self, active: Tensor | None) -> None:
        """Move Vbar towards V; where nothing is trained it stays exactly as it is."""
        pace = 1 - self.shared.ema
        weight = pace if active is None else (pace * active).unsqueeze(1)
        self.average.weights.flat.lerp_(self.network.weights.flat, weight)


def softmin(values: Tensor, softness: float, dim: int) -> Tensor:
    """Return ``-lam log mean exp(-values / lam)`` over `dim`.

    It is the minimum for lam to 0, the mean for lam to infinity.
    """
    return (math.log(values.shape[dim]) - torch.logsumexp(values / -softness, dim)) * softness


def fit(job: Job[Parameters]) -> None:
    """Fit offline on a frozen snapshot; see `engine.parameters.ScalarBridge`."""
    fit_offline(job, ScalarBridgeEstimator)
