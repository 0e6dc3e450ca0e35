"""The synthetic teacher-student ladder: a random teacher labels Gaussian inputs, alpha leads from linear to tanh (phase 1)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import torch
from torch import Tensor

from cbspec.stage import Job
from engine.nets import Architecture
from engine.randomness import epoch_order, generator
from engine.tasks.task import Batch

CLASSES = 10
CALIBRATION = 10_000  # inputs, of a stream of their own, on which the teacher's logits are standardised
TEST_BATCH = 512


@dataclass(frozen=True)
class PhiAlpha:
    """``phi_alpha(z) = (1 - alpha) z + alpha tanh(z)`` (definitions, section 2); see `engine.nets.Activation`."""

    alpha: float

    def forward(self, z: Tensor) -> Tensor:
        return torch.lerp(z, torch.tanh(z), self.alpha)

    def backward(self, gradient: Tensor, z: Tensor) -> Tensor:
        return gradient * (1 - self.alpha * torch.tanh(z).square())


class Teacher:
    """A plain random network: `teacher_depth` hidden layers with phi_alpha, logits standardised class by class.

    Weights are N(0, gain^2 / fan-in) without biases; the label is the class with the largest logit. Each
    logit is centred and scaled by its mean and deviation over fresh Gaussian inputs, so no class wins by a larger logit alone
    and every class has about a tenth of the inputs. Weights do not depend on alpha: along the ladder only the activation changes.
    """

    def __init__(self, parameters: Any, seed: int) -> None:
        p = self.parameters = parameters
        stream = generator(seed, "teacher_student", "teacher")
        sizes = [p.inputs, *[p.teacher_width] * p.teacher_depth, CLASSES]
        self.weights = [
            torch.randn(fan_in, fan_out, generator=stream) * (p.teacher_gain / math.sqrt(fan_in))
            for fan_in, fan_out in pairwise(sizes)
        ]
        self.activation = PhiAlpha(p.alpha)
        self._deviation, self._mean = torch.std_mean(self._logits(inputs(seed, "calibration", CALIBRATION, p.inputs)), 0)

    def label(self, x: Tensor) -> Tensor:
        """Classes int64 `[n]` of inputs `[n, inputs]`."""
        return ((self._logits(x) - self._mean) / self._deviation).argmax(-1)

    def _logits(self, x: Tensor) -> Tensor:
        for weight in self.weights[:-1]:
            x = self.activation.forward(x @ weight)
        return x @ self.weights[-1]


def inputs(seed: int, purpose: str, count: int, width: int) -> Tensor:
    """Standard normal `[count, width]`, a stream for each seed and purpose: equal for every alpha, depth and arm."""
    return torch.randn(count, width, generator=generator(seed, "teacher_student", f"inputs {purpose}"))


class TeacherStudentTask:
    """One data set per seed, on the device; see `engine.tasks.task.Task`. The student has no terminal LayerNorm."""

    def __init__(self, parameters: Any, seeds: Sequence[int], device: str) -> None:
        self.parameters, self.seeds = parameters, tuple(seeds)
        counts = {"train": parameters.train_samples, "test": parameters.test_samples}
        distinct = list(dict.fromkeys(seeds))  # arms of one seed share its data
        self._rows = torch.tensor([distinct.index(seed) for seed in seeds]).unsqueeze(1)
        self.x, self.y = {}, {}
        for split, count in counts.items():
            drawn = [inputs(seed, split, count, parameters.inputs) for seed in distinct]
            labels = [Teacher(parameters, seed).label(x) for seed, x in zip(distinct, drawn, strict=True)]
            self.x[split], self.y[split] = torch.cat(drawn).to(device), torch.cat(labels).to(device)

    def architecture(self, width: int, depth: int) -> Architecture:
        return Architecture(
            self.parameters.inputs, width, depth, CLASSES, activation=PhiAlpha(self.parameters.alpha), terminal_norm=False
        )

    def epoch(self, epoch: int, size: int) -> Iterator[Batch]:
        return self._batches("train", epoch_order(self.seeds, epoch, self.parameters.train_samples), size)

    def test(self) -> Iterator[Batch]:
        order = torch.arange(self.parameters.test_samples).expand(len(self.seeds), -1)
        return self._batches("test", order, TEST_BATCH)

    def sample(self, split: Literal["train", "test"], count: int, size: int) -> list[Batch]:
        available = self.parameters.train_samples if split == "train" else self.parameters.test_samples
        if count * size > available:
            asked = f"{count * size} {split} samples are asked for, the task has {available}"
            raise ValueError(f"{asked}; ask for fewer batches or raise {split}_samples")
        orders = [torch.randperm(available, generator=generator(seed, "sample", split)) for seed in self.seeds]
        return list(self._batches(split, torch.stack(orders)[:, : count * size], size))

    def _batches(self, split: str, order: Tensor, size: int) -> Iterator[Batch]:
        """Batches of the samples `order` `[replica, n]`, each replica from its own seed's data."""
        x, y = self.x[split], self.y[split]
        available = self.parameters.train_samples if split == "train" else self.parameters.test_samples
        for index in (order + self._rows * available).to(x.device).split(size, dim=1):
            yield x.index_select(0, index.flatten()).unflatten(0, tuple(index.shape)), y[index]


def prepare(job: Job) -> None:
    """The data follows from the seed: state how balanced the labels are."""
    for replica, own in enumerate(job.replicas):
        task = TeacherStudentTask(own.parameters, [own.seed], "cpu")
        shares = {split: (torch.bincount(y, minlength=CLASSES) / len(y)).tolist() for split, y in task.y.items()}
        job.emit(replica, tensors={}, series={"class_shares": shares})
