"""``cbspec canary``: what the canary figures are held to, and measuring that anew."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from statistics import median_high
from typing import TYPE_CHECKING

import click

from cbspec.cli.canaries import NO_SCALE
from cbspec.cli.context import pass_project
from cbspec.cli.output import echo, echo_json, json_option
from cbspec.errors import ConfigError
from cbspec.model.number import count
from cbspec.paths import display
from cbspec.project import Project
from cbspec.text_table import TextTable

if TYPE_CHECKING:
    from cbspec.canary import Calibration, CanaryRecord
    from cbspec.canary.calibration import Origin
    from cbspec.canary.platforms import Name


@click.command("canary")
@click.option(
    "--calibrate",
    is_flag=True,
    help="Measure the spread over platforms, and derive the tolerances from it.",
)
@click.option(
    "--python",
    "pythons",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False),
    metavar="PATH",
    help="With --calibrate: also with this interpreter, which has another torch; repeatable.",
)
@json_option
@pass_project
def command(project: Project, calibrate: bool, pythons: tuple[str, ...], as_json: bool) -> None:
    """Show the canary's tolerances, or measure them again.

    The canary runs every claim's whole experiment at toy sizes: `cbspec run --scale canary`, or
    whatever [tool.cbspec] calls the scale. Its recorded values have tolerances that follow from how
    far other instruction sets and thread counts move them. --calibrate runs the canary on each of
    these, which takes minutes, and records the tolerances. The values stay.
    """
    from cbspec.canary import CanaryRecord

    if not project.config.canary:
        raise ConfigError(NO_SCALE)
    if pythons and not calibrate:
        raise click.UsageError("--python belongs to --calibrate")
    place = project.config.canary_record
    record = CanaryRecord.load(place)
    if calibrate:
        calibration = _calibration(project, pythons)
        with project.editing():
            record = CanaryRecord.load(place).calibrated(calibration)
            record.save(place)
        echo(f"recorded in {display(place)}", err=True)
    if as_json:
        echo_json(record.calibration)
    else:
        for line in _lines(record):
            echo(line)


def _calibration(project: Project, pythons: Sequence[str]) -> Calibration:
    from cbspec.canary.calibration import calibrated
    from cbspec.evaluation.platforms import SETTINGS, measured, with_python
    from cbspec.ledger import provenance

    config = project.config
    others = [with_python(python) for python in pythons]
    settings = [*others, *SETTINGS]  # an environment that lacks something is told at once
    runs = []
    for number, setting in enumerate(settings, start=1):
        echo(f"{number} of {len(settings)}: {setting.name}", err=True)
        runs.append(measured(setting, root=config.root, claims=config.claims, scale=config.canary))
    runs = runs[len(others) :] + runs[: len(others)]
    made = provenance(config.root, runs[0].torch, exclude=config.reports)
    return calibrated(runs, date=made.date, commit=made.commit, origins=_origins(project))


def _origins(project: Project) -> dict[Name, Origin]:
    """Return (claim, arm, measure) -> the stage that measures it there, and its unit."""
    origins = {}
    for claim in project.claims(scale=project.config.canary):
        for arm, call in claim.arms.items():
            for name, measure in call.stage.measures.items():
                origins[claim.id, arm, name] = call.stage.name, measure.unit
    return origins


def _lines(record: CanaryRecord) -> Iterator[str]:
    yield f"canary figures of {count(len(record), 'claim')} are on record"
    calibration = record.calibration
    if calibration is None:
        yield "No tolerances: every figure is held to the last bit. Measure them with cbspec canary --calibrate."
        return
    yield f"Tolerances of {calibration.date}: {calibration.method}."
    share = "figures that differ"
    platforms = TextTable("platform", "torch", share, right=[share])
    for platform in calibration.platforms:
        platforms.row(platform.name, platform.torch, f"{platform.differing:.1%}")
    yield str(platforms)
    yield str(_tolerances(calibration))
    for item in calibration.unheld:
        yield f"not held: {item.measure} of {item.arm} in {item.claim}: {item.reason}"


def _tolerances(calibration: Calibration) -> TextTable:
    """Return one row for each measure: its tolerances over claims and arms."""
    tolerances: dict[str, list[float]] = defaultdict(list)
    for tolerance in calibration.tolerances:
        tolerances[tolerance.measure].append(tolerance.atol)
    unheld = Counter(item.measure for item in calibration.unheld)
    numbers = ("smallest atol", "median", "largest", "arms not held")
    table = TextTable("measure", *numbers, right=numbers)
    for measure, atol in sorted(tolerances.items()):
        spread = map("{:.2g}".format, (min(atol), median_high(atol), max(atol)))
        table.row(measure, *spread, unheld[measure])
    return table
