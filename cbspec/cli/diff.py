"""``cbspec diff``: two ledgers, or the ledgers of two commits, claim by claim."""

from __future__ import annotations

from collections import Counter

import click

from cbspec.cli.context import pass_project
from cbspec.cli.output import dumps, json_option
from cbspec.ledger import CHANGED, Comparison, Ledger
from cbspec.ledger import diff as compared
from cbspec.project import Project


@click.command("diff")
@click.argument("before", metavar="A")
@click.argument("after", metavar="[B]", required=False)
@click.option("--all", "every", is_flag=True, help="Also what did not change.")
@click.option(
    "--unexplained",
    is_flag=True,
    help="Only what changed without a reason in B: neither accepted nor withdrawn.",
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
    as_json: bool,
) -> None:
    """Compare two ledgers or commits.

    A and B are ledger files or commits; B is the ledger as it stands when left out. Exits with 1
    when a verdict flipped or was weakened, an assertion was moved, or an entry is gone; with
    --unexplained only where B has no reason for it.
    """
    path = project.config.ledger
    old, new = Ledger.read(before, path), Ledger.read(after, path) if after else project.ledger
    comparisons = [
        comparison for comparison in compared(old, new) if every or comparison.change != "same"
    ]
    if unexplained:
        comparisons = [
            comparison
            for comparison in comparisons
            if _acts(comparison) and not _explained(comparison, old, new)
        ]
    comparisons.sort(key=_urgency)
    none = "no difference without a reason" if unexplained else "no difference"
    click.echo(
        dumps([_content(comparison) for comparison in comparisons])
        if as_json
        else _text(comparisons) or none
    )
    ctx.exit(1 if any(map(_acts, comparisons)) else 0)


def _acts(comparison: Comparison) -> bool:
    """Tell whether the earlier record no longer stands."""
    return comparison.change in CHANGED or comparison.change == "gone"


def _explained(comparison: Comparison, old: Ledger, new: Ledger) -> bool:
    """Tell whether a person has given the reason since."""
    if comparison.new is None:
        return any(
            former.key == comparison.key for former in new.withdrawn if former not in old.withdrawn
        )
    return len(comparison.new.accepted) > len(comparison.old.accepted if comparison.old else ())


def _urgency(comparison: Comparison) -> int:
    order = ("flip", "goalposts", "weakened", "gone", "new", "drift", "same")
    return order.index(comparison.change)


def _text(comparisons: list[Comparison]) -> str:
    """Return one paragraph for each comparison, and the total; nothing if there is none."""
    if not comparisons:
        return ""
    counts = Counter(comparison.change for comparison in comparisons)
    total = ", ".join(f"{number} {change}" for change, number in counts.items())
    return "\n\n".join(
        [f"{comparison.key}: {comparison.text}" for comparison in comparisons] + [total]
    )


def _content(comparison: Comparison) -> dict[str, object]:
    return {
        **comparison.key._asdict(),
        "change": comparison.change,
        "before": comparison.old.verdict if comparison.old else None,
        "after": comparison.new.verdict if comparison.new else None,
        "moves": comparison.moves,
        "shifts": comparison.shifts,
    }
