"""``cbspec values``: what was measured of a claim, arm x seed x measure."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cbspec.cli.completion import complete
from cbspec.cli.context import pass_project
from cbspec.cli.output import echo, echo_json, json_option, results_options
from cbspec.cli.rows import csv_text, write_parquet
from cbspec.ledger import Key
from cbspec.model.replicates import one
from cbspec.model.values import Value
from cbspec.project import Project
from cbspec.text_table import TextTable

if TYPE_CHECKING:
    from cbspec.claim import Claim
    from cbspec.execution.plan import Planner
    from cbspec.model.values import Values
    from cbspec.stage import Summary


@click.command("values")
@click.argument("claim", shell_complete=complete)
@results_options
@click.option("--stored", is_flag=True, help="Show stored results instead of recorded values.")
@click.option("--curves", is_flag=True, help="Show the curves of the stored results instead.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, one line for each value.")
@click.option(
    "--parquet",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a Parquet file (needs pyarrow).",
)
@json_option
@pass_project
def command(
    project: Project,
    claim: str,
    scale: str | None,
    device: str,
    threads: int,
    stored: bool,
    curves: bool,
    as_csv: bool,
    parquet: Path | None,
    as_json: bool,
) -> None:
    """Show the values behind a verdict.

    CLAIM is an id; without the values of a matrix it stands for all cells. The values are those
    that the verdict on record was judged on. Where none is on record, or with --stored, they are
    those of the stored results.
    """
    planner = project.planner(device, threads)
    rows: list[dict[str, Any]] = []
    texts: list[str] = []
    for cell in project.claims([claim], scale):
        if curves:
            rows += _curves(project, cell, planner)
            continue
        values, units, source = _values(project, cell, planner, stored=stored)
        rows += _rows(cell, values, units)
        texts += [
            f"{cell.id} at scale {cell.scale}, {source}",
            *_tables(values, units, one(cell.replicated_over)),
        ]
    if parquet is not None:
        write_parquet(rows, parquet)
        echo(str(parquet))
    elif as_json:
        echo_json(rows)
    elif as_csv:
        echo(csv_text(rows).rstrip("\n"))
    elif curves:
        echo(_curve_table(rows))
    else:
        echo("\n\n".join(texts))


def _values(
    project: Project, claim: Claim, planner: Planner, *, stored: bool
) -> tuple[Values, Mapping[str, str], str]:
    """Return the values of a claim, measure -> their unit, and where they are from."""
    from cbspec.evaluation.interim import stored_values
    from cbspec.ledger.units import recorded_units

    entry = project.ledger.get(Key(claim.id, claim.scale, planner.numerics.device))
    if entry and not stored:
        evidence = project.evidence.of(entry)
        if evidence is not None:
            return evidence.values, recorded_units(entry, evidence, claim.units), "as recorded"
    return stored_values(claim, planner, project.store), claim.units, "as stored"


def _rows(claim: Claim, values: Values, units: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield a row for each value of a claim, and for each measure that is known in sum only."""
    for value in values.records():
        unit = units.get(value.measure, "")
        yield {"claim": claim.id, "unit": unit, **value._asdict()}
    for arm, known in values.summaries.items():
        for measure, summary in known.items():
            yield _summarised(claim, units.get(measure, ""), arm, measure, summary)


def _summarised(
    claim: Claim, unit: str, arm: str, measure: str, summary: Summary
) -> dict[str, Any]:
    """Return the row of a measure whose single runs are not known: its mean, and the rest in words."""
    row = Value(arm, measure, None, summary.mean, f"as reported: {summary.text}")
    return {"claim": claim.id, "unit": unit, **row._asdict()}


def _curves(project: Project, claim: Claim, planner: Planner) -> Iterator[dict[str, Any]]:
    from cbspec.evaluation.curves import curves

    for point in curves(claim, planner, project.store):
        yield {"claim": claim.id, **point._asdict()}


def _curve_table(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return str(TextTable())
    drawn = TextTable(*rows[0])
    for row in rows:
        drawn.row(*row.values())
    return str(drawn)


def _tables(values: Values, units: Mapping[str, str], each: str) -> Iterator[str]:
    """Yield a table for as many measures as fit beside each other; a row for each arm and replicate."""
    width = shutil.get_terminal_size((80, 24)).columns
    names: dict[str, None] = {}
    for columns in values.arms.values():
        names |= dict.fromkeys(columns)
    for arm, known in values.summaries.items():
        for measure, summary in known.items():
            yield f"{measure} of {arm}, as reported: {summary.text}"
    measures = list(names)
    while measures:
        shown = len(measures)
        drawn = _table(values, measures, units, each)
        while shown > 1 and _width(drawn) > width:
            shown -= 1
            drawn = _table(values, measures[:shown], units, each)
        yield drawn
        del measures[:shown]


def _table(values: Values, measures: list[str], units: Mapping[str, str], each: str) -> str:
    headings = ["arm", each]
    for measure in measures:
        unit = units.get(measure)
        headings.append(f"{measure} ({unit})" if unit else measure)
    drawn = TextTable(*headings, right=headings[1:])
    for arm, columns in values.arms.items():
        for index, seed in enumerate(values.seeds):
            cells = [arm, str(seed)]
            for measure in measures:
                value = columns[measure][index] if measure in columns else None
                reason = values.reason(arm, measure, seed) if measure in columns else ""
                cells.append(reason or "-" if value is None else f"{value:.6g}")
            drawn.row(*cells)
    return str(drawn)


def _width(text: str) -> int:
    return max(map(len, text.splitlines()))
