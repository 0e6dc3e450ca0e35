"""CIFAR-10 as a task."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import torch
from torch import Tensor

from cbspec.stage import Job
from engine.data import SHA256, load
from engine.data.augment import PIXELS, normalise
from engine.data.batches import Batches
from engine.nets import Architecture
from engine.randomness import generator
from engine.tasks.task import Batch

TEST_BATCH = 500  # divides the test set; about 6 MB of inputs


class Cifar10Task:
    """The first `train_images` images of the training set and the whole test set; see `engine.tasks.task.Task`."""

    def __init__(self, parameters: Any, seeds: Sequence[int], device: str) -> None:
        data, count = load(), parameters.train_images
        self.seeds, self.device = tuple(seeds), device
        self.images = {"train": torch.from_numpy(data.train_images[:count]), "test": torch.from_numpy(data.test_images)}
        self.labels = {"train": torch.from_numpy(data.train_labels[:count]), "test": torch.from_numpy(data.test_labels)}
        if device != "cpu":
            self.images = {split: images.to(device) for split, images in self.images.items()}
            self.labels = {split: labels.to(device) for split, labels in self.labels.items()}

    def architecture(self, width: int, depth: int) -> Architecture:
        return Architecture(PIXELS, width, depth)

    def epoch(self, epoch: int, size: int) -> Iterator[Batch]:
        return Batches(self.images["train"], self.labels["train"], self.seeds, size=size, device=self.device).epoch(epoch)

    def test(self) -> Iterator[Batch]:
        images, labels = self.images["test"], self.labels["test"]
        for part, names in zip(images.split(TEST_BATCH), labels.split(TEST_BATCH), strict=True):
            x = normalise(part)
            yield x.expand(len(self.seeds), *x.shape), names.expand(len(self.seeds), *names.shape)

    def sample(self, split: Literal["train", "test"], count: int, size: int) -> list[Batch]:
        orders = [self._order(seed, split, count * size) for seed in self.seeds]
        index = torch.stack(orders).to(self.device).unflatten(1, (count, size))
        return [(normalise(self.images[split][part]), self.labels[split][part]) for part in index.unbind(1)]

    def _order(self, seed: int, split: str, wanted: int) -> Tensor:
        available = len(self.labels[split])
        if wanted > available:
            raise ValueError(f"{wanted} {split} images are asked for, CIFAR-10 here has {available}; ask for fewer batches")
        return torch.randperm(available, generator=generator(seed, "sample", split))[:wanted]


def prepare(job: Job) -> None:
    """Obtain and verify the data; later stages open it themselves."""
    data = load()
    for replica, own in enumerate(job.replicas):
        counts = {"train_images": own.parameters.train_images, "test_images": len(data.test_images)}
        job.emit(replica, tensors={}, series={"sha256": SHA256} | counts)
