"""The canaries of all claims on several platforms, and how far the figures of these differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cbspec.canary.record import Figures, Platform
from cbspec.model.values import Values

Name = tuple[str, str, str]
"""(claim, arm, measure)."""
ClaimMeasure = tuple[str, str]


@dataclass(frozen=True)
class PlatformRun:
    """The canaries of all claims on one platform."""

    name: str
    torch: str
    figures: Mapping[str, Figures]


def names_of(runs: Sequence[PlatformRun]) -> Iterable[Name]:
    """Yield every (claim, arm, measure) that all platforms have."""
    for claim, figures in sorted(runs[0].figures.items()):
        if all(claim in run.figures for run in runs):
            for arm, measures in sorted(figures.values.arms.items()):
                for measure in sorted(measures):
                    yield claim, arm, measure


def column(run: PlatformRun, name: Name) -> Sequence[float | None]:
    """Return the values of a measure of an arm, one for each seed."""
    claim, arm, measure = name
    return run.figures[claim].values.arms[arm][measure]


def one_sided(runs: Sequence[PlatformRun], name: Name) -> str:
    """Return why a value cannot be held: some platforms have a number and others have none.

    Empty if it can be held.
    """
    claim = name[0]
    for index, _ in enumerate(runs[0].figures[claim].values.seeds):
        defined = [column(run, name)[index] is not None for run in runs]
        if any(defined) and not all(defined):
            where = runs[defined.index(False)]
            reason = _reason(where.figures[claim].values, name, index)
            return f"undefined on {where.name} and a number elsewhere: {reason}"
    return ""


def _reason(values: Values, name: Name, index: int) -> str | None:
    return values.reason(name[1], name[2], values.seeds[index])


def spread_and_size(runs: Sequence[PlatformRun], name: Name) -> tuple[float, float]:
    """Return the largest difference between two platforms for one seed, and the largest size."""
    spread = size = 0.0
    for values in zip(*(column(run, name) for run in runs), strict=True):
        defined = [value for value in values if value is not None]
        if defined:
            spread = max(spread, max(defined) - min(defined))
            size = max(size, *map(abs, defined))
    return spread, size


def platform(run: PlatformRun, first: PlatformRun) -> Platform:
    """Describe a platform by how many of its values are not those of the first one."""
    count = differing = 0
    for name in names_of([first, run]):
        for before, after in zip(column(first, name), column(run, name), strict=True):
            count += 1
            differing += before != after
    return Platform(name=run.name, torch=run.torch, differing=round(differing / max(count, 1), 4))
