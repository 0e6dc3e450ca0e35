"""``cbspec diff``: two ledgers, or the ledgers of two commits, claim by claim."""

from __future__ import annotations

from collections import Counter

import click

from cbspec.cli.output import dumps, json_option
from cbspec.cli.project import Project, pass_project
from cbspec.ledger import CHANGED, Comparison, Ledger
from cbspec.ledger import diff as compared


@click.command("diff")
@click.argument("before", metavar="A")
@click.argument("after", metavar="[B]", required=False)
@click.option("--all", "every", is_flag=True, help="Also what did not change.")
@json_option
@pass_project
@click.pass_context
def command(ctx: click.Context, project: Project, before: str, after: str | None, every: bool, as_json: bool) -> None:
    """Compare two ledgers or commits.

    A and B are ledger files or commits; B is the ledger as it stands when left out. Exits with 1 when a verdict flipped or was
    weakened, an assertion was moved, or an entry is gone.
    """
    path = project.config.ledger
    new = Ledger.read(after, path) if after else project.ledger
    found = [each for each in compared(Ledger.read(before, path), new) if every or each.change != "same"]
    found.sort(key=_urgency)
    click.echo(dumps([_content(each) for each in found]) if as_json else _text(found))
    ctx.exit(1 if any(each.change in CHANGED or each.change == "gone" for each in found) else 0)


def _urgency(comparison: Comparison) -> int:
    order = ("flip", "goalposts", "weakened", "gone", "new", "drift", "same")
    return order.index(comparison.change)


def _text(found: list[Comparison]) -> str:
    if not found:
        return "no difference"
    counts = Counter(comparison.change for comparison in found)
    total = ", ".join(f"{number} {change}" for change, number in counts.items())
    return "\n\n".join([f"{comparison.key}: {comparison.text}" for comparison in found] + [total])


def _content(comparison: Comparison) -> dict[str, object]:
    return {
        **comparison.key._asdict(),
        "change": comparison.change,
        "before": comparison.old.verdict if comparison.old else None,
        "after": comparison.new.verdict if comparison.new else None,
        "moves": comparison.moves,
        "shifts": comparison.shifts,
    }
