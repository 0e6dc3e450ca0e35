"""CIFAR-10 as a task."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import torch
from torch import Tensor

from cbspec.stage import Job
from engine.architecture import Architecture
from engine.data import SHA256, load
from engine.data.augment import PIXELS, normalise
from engine.data.batches import Batches
from engine.parameters import Cifar10
from engine.randomness import generator
from engine.tasks.task import Batch

TEST_BATCH = 500  # divides the test set; about 6 MB of inputs


class Cifar10Task:
    """The first `train_images` images of the training set and the whole test set.

    Meets `engine.tasks.task.Task`.
    """

    def __init__(self, parameters: Cifar10, seeds: Sequence[int], device: str) -> None:
        data, count = load(), parameters.train_images
        self.seeds, self.device = tuple(seeds), device
        # On the CPU the memory-mapped arrays are used without a copy.
        self.images = {
            "train": torch.from_numpy(data.train_images[:count]).to(device),
            "test": torch.from_numpy(data.test_images).to(device),
        }
        self.labels = {
            "train": torch.from_numpy(data.train_labels[:count]).to(device),
            "test": torch.from_numpy(data.test_labels).to(device),
        }

    def architecture(self, width: int, depth: int) -> Architecture:
        return Architecture(PIXELS, width, depth)

    def epoch(self, epoch: int, size: int) -> Iterator[Batch]:
        images, labels = self.images["train"], self.labels["train"]
        batches = Batches(images, labels, self.seeds, size=size, device=self.device)
        return batches.epoch(epoch)

    def test(self) -> Iterator[Batch]:
        images, labels = self.images["test"], self.labels["test"]
        for part, names in zip(images.split(TEST_BATCH), labels.split(TEST_BATCH), strict=True):
            x = normalise(part)
            yield x.expand(len(self.seeds), *x.shape), names.expand(len(self.seeds), *names.shape)

    def sample(self, split: Literal["train", "test"], count: int, size: int) -> list[Batch]:
        images, labels = self.images[split], self.labels[split]
        orders = [self._order(seed, split, count * size) for seed in self.seeds]
        index: Tensor = torch.stack(orders).to(self.device).unflatten(1, (count, size))
        return [(normalise(images[part]), labels[part]) for part in index.unbind(1)]

    def _order(self, seed: int, split: str, wanted: int) -> Tensor:
        """Return the images that a sample of a seed takes, in order, int64 `[wanted]`."""
        available = len(self.labels[split])
        if wanted > available:
            asked = f"{wanted} {split} images are asked for, CIFAR-10 here has {available}"
            raise ValueError(f"{asked}; ask for fewer batches")
        return torch.randperm(available, generator=generator(seed, "sample", split))[:wanted]


def prepare(job: Job[Cifar10]) -> None:
    """Obtain and verify the data; later stages open it themselves."""
    data = load()
    test_images = len(data.test_images)
    for lane, replica in enumerate(job.replicas):
        counts = {"train_images": replica.parameters.train_images, "test_images": test_images}
        job.emit(lane, tensors={}, series={"sha256": SHA256} | counts)
