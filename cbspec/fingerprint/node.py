"""The nodes of the graph that reaching follows."""

from __future__ import annotations

from dataclasses import dataclass

from cbspec.fingerprint.module import Module, Statement


@dataclass(frozen=True)
class Whole:
    """All of a module, and of what its imports bind."""

    module: Module


class Everything:
    """All of the project."""


EVERYTHING = Everything()

Node = Statement | Module | Whole | Everything
"""A module by itself stands for its being imported: for its statements that act."""
