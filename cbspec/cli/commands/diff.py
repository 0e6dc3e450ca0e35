"""``cbspec diff``: two ledgers, or the ledgers of two commits, claim by claim."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cbspec.cli.context import pass_project
from cbspec.cli.output import echo, echo_json, json_option
from cbspec.ledger import CHANGED, Comparison, Ledger
from cbspec.ledger import diff as compared
from cbspec.project import Project

if TYPE_CHECKING:
    from cbspec.report.sides import Side

ORDER = (
    "flip",
    "goalposts",
    "weakened",
    "shift",
    "gone",
    "wobble",
    "new",
    "drift",
    "same",
)  # most urgent first


@click.command("diff")
@click.argument("before", metavar="A")
@click.argument("after", metavar="[B]", required=False)
@click.option("--all", "every", is_flag=True, help="Also show what did not change.")
@click.option(
    "--unexplained",
    is_flag=True,
    help="Only show what changed without a reason in B: neither accepted nor withdrawn.",
)
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also write the comparison as a page, with every interval and seed.",
)
@json_option
@pass_project
@click.pass_context
def command(
    ctx: click.Context,
    project: Project,
    before: str,
    after: str | None,
    every: bool,
    unexplained: bool,
    html: Path | None,
    as_json: bool,
) -> None:
    """Compare two ledgers or commits.

    A and B are ledger files, reports of runs (latest.json) or commits; B defaults to the current
    ledger. A run is compared only on what it judged. Exits with 1 if a verdict flipped or was
    weakened, an assertion was changed, or an entry is gone; with --unexplained only if B gives no
    reason for it.
    """
    from cbspec.report.sides import alike, side_of

    sides = side_of(before, project.config), side_of(after, project.config)
    old, new = alike(*sides)
    shown = _shown(old, new, every=every, unexplained=unexplained)
    if html:
        _write_page(html, shown, sides, project)
    if as_json:
        echo_json(list(map(_content, shown)))
    elif shown:
        echo("\n\n".join(_paragraphs(shown)))
    elif unexplained:
        echo("no difference without a reason")
    else:
        echo("no difference")
    if any(map(_acts, shown)):
        ctx.exit(1)


def _shown(old: Ledger, new: Ledger, *, every: bool, unexplained: bool) -> list[Comparison]:
    """Return the comparisons that were asked for, most urgent first."""
    shown = []
    for comparison in compared(old, new):
        wanted = every or comparison.change != "same"
        if unexplained:
            wanted = _acts(comparison) and not _explained(comparison, old, new)
        if wanted:
            shown.append(comparison)
    return sorted(shown, key=lambda comparison: ORDER.index(comparison.change))


def _write_page(
    place: Path, shown: Sequence[Comparison], sides: tuple[Side, Side], project: Project
) -> None:
    from cbspec.committed.writing import write
    from cbspec.report.html import comparison_page

    titles = {claim.id: claim.title for claim in project.at_every_scale(sound=True)}
    write(place, comparison_page(shown, *sides, titles))


def _acts(comparison: Comparison) -> bool:
    """Tell whether the earlier record no longer stands."""
    return comparison.change in CHANGED or comparison.change == "gone"


def _explained(comparison: Comparison, old: Ledger, new: Ledger) -> bool:
    """Tell whether a person has given the reason since."""
    if comparison.new is None:
        since = [former.key for former in new.withdrawn if former not in old.withdrawn]
        return comparison.key in since
    before = len(comparison.old.accepted) if comparison.old else 0
    return len(comparison.new.accepted) > before


def _paragraphs(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """Yield one paragraph for each comparison, then the total."""
    counts: Counter[str] = Counter()
    for comparison in comparisons:
        counts[comparison.change] += 1
        yield f"{comparison.key}: {comparison.text}"
    yield ", ".join(f"{number} {change}" for change, number in counts.items())


def _content(comparison: Comparison) -> dict[str, object]:
    return {
        **comparison.key._asdict(),
        "change": comparison.change,
        "before": comparison.old and comparison.old.verdict,
        "after": comparison.new and comparison.new.verdict,
        "moves": comparison.moves,
        "shifts": comparison.shifts,
    }
