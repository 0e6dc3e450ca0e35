"""The catalog of a small engine without torch: it measures how tall plants grow, and is copied into
test projects.
"""

import random
import time
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from cbspec.stage import Input, Job, Measure, Parameters, Stage


class Plant(Parameters, frozen=True, kw_only=True):
    """A pot with a plant."""

    day: Annotated[int, Meta(ge=0, description="how long it grew")]
    light: Annotated[float, Meta(ge=0, description="hours a day")] = 8.0
    thirsty: bool = False


class Scales(Parameters, frozen=True, kw_only=True):
    """Nothing to choose but whether the scales are broken."""

    broken: bool = False


def grow(job: Job) -> None:
    """Height after `day` days: light times days plus a little noise of the seed."""
    days = job.replicas[0].parameters.day
    for day in range(job.start, days):
        while job.replicas[0].parameters.thirsty:  # nobody brings water: until the run is stopped
            Path("thirsty").touch()
            job.advance(day, days, "day")
            time.sleep(0.01)
        job.advance(day + 1, days, "day")
        if job.wants(day + 1):
            for index, replica in enumerate(job.replicas):
                noise = random.Random(f"{replica.seed} {day}").uniform(-0.5, 0.5)
                job.emit(
                    index,
                    point=day + 1,
                    measures={"height": replica.parameters.light * (day + 1) + noise},
                )


def weigh(job: Job) -> None:
    """A plant weighs twice its height, if the scales work."""
    for index, replica in enumerate(job.replicas):
        if replica.parameters.broken:
            raise RuntimeError("the scales are broken")
        job.emit(index, measures={"weight": 2 * replica.inputs["plant"].measures["height"]})


STAGES = (
    Stage(
        "grow",
        "lets a plant grow",
        "lab.catalog:grow",
        Plant,
        kind="plant",
        measures={"height": Measure("cm", "height of the plant")},
        progress="day",
        cost=lambda call: float(call.point),
    ),
    Stage(
        "weigh",
        "puts a plant on the scales",
        "lab.catalog:weigh",
        Scales,
        inputs={"plant": Input("plant", "what is weighed")},
        measures={"weight": Measure("g", "weight of the plant")},
    ),
)
