"""Direct feedback alignment (Nokland, 2016): a_l = B_l e_T with fixed random feedback matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from cbspec.stage import Job
from engine.credit.estimator import Estimator
from engine.forward import ForwardPass
from engine.randomness import generator


class DFA(Estimator):
    """One Gaussian B_l per level and seed, entries of scale 1/sqrt(classes), the same in every stage (definitions, section 4).

    Attributes:
        feedback: `[replica, L+1, classes, d]`.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        shape, levels = (self.architecture.classes, self.architecture.width), range(self.architecture.depth + 1)
        drawn = [
            torch.stack([torch.randn(shape, generator=generator(seed, "dfa", f"B{level}")) for level in levels])
            for seed in self.seeds
        ]
        self.feedback = (torch.stack(drawn) / math.sqrt(shape[0])).to(self.device, self.dtype)

    def credit(self, forward: ForwardPass, levels: Sequence[int]) -> Tensor:
        feedback = torch.stack([self.feedback[:, level] for level in levels], 1)
        return torch.matmul(forward.error.unsqueeze(1), feedback)


def prepare(job: Job) -> None:
    """Nothing to fit: the feedback matrices follow from the seed."""
    for replica in range(len(job.replicas)):
        job.emit(replica, tensors={})
