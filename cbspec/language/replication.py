"""What a claim is replicated over: the seeds that a run draws, or runs that exist already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cbspec.claim import Seeds
from cbspec.errors import ConfigError
from cbspec.files import ProjectFiles
from cbspec.language.diagnostics import Diagnostics
from cbspec.language.node import Node
from cbspec.stage import Call

NONE = Seeds((), 0)


@dataclass(frozen=True, slots=True)
class Replication:
    """The replicates of one claim at one scale.

    Attributes:
        seeds: those of a run; where arms have runs of their own, they count these.
        own: arm -> its runs, where an arm has its own.
        drawn: the seeds as the claim gives them, where arms have runs of their own.
    """

    seeds: Seeds
    own: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    drawn: Seeds | None = None

    @property
    def asserted(self) -> Seeds:
        """Return the seeds that the claim stands for, however many runs its files have by now."""
        return self.seeds if self.drawn is None else self.drawn


def replication(
    arms: Mapping[str, Call],
    drawn: Seeds | None,
    files: ProjectFiles,
    places: Node,
    mistakes: Diagnostics,
) -> Replication | None:
    """Return what the arms are replicated over; None with a mistake noted.

    Args:
        drawn: the seeds that the claim or its defaults give; None where they give none.
        places: the section of the arms.
    """
    own: dict[str, tuple[int, ...]] = {}
    for arm, call in arms.items():
        if call.stage.runs is None:
            continue
        try:
            count = call.stage.runs(call.parameters, files.locate)
        except (ValueError, OSError, ConfigError) as error:
            mistakes.add(places.entries[arm], f"{call.stage.name}: {', '.join(call.files)} {error}")
            return None
        own[arm] = tuple(range(1, count + 1))
    if not own:
        return None if drawn is None else Replication(drawn)
    for arm in arms.keys() - own.keys():
        if drawn is None:
            return None
        own[arm] = drawn.pool
    most = max(map(len, own.values()))
    return Replication(Seeds(tuple(range(1, most + 1)), most), own, drawn or NONE)
