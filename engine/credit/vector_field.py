"""The vector credit field Vec_M: a_l = A(h_l, t_l, s), learned from measured directional derivatives (memo of phase 4, C)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from cbspec.stage import Job
from engine.credit import features
from engine.credit.fitted import FittedEstimator
from engine.credit.fitting import fit_offline
from engine.forward import ForwardPass
from engine.randomness import generator
from engine.tails import Tails


class VectorField(FittedEstimator):
    """Minimises ``sum_l mean (<a_l, v> - g)^2 + w |A(h_L, 1, s) - dCE/dh_L|^2``, g measured by running the rest of the network.

    The mean is over batch and directions, the terminal match over the batch, summed over features: E (<a, v> - g)^2 is
    |a - gradient|^2, so both count alike. It never sees a hidden gradient.
    """

    stage = "vector_field"

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._sees_h = self._mask([p.inputs == "full" for p in self.parameters])
        self._sees_t = self._mask([p.inputs != "constant" for p in self.parameters])
        self._unmeasured = self._mask([p.targets in ("zero", "fresh_random") for p in self.parameters]).bool()
        self._streams: list[torch.Generator] = []

    def credit(self, forward: ForwardPass, levels: Sequence[int]) -> Tensor:
        return self._activity(forward, levels).output.unflatten(1, (len(levels), -1))

    def begin(self, purpose: str, epoch: int) -> None:
        self._streams = [generator(seed, self.stage, f"{purpose} {epoch}", self.device) for seed in self.seeds]

    def fit(self, forward: ForwardPass, active: Tensor | None = None) -> Tensor:
        depth = self.architecture.depth
        activity = self._activity(forward, range(depth + 1))
        credit = activity.output.unflatten(1, (depth + 1, -1))
        v = self._directions(credit[:, :depth])
        residual = (credit[:, :depth].unsqueeze(2) * v).sum(-1) - self._targets(forward, v)  # [replica, level, M, batch]
        terminal = credit[:, depth] - forward.terminal
        at_credit = torch.empty_like(credit)
        torch.sum(v.mul_(residual.unsqueeze(-1)), 2, out=at_credit[:, :depth])
        at_credit[:, :depth] *= 2 / (self.own.directions * forward.size)
        torch.mul(terminal, 2 * self.own.terminal_weight / forward.size, out=at_credit[:, depth])
        self.network.backward(activity, at_credit.flatten(1, 2), self.optimiser.gradient)
        self._step(active)
        squares = residual.square().mean((2, 3)).sum(1)
        return squares + self.own.terminal_weight * terminal.square().sum(-1).mean(1)

    def _mask(self, flags: Sequence[bool]) -> Tensor:
        return torch.tensor(flags, dtype=self.dtype, device=self.device)

    def _features(self, forward: ForwardPass, levels: Sequence[int]) -> Tensor:
        s = features.condition(forward, self.own.s_type)
        return features.features(forward.at(levels), levels, self.architecture.depth, s, self._sees_h, self._sees_t)

    def _directions(self, credit: Tensor) -> Tensor:
        """Fresh v `[replica, level, M, batch, d]` for credit `[replica, level, batch, d]`."""
        replicas, levels, batch, d = credit.shape
        v = credit.new_empty(replicas, levels, self.own.directions, batch, d)
        for own, stream in zip(v, self._streams, strict=True):
            own.normal_(generator=stream)
        if self.own.sampling == "importance":
            variance = credit.var(2, keepdim=True)
            v *= (0.5 + 0.5 * variance / variance.mean(-1, keepdim=True)).sqrt_().unsqueeze(2)
        return v

    def _targets(self, forward: ForwardPass, v: Tensor) -> Tensor:
        """g `[replica, level, M, batch]`, or what stands for it in a control."""
        g = self._measure(forward, v).masked_fill_(self._unmeasured.view(-1, 1, 1, 1), 0.0)
        for own, parameters, stream in zip(g, self.parameters, self._streams, strict=True):
            if parameters.targets == "shuffled":
                own.copy_(own[..., torch.randperm(own.shape[-1], generator=stream, device=own.device)])
            elif parameters.targets == "fresh_random":
                own.normal_(generator=stream)
        return g

    def _measure(self, forward: ForwardPass, v: Tensor) -> Tensor:
        """The directional derivative of each sample's loss along v, by finite differences."""
        eps, states, tails = self.own.eps, forward.states[:, : v.shape[1]], Tails(forward.network)
        ahead = tails.losses(states, forward.y, v, eps)
        if self.own.difference == "central":
            return (ahead - tails.losses(states, forward.y, v, -eps)) / (2 * eps)
        return (ahead - forward.losses[:, None, None]) / eps


def fit(job: Job) -> None:
    """Offline fitting on a frozen snapshot; see `engine.parameters.VectorField`."""
    fit_offline(job, VectorField)
