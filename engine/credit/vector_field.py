"""The vector credit field Vec_M: a_l = A(h_l, t_l, s), learned from directional derivatives.

Each derivative is measured by running the rest of the network (memo of phase 4, C).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from cbspec.stage import Job
from engine.architecture import Architecture
from engine.credit import features
from engine.credit.fitted import FittedEstimator
from engine.credit.fitting import fit_offline
from engine.forward import ForwardPass
from engine.parameters import VectorField as Parameters
from engine.randomness import generator
from engine.tails import Tails


class VectorFieldEstimator(FittedEstimator[Parameters]):
    """Minimises ``sum_l mean (<a_l, v> - g)^2 + w |A(h_L, 1, s) - dCE/dh_L|^2``, g measured.

    The mean is over batch and directions, the terminal match over the batch, summed over features:
    E (<a, v> - g)^2 is |a - gradient|^2, so both count alike. It never sees a hidden gradient.
    """

    stage = "vector_field"

    def __init__(
        self,
        parameters: Sequence[Parameters],
        seeds: Sequence[int],
        architecture: Architecture,
        device: str,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__(parameters, seeds, architecture, device, dtype)
        sees_h: list[bool] = []
        sees_t: list[bool] = []
        unmeasured: list[bool] = []
        for replica in parameters:
            sees_h.append(replica.inputs == "full")
            sees_t.append(replica.inputs != "constant")
            unmeasured.append(replica.targets in ("zero", "fresh_random"))
        self._sees_h, self._sees_t = self._mask(sees_h), self._mask(sees_t)
        self._unmeasured = self._mask(unmeasured).bool()
        self._streams: list[torch.Generator] = []

    def credit(self, forward: ForwardPass, levels: Sequence[int]) -> Tensor:
        credit: Tensor = self._activity(forward, levels).output.unflatten(1, (len(levels), -1))
        return credit

    def begin(self, purpose: str, epoch: int) -> None:
        name = f"{purpose} {epoch}"
        self._streams = [generator(seed, self.stage, name, self.device) for seed in self.seeds]

    def fit(self, forward: ForwardPass, active: Tensor | None = None) -> Tensor:
        depth, terminal_weight = self.architecture.depth, self.shared.terminal_weight
        activity = self._activity(forward, range(depth + 1))
        credit: Tensor = activity.output.unflatten(1, (depth + 1, -1))
        v = self._directions(credit[:, :depth])
        projected = (credit[:, :depth].unsqueeze(2) * v).sum(-1)
        residual = projected - self._targets(forward, v)  # [replica, level, M, batch]
        terminal = credit[:, depth] - forward.terminal
        at_credit = torch.empty_like(credit)
        torch.sum(v.mul_(residual.unsqueeze(-1)), 2, out=at_credit[:, :depth])
        at_credit[:, :depth] *= 2 / (self.shared.directions * forward.size)
        torch.mul(terminal, 2 * terminal_weight / forward.size, out=at_credit[:, depth])
        self.network.backward(activity, at_credit.flatten(1, 2), self.optimiser.gradient)
        self._step(active)
        squares = residual.square().mean((2, 3)).sum(1)
        return squares + terminal_weight * terminal.square().sum(-1).mean(1)

    def _mask(self, flags: Sequence[bool]) -> Tensor:
        return torch.tensor(flags, dtype=self.dtype, device=self.device)

    def _features(self, forward: ForwardPass, levels: Sequence[int]) -> Tensor:
        s, depth = features.condition(forward, self.shared.s_type), self.architecture.depth
        states = forward.at(levels)
        return features.features(states, levels, depth, s, self._sees_h, self._sees_t)

    def _directions(self, credit: Tensor) -> Tensor:
        """Draw v `[replica, level, M, batch, d]` for credit `[replica, level, batch, d]`."""
        replicas, levels, batch, d = credit.shape
        v = credit.new_empty(replicas, levels, self.shared.directions, batch, d)
        for drawn, stream in zip(v, self._streams, strict=True):
            drawn.normal_(generator=stream)
        if self.shared.sampling == "importance":
            variance = credit.var(2, keepdim=True, correction=min(1, batch - 1))
            mean = variance.mean(-1, keepdim=True)
            share = torch.where(mean == 0, 1.0, variance / mean)  # one sample, or equal credit
            v *= (0.5 + 0.5 * share).sqrt_().unsqueeze(2)
        return v

    def _targets(self, forward: ForwardPass, v: Tensor) -> Tensor:
        """Return g `[replica, level, M, batch]` in nats, or what stands for it in a control."""
        measured = self._measure(forward, v)
        targets = measured.masked_fill_(self._unmeasured.view(-1, 1, 1, 1), 0.0)
        for g, parameters, stream in zip(targets, self.parameters, self._streams, strict=True):
            if parameters.targets == "shuffled":
                order = torch.randperm(g.shape[-1], generator=stream, device=g.device)
                g.copy_(g[..., order])
            elif parameters.targets == "fresh_random":
                g.normal_(generator=stream)
        return targets

    def _measure(self, forward: ForwardPass, v: Tensor) -> Tensor:
        """Return the directional derivative of each sample's loss along v by finite differences."""
        eps, tails = self.shared.eps, Tails(forward.network)
        states = forward.states[:, : v.shape[1]]
        ahead = tails.losses(states, forward.y, v, eps)
        if self.shared.difference == "central":
            return (ahead - tails.losses(states, forward.y, v, -eps)) / (2 * eps)
        return (ahead - forward.losses[:, None, None]) / eps


def fit(job: Job[Parameters]) -> None:
    """Fit offline on a frozen snapshot; see `engine.parameters.VectorField`."""
    fit_offline(job, VectorFieldEstimator)
