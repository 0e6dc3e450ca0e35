# ruff: noqa: F401
"""Which stages there are."""

import lab.nets
from cbspec.stage import Measure as Figure
from cbspec.stage import Parameters, Stage

MEASURES = {"loss": "nats"}


class Train(Parameters):
    """Parameters of one stage."""

    epochs: int = 3

    @property
    def steps(self):
        return 10 * self.epochs


class Measure(Parameters):
    batches: int = 5


STAGES = (
    Stage("train", "a net", "lab.training:train", parameters=Train, cost=lambda call: 3.0),
    Stage(
        name="measure",
        doc="rules",
        implementation="lab.tables:measure",
        parameters=Measure,
        measures={"loss": Figure("nats", "mean loss")},
    ),
)


def limits(job):
    return Measure().batches * job
