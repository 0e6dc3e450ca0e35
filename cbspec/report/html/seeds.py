"""Every seed as a dot: one row for each arm, the seeds that arms share joined across them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cbspec.ledger import Entry
from cbspec.ledger.notation import number_or_blank
from cbspec.model.replicates import SEEDS, counted, noun, one
from cbspec.model.values import Values
from cbspec.model.visible import visible
from cbspec.report.html.axis import Axis, Tick, axis_of
from cbspec.report.html.curves import mean

WIDTH = 400
LABELS = 118  # coordinates for the arms' names
MARGIN = 12


@dataclass(frozen=True, kw_only=True)
class ArmRow:
    """One arm: its values as texts and as coordinates; None where a value is missing.

    Attributes:
        apart: whether its runs are its own: its k-th has nothing to do with that of another arm.
    """

    arm: str
    texts: tuple[str, ...]
    dots: tuple[float | None, ...]
    mean: float | None
    mean_text: str
    memo: float | None
    memo_text: str
    apart: bool = False


@dataclass(frozen=True, kw_only=True)
class SeedPlot:
    """One measure over the seeds.

    Attributes:
        gaps: why values are missing, one line each.
        listed: whether a table beside the plot lists every value.
        replicates: what the seeds number, in words: seeds, runs or test items.
    """

    measure: str
    unit: str
    seeds: tuple[int, ...]
    rows: tuple[ArmRow, ...]
    ticks: tuple[Tick, ...]
    gaps: tuple[str, ...]
    listed: bool = True
    replicates: str = SEEDS

    @property
    def shapes(self) -> list[tuple[str, tuple[float | None, ...], float | None, float | None]]:
        """Return what the script draws of each arm: its name, dots, mean and the memo's value."""
        return [(visible(row.arm), row.dots, row.mean, row.memo) for row in self.rows]

    @property
    def apart(self) -> list[int]:
        """Return the rows, counted from 0, of arms over runs of their own."""
        return [index for index, row in enumerate(self.rows) if row.apart]

    @property
    def shared(self) -> int:
        """Return how many arms are not over runs of their own."""
        return len(self.rows) - len(self.apart)

    @property
    def joined(self) -> bool:
        """Tell whether arms share seeds, each of which is a line across them."""
        return self.shared > 1

    @property
    def summary(self) -> str:
        """Return what the plot shows, in words."""
        means = ", ".join(f"{row.arm} {row.mean_text}" for row in self.rows if row.mean_text)
        return f"{self.measure} of {self._counted} by arm; means: {means or 'none'}"

    @property
    def _counted(self) -> str:
        counts = dict.fromkeys(len(row.dots) for row in self.rows)
        return counted(" or ".join(map(str, counts)), noun(self.replicates))


def unlisted(plot: SeedPlot) -> SeedPlot:
    """Return a plot without the table of its values."""
    return replace(plot, listed=False)


def seed_plots(
    entry: Entry,
    values: Values | None,
    reported: Mapping[str, Mapping[str, float]],
    arms: Sequence[str] = (),
    beside: Values | None = None,
    replicates: str = "",
) -> list[SeedPlot]:
    """Return a plot of each measure that a verdict reads, in the order of its effects.

    Args:
        values: the values that it was judged on; None for old verdicts without evidence.
        reported: measure -> arm -> the memo's value.
        arms: the arms, in the claim's order.
        beside: other values that these are compared with, on the same axis.
        replicates: what the seeds number, in words; what the verdict tells of it if empty.
    """
    if values is None:
        return []
    ordered = [arm for arm in arms if arm in values.arms] or list(values.arms)
    plots = []
    told = replicates or entry.replicates
    for measure, unit in _units(entry).items():
        columns = {}
        for arm in ordered:
            if measure in values.arms[arm]:
                columns[arm] = values.arms[arm][measure]
        if columns:
            others = _all_of(measure, beside) if beside else []
            memo = reported.get(measure, {})
            plots.append(_plot(measure, unit, columns, values, memo, others, told))
    return plots


def _units(entry: Entry) -> dict[str, str]:
    """Return the unit of each measure that a verdict reads, in the order of its effects; empty
    where nothing tells.
    """
    units: dict[str, str] = {}
    for effect in entry.effects:
        # A ratio of arms has a unit of its own, which the arms have not
        unit = "" if " / " in effect.label else effect.unit
        units[effect.measure] = units.get(effect.measure) or unit
    return units


def _all_of(measure: str, values: Values) -> list[float | None]:
    """Return a measure's values of all arms."""
    everything: list[float | None] = []
    for measures in values.arms.values():
        everything += measures.get(measure, ())
    return everything


def _plot(
    measure: str,
    unit: str,
    columns: Mapping[str, Sequence[float | None]],
    values: Values,
    reported: Mapping[str, float],
    others: Sequence[float | None],
    replicates: str,
) -> SeedPlot:
    everything = [*others, *map(reported.get, columns)]
    for column in columns.values():
        everything += column
    axis = axis_of(everything, LABELS + MARGIN, WIDTH - MARGIN)
    rows = []
    for arm, column in columns.items():
        runs = values.own.get(arm)
        rows.append(_row(arm, column[:runs], reported.get(arm), axis, apart=runs is not None))
    return SeedPlot(
        measure=measure,
        unit=unit,
        seeds=values.seeds,
        rows=tuple(rows),
        ticks=tuple(axis.ticks(4)),
        gaps=tuple(_gaps(measure, columns, values, one(replicates))),
        replicates=replicates,
    )


def _row(
    arm: str, column: Sequence[float | None], memo: float | None, axis: Axis, *, apart: bool
) -> ArmRow:
    average = mean(column)
    return ArmRow(
        arm=arm,
        texts=tuple(map(_four_digits, column)),
        dots=tuple(map(axis.place, column)),
        mean=axis.place(average),
        mean_text=_four_digits(average),
        memo=axis.place(memo),
        memo_text=number_or_blank(memo),
        apart=apart,
    )


def _four_digits(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.4g}"


def _gaps(
    measure: str, columns: Mapping[str, Sequence[float | None]], values: Values, word: str
) -> list[str]:
    """Return why values are missing; an arm lacks none of the runs that it never had."""
    gaps = []
    for arm, column in columns.items():
        runs = values.own.get(arm)
        for seed, value in zip(values.seeds[:runs], column[:runs], strict=True):
            if value is None:
                reason = values.reason(arm, measure, seed) or "no value"
                gaps.append(f"{arm}, {word} {seed}: {reason}")
    return gaps
