"""The catalog of a lab whose code is edited while it runs. Copied into a project as ``lab/catalog.py``;
the stage takes its step from ``lab/rules.py``, its noise from ``lab/noise.py``, which is imported
late, and its start from a table.
"""

import time
from pathlib import Path

from cbspec.stage import File, Input, Job, Measure, Parameters, Stage


class Walk(Parameters, frozen=True, kw_only=True):
    """A walk of so many steps, from where a table says."""

    step: int
    drift: float = 0.0
    table: File = File("start.csv")


def walk(job: Job) -> None:
    """Go a step in a few milliseconds; what is imported late is imported halfway."""
    from lab.rules import stride

    parameters = job.replicas[0].parameters
    places = []
    for replica in job.replicas:
        start = float(Path(replica.path(parameters.table)).read_text())
        places.append(replica.resumed.measures["place"] if replica.resumed else start)
    for step in range(job.start + 1, parameters.step + 1):
        time.sleep(0.01)
        for index, replica in enumerate(job.replicas):
            places[index] += stride(replica.parameters.drift, replica.seed, step)
            if job.wants(step) or step % 4 == 0:
                job.emit(index, point=step, measures={"place": places[index]})
        job.advance(step, parameters.step, "step")


def again(job: Job) -> None:
    """Move on from where a walk ended."""
    time.sleep(0.05)
    from lab.noise import noise

    for index, replica in enumerate(job.replicas):
        place = replica.inputs["walk"].measures["place"]
        job.emit(index, measures={"value": place + noise(replica.seed)})


STAGES = (
    Stage(
        "walk",
        "a walk",
        "lab.catalog:walk",
        Walk,
        kind="walk",
        measures={"place": Measure("m", "how far from where it began")},
        progress="step",
    ),
    Stage(
        "again",
        "moves on",
        "lab.catalog:again",
        inputs={"walk": Input("walk", "what comes first")},
        measures={"value": Measure("m", "how far from where it began")},
    ),
)
