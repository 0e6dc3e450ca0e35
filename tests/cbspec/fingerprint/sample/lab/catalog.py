# ruff: noqa: F401
"""Which stages there are."""

from dataclasses import dataclass

import lab.nets

MEASURES = {"loss": "nats"}


@dataclass
class Entry:
    name: str
    implementation: str
    parameters: type = object
    cost: object = None
    length: object = None
    continues: object = None


class Train:
    """Parameters of one stage."""

    epochs = 3

    @property
    def steps(self):
        return 10 * self.epochs


class Measure:
    batches = 5


STAGES = (
    Entry("train", "lab.training:train", parameters=Train, cost=lambda call: 3.0),
    Entry(name="measure", implementation="lab.tables:measure", parameters=Measure),
)


def limits(job):
    return Measure.batches * job
