"""The lab's residual network for one seed, in plain torch."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


class Plain(nn.Module):
    """One network of one seed, as anyone would write it."""

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        self.embed = nn.Linear(48, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(depth))
        self.first = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.second = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.embed(x)
        for norm, first, second in zip(self.norms, self.first, self.second, strict=True):
            h = h + second(F.gelu(first(norm(h))))
        return self.head(self.norm(h))

    def take(self, weights: dict[str, torch.Tensor]) -> None:
        """Begin with the given parameters; nn.Linear holds `[out, in]`."""
        for name, parameter in self.named_parameters():
            parameter.data.copy_(
                weights[self.name_of(name)].T
                if parameter.ndim == 2
                else weights[self.name_of(name)]
            )

    @staticmethod
    def name_of(name: str) -> str:
        group, *rest = name.split(".")
        if group in ("norms", "first", "second"):
            level, kind = rest
            return (
                f"blocks.{level}."
                + {"norms": f"norm.{kind}", "first": f"{kind[0]}1", "second": f"{kind[0]}2"}[group]
            )
        return name
