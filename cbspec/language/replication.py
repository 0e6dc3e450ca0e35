"""Replication: the seeds that a run draws for a claim, or the runs or items that exist already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cbspec.claim import Seeds
from cbspec.errors import ConfigError
from cbspec.files import ProjectFiles
from cbspec.language.diagnostics import Diagnostics, shown
from cbspec.language.node import Node
from cbspec.stage import Call

NONE = Seeds((), 0)
UNPAIRED = "`paired: false` and kind unpaired compare arms over items or runs of their own"
SHOWN = 3  # ids that a list of them begins with


@dataclass(frozen=True, slots=True)
class Replication:
    """The replicates of one claim at one scale.

    Attributes:
        seeds: the seeds of a run. If arms have independent runs, they number these.
        independent_runs: arm -> its runs, for an arm that shares its runs with no other arm.
        drawn: the seeds as the claim gives them, if arms have independent runs.
        excluded: arm -> how many of its runs are left out, and why.
        unread: arm -> how many of its runs are not among the seeds, and which.
    """

    seeds: Seeds
    independent_runs: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    drawn: Seeds | None = None
    excluded: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    unread: Mapping[str, tuple[int, str]] = field(default_factory=dict)

    @property
    def asserted(self) -> Seeds:
        """Return the seeds that the claim's digest covers, which do not count the runs in files."""
        return self.seeds if self.drawn is None else self.drawn


def replication(
    arms: Mapping[str, Call],
    drawn: Seeds | None,
    files: ProjectFiles,
    places: Node,
    mistakes: Diagnostics,
) -> Replication | None:
    """Return the replicates of a claim; return None, and note a mistake, if there are none.

    Args:
        arms: arm -> call.
        drawn: the seeds that the claim or its defaults give; None if they give none.
        files: finds the files that calls name.
        places: the section of the arms, for mistakes.
        mistakes: takes the mistakes.
    """
    if any(call.stage.items for call in arms.values()):
        return _of_items(arms, files, places, mistakes)
    runs: dict[str, tuple[int, ...]] = {}
    excluded: dict[str, tuple[int, str]] = {}
    for arm, call in arms.items():
        if call.stage.runs is None:
            continue
        try:
            count = call.stage.runs(call.parameters, files.locate)
            if call.stage.excluded:
                excluded[arm] = call.stage.excluded(call.parameters, files.locate)
        except (ValueError, OSError, ConfigError) as error:
            mistakes.add(places.entries[arm], f"{call.stage.name}: {', '.join(call.files)} {error}")
            return None
        runs[arm] = tuple(range(1, count + 1))
    unread = _unread(arms, drawn, files, places, mistakes)
    if unread is None:
        return None
    if not runs:
        return None if drawn is None else Replication(drawn, unread=unread)
    for arm in arms.keys() - runs.keys():
        if drawn is None:
            return None
        runs[arm] = drawn.pool
    most = max(map(len, runs.values()))
    numbers = Seeds(tuple(range(1, most + 1)), most)
    return Replication(numbers, runs, drawn or NONE, excluded, unread)


def _unread(
    arms: Mapping[str, Call],
    drawn: Seeds | None,
    files: ProjectFiles,
    places: Node,
    mistakes: Diagnostics,
) -> dict[str, tuple[int, str]] | None:
    """Return which runs of each arm are never read, since their ids are not among the seeds; None,
    and a mistake noted, if that is all of them.
    """
    if drawn is None:  # the missing seeds are told elsewhere
        return {}
    seeds = dict.fromkeys(map(str, drawn.pool))
    unread: dict[str, tuple[int, str]] = {}
    for arm, call in arms.items():
        if call.stage.ids is None:
            continue
        try:
            column, ids = call.stage.ids(call.parameters, files.locate)
            others = [name for name in ids if name not in seeds]
            if len(others) == len(ids):
                raise ValueError(
                    f"has no run to read: the ids of `{column}` ({_first(ids)}) are not the claim's "
                    f"seeds ({_first(list(seeds))}); they have to be the same whole numbers"
                )
        except (ValueError, OSError, ConfigError) as error:
            mistakes.add(places.entries[arm], f"{call.stage.name}: {', '.join(call.files)} {error}")
            return None
        if others:
            unread[arm] = (len(others), f"{column} {_first(others)}")
    return unread


def _first(names: Sequence[str]) -> str:
    """Return the first few of some ids: ``"7, 8, 9, ..."``."""
    shown = list(names[:SHOWN])
    if len(names) > SHOWN:
        shown.append("...")
    return ", ".join(shown)


def _of_items(
    arms: Mapping[str, Call], files: ProjectFiles, places: Node, mistakes: Diagnostics
) -> Replication | None:
    """Return the test items that all arms share; None, and a mistake noted, if they differ."""
    shared: dict[str, Mapping[str, str]] = {}
    for arm, call in arms.items():
        place = places.entries[arm]
        if call.stage.items is None:
            message = "has runs of its own, but the arms beside it share test items"
            mistakes.add(place, f"{message} (resample, paired); {UNPAIRED}")
            return None
        try:
            shared[arm] = call.stage.items(call.parameters, files.locate)
        except (ValueError, OSError, ConfigError) as error:
            mistakes.add(place, f"{call.stage.name}: {', '.join(call.files)} {error}")
            return None
        first, items = next(iter(shared.items()))
        if difference := _difference((first, items), (arm, shared[arm])):
            mistakes.add(place, difference)
            return None
    count = len(set(next(iter(shared.values())).values()))
    return Replication(Seeds(tuple(range(1, count + 1)), count), {}, NONE)


def _difference(one: tuple[str, Mapping[str, str]], other: tuple[str, Mapping[str, str]]) -> str:
    """Return what two arms do not share, each given with its items; empty if they share all.

    Clusters that an arm lacks are told first, then items, then items of another cluster.
    """
    (first, items), (second, others) = one, other
    for ours, theirs in ((items.values(), others.values()), (items, others)):
        for arm, known, wanted in ((second, set(theirs), ours), (first, set(ours), theirs)):
            lacks = [name for name in dict.fromkeys(wanted) if name not in known]
            if lacks:
                more = f" and {len(lacks) - 1} more" if len(lacks) > 1 else ""
                lack = f"{arm} lacks the test item {shown(lacks[0])}{more} of the other arm"
                return f"{lack}; {UNPAIRED}"
    for item, cluster in items.items():
        if others[item] != cluster:
            clusters = f"{shown(cluster)} in {first} and {shown(others[item])} in {second}"
            return f"the test item {shown(item)} belongs to the cluster {clusters}"
    return ""
