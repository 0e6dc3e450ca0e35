"""A small engine: stages of every shape that the language knows, none with an implementation."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from cbspec.stage import Input, Measure, Parameters, Stage

SNAPSHOT = Input("snapshot", "the network at one epoch")
ESTIMATOR = Input("estimator", "what gives the credit")


class Task(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    images: Annotated[int, Meta(ge=8, le=50000, description="training images")] = 50000


class Training(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    width: Annotated[int, Meta(ge=16, multiple_of=16, description="hidden width")] = 256
    epochs: Annotated[int, Meta(ge=1, description="length of the schedule")] = 100
    epoch: Annotated[int, Meta(ge=0, description="the checkpoint wanted")]
    learning_rate: Annotated[float, Meta(gt=0, description="AdamW learning rate")] = 1e-3


class Field(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    directions: Annotated[int, Meta(ge=1, description="M")] = 4
    clip: Annotated[float | None, Meta(description="largest credit; empty: none")] = None


class Descent(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    credit: Annotated[Literal["normalised", "raw"], Meta(description="scale of the credit")] = (
        "normalised"
    )
    steps: Annotated[int, Meta(ge=1, description="SGD steps")] = 1
    step_sizes: Annotated[
        tuple[float, ...], Meta(min_length=1, description="grid of step sizes")
    ] = (0.001, 0.01)


STAGES = (
    Stage(
        name="cifar10", doc="the data", implementation="sample:run", parameters=Task, kind="task"
    ),
    Stage(
        name="train_bp",
        doc="back-propagation",
        implementation="sample:run",
        parameters=Training,
        inputs={"task": Input("task", "the data")},
        kind="snapshot",
        measures={"test_accuracy": Measure("accuracy", "on the test set")},
        progress="epoch",
        length="epochs",
    ),
    Stage(
        name="dfa",
        doc="fixed feedback",
        implementation="sample:run",
        inputs={"snapshot": SNAPSHOT},
        kind="estimator",
    ),
    Stage(
        name="oracle",
        doc="the gradient",
        implementation="sample:run",
        inputs={"snapshot": SNAPSHOT},
        kind="estimator",
    ),
    Stage(
        name="vector_field",
        doc="a fitted field",
        implementation="sample:run",
        parameters=Field,
        inputs={"snapshot": SNAPSHOT},
        kind="estimator",
    ),
    Stage(
        name="local_descent",
        doc="loss change after local steps",
        implementation="sample:run",
        parameters=Descent,
        inputs={"snapshot": SNAPSHOT, "estimator": ESTIMATOR},
        measures={
            "dL_same": Measure("nats", "same batch"),
            "dL_held": Measure("nats", "held-out batch"),
        },
    ),
    Stage(
        name="fine_tune",
        doc="further training of a snapshot, by an estimator",
        implementation="sample:run",
        parameters=Training,
        inputs={"snapshot": SNAPSHOT, "estimator": ESTIMATOR},
        kind="snapshot",
        progress="epoch",
        continues="snapshot",
    ),
)
