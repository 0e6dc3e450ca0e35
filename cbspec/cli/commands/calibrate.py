"""``cbspec calibrate``: how far each measure moves where nothing has changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from cbspec.cli.context import pass_project
from cbspec.cli.output import echo, echo_json, json_option
from cbspec.paths import display
from cbspec.project import Project
from cbspec.text_table import TextTable

if TYPE_CHECKING:
    from cbspec.ledger import MeasureNoise, NoiseRecord


@click.command("calibrate")
@click.option("--show", is_flag=True, help="Write nothing: show what is on record.")
@json_option
@pass_project
def command(project: Project, show: bool, as_json: bool) -> None:
    """Record how much each measure varies when nothing has changed.

    Over seeds: from the evidence of recorded verdicts. By rounding: from the platforms that
    `cbspec canary --calibrate` ran. Nothing is computed. Comparisons with the ledger allow for the
    rounding; `cbspec validate` uses the spread over seeds for claims without a verdict. The record is
    reports/noise.json.
    """
    if show:
        noise = project.noise
    else:
        noise = _measured(project)
        noise.save(project.config.noise_record)
        echo(f"recorded in {display(project.config.noise_record)}", err=True)
    if not noise.date:
        raise click.UsageError("no noise is on record yet: run cbspec calibrate")
    if as_json:
        echo_json(noise)
    else:
        echo("\n".join(_lines(noise)))


def _measured(project: Project) -> NoiseRecord:
    from cbspec.canary import CanaryRecord
    from cbspec.canary.noise import noise_of
    from cbspec.ledger import today
    from cbspec.ledger.units import differing

    units = {}
    for stage in project.catalog.values():
        for name, measure in stage.measures.items():
            units[name] = measure.unit
    evidence = []
    for entry in project.ledger:
        known = project.evidence.of(entry)
        if known and not differing(known.units, units):
            evidence.append(known)
    calibration = CanaryRecord.load(project.config.canary_record).calibration
    return noise_of(evidence, calibration, units, today())


def _lines(noise: NoiseRecord) -> Iterator[str]:
    yield f"Noise of {noise.date}"
    over = ("sd", "arms", "values", "least difference", "differences")
    seeds = TextTable("over seeds", "scale", "device", *over, right=over)
    by = ("usual", "largest", "claims", "platforms")
    rounding = TextTable("by rounding", *by, right=by)
    for measure in noise.measures:
        _add(measure, seeds, rounding)
    yield str(seeds)
    yield str(rounding)


def _add(measure: MeasureNoise, over_seeds: TextTable, by_rounding: TextTable) -> None:
    name = f"{measure.measure} ({measure.unit})"
    for seeds in measure.seeds:
        least = ""
        if seeds.least_difference is not None:
            least = f"{seeds.least_difference:.2g}"
        counts = f"{seeds.sd:.2g}", seeds.arms, seeds.values, least, seeds.differences
        over_seeds.row(name, seeds.scale, seeds.device, *counts)
    if known := measure.rounding:
        spreads = f"{known.usual:.2g}", f"{known.largest:.2g}"
        by_rounding.row(name, *spreads, known.claims, known.platforms)
