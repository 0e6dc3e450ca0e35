"""The stages: a perceptron is trained, and measured on points that it has not seen."""

from typing import Annotated

from msgspec import Meta

from cbspec.stage import Input, Measure, Parameters, Stage


class Training(Parameters, frozen=True, kw_only=True):
    """How a perceptron is trained."""

    epoch: Annotated[int, Meta(ge=0, description="passes over the points so far")]
    points: Annotated[int, Meta(ge=10, description="points of the training set")]
    rate: Annotated[float, Meta(gt=0, description="step size of gradient descent")] = 0.1


class Testing(Parameters, frozen=True, kw_only=True):
    """On what a perceptron is measured."""

    noise: Annotated[float, Meta(ge=0, description="sd of the noise added to each point")] = 0.0


STAGES = (
    Stage(
        "train",
        "trains a perceptron by gradient descent on the logistic loss",
        "lab.training:train",
        Training,
        kind="perceptron",
        measures={"loss": Measure("nats", "mean logistic loss on the training points")},
        progress="epoch",  # an epoch goes on from an earlier one of the same run
    ),
    Stage(
        "test",
        "measures a perceptron on 1000 fresh points",
        "lab.training:test",
        Testing,
        inputs={"model": Input("perceptron", "what is measured")},
        measures={
            "accuracy": Measure("share", "share of the points on the right side", 0.001),
        },
    ),
)
