"""The catalog of an engine whose stage can be held up from outside, wherever it runs, and that keeps
a journal: it is copied into test projects.

The environment variable FERRY names a folder that every process reaches. While it has a file
``hold``, no boat gets beyond its first hour.
"""

import os
import random
import time
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from cbspec.stage import Input, Job, Measure, Parameters, Stage


class Trip(Parameters, frozen=True, kw_only=True):
    """A boat that is carried away by the stream."""

    hour: Annotated[int, Meta(ge=0, description="how long it is under way")]
    stream: Annotated[float, Meta(description="km an hour")] = 1.0
    sunk: bool = False


def sail(job: Job) -> None:
    """Go on from where the boat was, an hour at a time."""
    shore = Path(os.environ["FERRY"])
    parameters = job.replicas[0].parameters
    places = []
    for replica in job.replicas:
        places.append(replica.resumed.measures["place"] if replica.resumed else 0.0)
    for hour in range(job.start + 1, parameters.hour + 1):
        while hour > 1 and (shore / "hold").exists():
            job.advance(hour - 1, parameters.hour, "hour")
            time.sleep(0.01)
        if parameters.sunk:
            raise RuntimeError("the boat has sunk")
        for index, replica in enumerate(job.replicas):
            places[index] += random.Random(f"{replica.seed} {hour}").gauss(parameters.stream, 1)
            if job.wants(hour):
                measures = {"place": places[index], "mark": float(hash("boat") % 1000)}
                job.emit(index, point=hour, measures=measures)
            with (shore / "journal").open("a") as journal:
                journal.write(f"{parameters.stream} {replica.seed} {hour}\n")
        job.advance(hour, parameters.hour, "hour")


class Landing(Parameters, frozen=True, kw_only=True):
    """Nothing to choose."""


def land(job: Job) -> None:
    """Measure how far the boat is from where it began."""
    for index, replica in enumerate(job.replicas):
        job.emit(index, measures={"distance": abs(replica.inputs["boat"].measures["place"])})


STAGES = (
    Stage(
        "sail",
        "lets a boat drift",
        "lab.catalog:sail",
        Trip,
        kind="boat",
        measures={
            "place": Measure("km", "how far it has drifted"),
            "mark": Measure("1", "on its bow, by the hash of a text"),
        },
        progress="hour",
        cost=lambda call: float(call.point),
    ),
    Stage(
        "land",
        "ties the boat up",
        "lab.catalog:land",
        Landing,
        inputs={"boat": Input("boat", "what has arrived")},
        measures={"distance": Measure("km", "from where it began")},
    ),
)
