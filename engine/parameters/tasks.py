"""What can be chosen of a task, and how much data it then has."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from msgspec import Meta

from cbspec.stage import Parameters


class Sizes(NamedTuple):
    """How much data a task has.

    Attributes:
        train, test: samples of an epoch and of a test pass.
        inputs: numbers per sample.
    """

    train: int
    test: int
    inputs: int


class TaskParameters(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every task's parameters."""

    @property
    def sizes(self) -> Sizes:
        """How much data the task has."""
        raise NotImplementedError


class Cifar10(TaskParameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """CIFAR-10 as every stage sees it."""

    train_images: Annotated[
        int, Meta(ge=8, le=50000, description="the first n images of the training set")
    ] = 50000

    @property
    def sizes(self) -> Sizes:
        return Sizes(self.train_images, test=10_000, inputs=3 * 32 * 32)


class TeacherStudent(TaskParameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Gaussian inputs labelled by a random teacher.

    The activation of teacher and student goes from linear to tanh.
    """

    alpha: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="phi_alpha(z) = (1-alpha) z + alpha tanh(z), in teacher and student (memo)",
        ),
    ] = 1.0
    train_samples: Annotated[int, Meta(ge=8, description="training inputs per seed (open)")] = 10000
    test_samples: Annotated[
        int, Meta(ge=8, multiple_of=8, description="test inputs per seed (open)")
    ] = 2000
    inputs: Annotated[
        int, Meta(ge=16, multiple_of=16, description="input dimension, standard normal (open)")
    ] = 128
    teacher_depth: Annotated[int, Meta(ge=1, description="the teacher's hidden layers (open)")] = 2
    teacher_width: Annotated[
        int, Meta(ge=1, description="width of the teacher's hidden layers (open)")
    ] = 128
    teacher_gain: Annotated[
        float,
        Meta(
            gt=0,
            description="teacher weights are N(0, gain^2 / fan-in): how far tanh is driven into "
            "saturation (open)",
        ),
    ] = 2.0

    @property
    def sizes(self) -> Sizes:
        return Sizes(self.train_samples, self.test_samples, self.inputs)
