"""The synthetic teacher-student ladder (phase 1): a random teacher labels Gaussian inputs.

alpha leads from linear to tanh.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor

from cbspec.stage import Job
from engine.architecture import Architecture
from engine.parameters import TeacherStudent
from engine.randomness import epoch_order, generator
from engine.tasks.task import Batch

CLASSES = 10
# Inputs, of a stream of their own, on which the teacher's logits are standardised
CALIBRATION = 10_000
TEST_BATCH = 512


@dataclass(frozen=True)
class PhiAlpha:
    """``phi_alpha(z) = (1 - alpha) z + alpha tanh(z)`` (definitions, section 2).

    Meets `engine.architecture.Activation`.
    """

    alpha: float

    def forward(self, z: Tensor) -> Tensor:
        return torch.lerp(z, torch.tanh(z), self.alpha)

    def backward(self, gradient: Tensor, z: Tensor) -> Tensor:
        return gradient * (1 - self.alpha * torch.tanh(z).square())


class Teacher:
    """A plain random network: `teacher_depth` hidden layers with phi_alpha, standardised logits.

    Weights are N(0, gain^2 / fan-in) without biases; the label is the class with the largest logit.
    Each logit is centred and scaled by its mean and deviation over fresh Gaussian inputs, so no
    class wins by a larger logit alone and every class has about a tenth of the inputs. Weights do
    not depend on alpha: along the ladder only the activation changes.
    """

    def __init__(self, parameters: TeacherStudent, seed: int) -> None:
        width, gain = parameters.teacher_width, parameters.teacher_gain
        stream = generator(seed, "teacher_student", "teacher")
        sizes = [parameters.inputs, *[width] * parameters.teacher_depth, CLASSES]
        self.weights = []
        for fan_in, fan_out in pairwise(sizes):
            drawn = torch.randn(fan_in, fan_out, generator=stream)
            self.weights.append(drawn * (gain / math.sqrt(fan_in)))
        self.activation = PhiAlpha(parameters.alpha)
        fresh = inputs(seed, "calibration", CALIBRATION, parameters.inputs)
        self._deviation, self._mean = torch.std_mean(self._logits(fresh), 0)

    def label(self, x: Tensor) -> Tensor:
        """Return classes int64 `[n]` of inputs `[n, inputs]`."""
        return ((self._logits(x) - self._mean) / self._deviation).argmax(-1)

    def _logits(self, x: Tensor) -> Tensor:
        for weight in self.weights[:-1]:
            x = self.activation.forward(x @ weight)
        return x @ self.weights[-1]


def inputs(seed: int, purpose: str, count: int, width: int) -> Tensor:
    """Draw a standard normal `[count, width]`, a stream for each seed and purpose.

    It is equal for every alpha, depth and arm.
    """
    stream = generator(seed, "teacher_student", f"inputs {purpose}")
    return torch.randn(count, width, generator=stream)


class TeacherStudentTask:
    """One data set per seed, on the device; the student has no terminal LayerNorm.

    Meets `engine.tasks.task.Task`.
    """

    def __init__(self, parameters: TeacherStudent, seeds: Sequence[int], device: str) -> None:
        self.parameters, self.seeds = parameters, tuple(seeds)
        self._counts = {"train": parameters.train_samples, "test": parameters.test_samples}
        distinct = list(dict.fromkeys(seeds))  # arms of one seed share its data
        self._rows = torch.tensor([distinct.index(seed) for seed in seeds]).unsqueeze(1)
        x: dict[str, list[Tensor]] = {"train": [], "test": []}
        y: dict[str, list[Tensor]] = {"train": [], "test": []}
        for seed in distinct:
            teacher = Teacher(parameters, seed)
            for split, count in self._counts.items():
                x[split].append(inputs(seed, split, count, parameters.inputs))
                y[split].append(teacher.label(x[split][-1]))
        self.x = {split: torch.cat(parts).to(device) for split, parts in x.items()}
        self.y = {split: torch.cat(parts).to(device) for split, parts in y.items()}

    def architecture(self, width: int, depth: int) -> Architecture:
        activation = PhiAlpha(self.parameters.alpha)
        return Architecture(
            self.parameters.inputs,
            width,
            depth,
            CLASSES,
            activation=activation,
            terminal_norm=False,
        )

    def epoch(self, epoch: int, size: int) -> Iterator[Batch]:
        return self._batches("train", epoch_order(self.seeds, epoch, self._counts["train"]), size)

    def test(self) -> Iterator[Batch]:
        order = torch.arange(self._counts["test"]).expand(len(self.seeds), -1)
        return self._batches("test", order, TEST_BATCH)

    def sample(self, split: Literal["train", "test"], count: int, size: int) -> list[Batch]:
        available = self._counts[split]
        if count * size > available:
            asked = f"{count * size} {split} samples are asked for, the task has {available}"
            raise ValueError(f"{asked}; ask for fewer batches or raise {split}_samples")
        orders = torch.empty(len(self.seeds), available, dtype=torch.int64)
        for order, seed in zip(orders, self.seeds, strict=True):
            torch.randperm(available, generator=generator(seed, "sample", split), out=order)
        return list(self._batches(split, orders[:, : count * size], size))

    def _batches(self, split: str, order: Tensor, size: int) -> Iterator[Batch]:
        """Yield batches of the samples `order` `[replica, n]`, each from its own seed's data."""
        x, y = self.x[split], self.y[split]
        rows = (order + self._rows * self._counts[split]).to(x.device)
        for index in rows.split(size, dim=1):
            yield x.index_select(0, index.flatten()).unflatten(0, tuple(index.shape)), y[index]


def prepare(job: Job[TeacherStudent]) -> None:
    """State how balanced the labels are; the data itself follows from the seed."""
    for lane, replica in enumerate(job.replicas):
        task = TeacherStudentTask(replica.parameters, [replica.seed], "cpu")
        shares = {}
        for split, y in task.y.items():
            shares[split] = (torch.bincount(y, minlength=CLASSES) / len(y)).tolist()
        job.emit(lane, tensors={}, series={"class_shares": shares})
