"""The catalog of a lab whose stages take a moment, and one of which misbehaves where a claim asks for
it. Copied into a project as ``lab/catalog.py``; ``lab/deeds.json`` has what a deed is.
"""

import json
import os
import random
import signal
import sys
import threading
import time
from pathlib import Path

from cbspec.stage import Input, Job, Measure, Parameters, Stage


class Walk(Parameters, frozen=True, kw_only=True):
    """A random walk of so many steps."""

    step: int
    drift: float = 0.0


class Act(Parameters, frozen=True, kw_only=True):
    """What is done to the process before the result is there."""

    deed: str = ""


def walk(job: Job) -> None:
    """Go a step in a few milliseconds, and leave each as a result that a later run goes on from."""
    last = job.replicas[0].parameters.step
    places = [r.resumed.measures["place"] if r.resumed else 0.0 for r in job.replicas]
    for step in range(job.start + 1, last + 1):
        time.sleep(0.002)
        for index, replica in enumerate(job.replicas):
            drift = replica.parameters.drift
            places[index] += random.Random(f"{replica.seed} {step}").gauss(drift, 1 + drift)
            if job.wants(step) or step % 4 == 0:
                job.emit(index, point=step, measures={"place": places[index]})
        job.advance(step, last, "step")


def act(job: Job) -> None:
    """Do the deed, then emit ten times the seed, or what the walk came to."""
    deed = job.replicas[0].parameters.deed
    if deed:
        code = json.loads(Path(__file__).with_name("deeds.json").read_text())[deed]
        names = {"os": os, "signal": signal, "sys": sys, "threading": threading, "time": time}
        exec(code, names | {"job": job})
    for index, replica in enumerate(job.replicas):
        job.emit(index, measures={"value": 10 * replica.seed + replica.inputs["walk"].seed})


STAGES = (
    Stage(
        "walk",
        "a random walk",
        "lab.catalog:walk",
        Walk,
        kind="walk",
        measures={"place": Measure("m", "how far from where it began")},
        progress="step",
        cost=lambda call: float(call.point),
    ),
    Stage(
        "act",
        "does what it is told",
        "lab.catalog:act",
        Act,
        inputs={"walk": Input("walk", "what comes first")},
        measures={"value": Measure("unit", "a number that follows from the seed")},
        timeout=3.0,
    ),
)
