"""Direct feedback alignment (Nokland, 2016): a_l = B_l e_T with fixed random feedback matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from cbspec.stage import Job, NoParameters, Parameters
from engine.architecture import Architecture
from engine.credit.estimator import Estimator
from engine.forward import ForwardPass
from engine.randomness import generator


class DFA(Estimator):
    """One Gaussian B_l per level and seed, the same in every stage (definitions, section 4).

    Its entries have the scale 1/sqrt(classes).

    Attributes:
        feedback: `[replica, L+1, classes, d]`.
    """

    def __init__(
        self,
        parameters: Sequence[Parameters],
        seeds: Sequence[int],
        architecture: Architecture,
        device: str,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__(parameters, seeds, architecture, device, dtype)
        shape = (architecture.classes, architecture.width)
        drawn = torch.empty(len(seeds), architecture.depth + 1, *shape)
        for replica, seed in enumerate(seeds):
            for level in range(architecture.depth + 1):
                # A stream for each level: a deeper network has the same matrices below.
                torch.randn(
                    shape, generator=generator(seed, "dfa", f"B{level}"), out=drawn[replica, level]
                )
        self.feedback = (drawn / math.sqrt(shape[0])).to(device, dtype)

    def credit(self, forward: ForwardPass, levels: Sequence[int]) -> Tensor:
        feedback = torch.stack([self.feedback[:, level] for level in levels], 1)
        return torch.matmul(forward.error.unsqueeze(1), feedback)


def prepare(job: Job[NoParameters]) -> None:
    """Store nothing: the feedback matrices follow from the seed."""
    for replica in range(len(job.replicas)):
        job.emit(replica, tensors={})
