"""The page that compares two ledgers, verdict by verdict, the largest changes first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cbspec.ledger import Comparison
from cbspec.ledger.entry import Acceptance
from cbspec.report.html.effects import EffectGroup, groups_of
from cbspec.report.html.page import rendered
from cbspec.report.html.seeds import SeedPlot, seed_plots
from cbspec.report.sides import Side


@dataclass(frozen=True, kw_only=True)
class ComparedVerdict:
    """One verdict before and after; its plots are those of the later side, and of the earlier."""

    claim: str
    title: str
    place: str
    change: str
    before: str
    after: str
    lines: tuple[str, ...]
    groups: tuple[EffectGroup, ...]
    plots: tuple[tuple[str, SeedPlot], ...]
    accepted: tuple[Acceptance, ...]


def comparison_page(
    comparisons: Sequence[Comparison], before: Side, after: Side, titles: Mapping[str, str]
) -> str:
    """Return the page of a comparison.

    Args:
        comparisons: the comparisons, in reading order.
        titles: claim -> title, for claims whose title neither side knows.
    """
    known = {**titles, **before.titles, **after.titles}
    verdicts = []
    for comparison in comparisons:
        verdicts.append(_verdict(comparison, before, after, known))
    return rendered(
        "diff.html.j2",
        before=before.name,
        after=after.name,
        verdicts=verdicts,
        counts=Counter(comparison.change for comparison in comparisons).most_common(),
    )


def _verdict(
    comparison: Comparison, before: Side, after: Side, titles: Mapping[str, str]
) -> ComparedVerdict:
    entry = comparison.new or comparison.old
    assert entry is not None  # diff sets one side at least
    groups = groups_of(entry)
    accepted: Sequence[Acceptance] = ()
    if comparison.new and comparison.old:
        groups = groups_of(comparison.new, comparison.old)
        accepted = comparison.new.accepted[len(comparison.old.accepted) :]
    elif comparison.new:
        accepted = comparison.new.accepted
    return ComparedVerdict(
        claim=entry.claim,
        title=titles.get(entry.claim, ""),
        place=entry.place,
        change=comparison.change,
        before=comparison.expected.verdict if comparison.expected else "none",
        after=comparison.new.verdict if comparison.new else "none",
        lines=tuple(map(str.strip, comparison.text.splitlines())),
        groups=tuple(groups),
        plots=tuple(_plots(comparison, before, after)),
        accepted=tuple(accepted),
    )


def _plots(comparison: Comparison, before: Side, after: Side) -> list[tuple[str, SeedPlot]]:
    """Return the plots of both sides, each with its side's name: those of one measure beside each
    other, on one axis and with one order of arms.
    """
    old, new = comparison.old, comparison.new
    earlier = before.values.get(old.key) if old else None
    later = after.values.get(new.key) if new else None
    first = later or earlier
    arms = list(first.arms) if first else []
    plots: list[tuple[str, SeedPlot]] = []
    if old:
        for plot in seed_plots(old, earlier, {}, arms, beside=later):
            plots.append((before.name, plot))
    if new:
        for plot in seed_plots(new, later, {}, arms, beside=earlier):
            plots.append((after.name, plot))
    measures = list(dict.fromkeys(plot.measure for _, plot in plots))
    return sorted(plots, key=lambda named: measures.index(named[1].measure))
