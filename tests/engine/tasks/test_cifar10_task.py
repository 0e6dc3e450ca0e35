"""CIFAR-10 as a task, on a small stand-in for the data."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from engine.data.augment import normalise
from engine.tasks import cifar10
from engine.tasks.cifar10 import Cifar10Task

SEEDS = (42, 123)
TRAIN, TEST = 96, 64


@pytest.fixture
def task(monkeypatch: pytest.MonkeyPatch) -> Cifar10Task:
    """The first 80 of 96 random training images, and 64 test images whose label is their number."""
    draw = np.random.default_rng(0)
    data = SimpleNamespace(
        train_images=draw.integers(0, 256, (TRAIN, 3, 32, 32), dtype=np.uint8),
        train_labels=np.arange(TRAIN),
        test_images=draw.integers(0, 256, (TEST, 3, 32, 32), dtype=np.uint8),
        test_labels=np.arange(TEST),
    )
    monkeypatch.setattr(cifar10, "load", lambda: data)
    return Cifar10Task(SimpleNamespace(train_images=80), SEEDS, "cpu")


def images(task: Any, split: str, labels: torch.Tensor) -> torch.Tensor:
    return normalise(task.images[split][labels])


def test_training_sees_the_first_images_only(task: Cifar10Task) -> None:
    """An epoch visits each of the first 80 training images once per seed."""
    labels = torch.cat([y for _, y in task.epoch(0, 32)], 1)

    assert torch.equal(labels.sort(1).values, torch.arange(80).expand(2, 80))


def test_the_test_pass_covers_every_test_image_once_unaugmented(task: Cifar10Task) -> None:
    """Its batches, the same for all replicas, hold each test image normalised and nothing more."""
    batches = list(task.test())

    x, y = (torch.cat(part, 1) for part in zip(*batches, strict=True))
    assert torch.equal(y, torch.arange(TEST).expand(2, TEST))
    assert torch.equal(x[1], images(task, "test", torch.arange(TEST)))


@pytest.mark.parametrize("split", ["train", "test"])
def test_samples_are_disjoint_unaugmented_and_a_seeds_own(task: Cifar10Task, split: str) -> None:
    """Batches to measure on share no image, are the seed's own in any company, and are as stored
    but for normalisation.
    """
    alone = Cifar10Task(SimpleNamespace(train_images=80), (123,), "cpu").sample(split, 3, 16)

    batches = task.sample(split, 3, 16)

    labels = torch.cat([y for _, y in batches], 1)
    assert all(len(own.unique()) == 48 for own in labels)
    assert not torch.equal(labels[0], labels[1])
    for (x, y), (x_alone, y_alone) in zip(batches, alone, strict=True):
        assert torch.equal(x, images(task, split, y))
        assert torch.equal(x[1], x_alone[0])
        assert torch.equal(y[1], y_alone[0])


def test_asking_for_more_images_than_there_are_says_so(task: Cifar10Task) -> None:
    """The message names what was asked, what there is and what to do."""
    with pytest.raises(
        ValueError,
        match="96 train images are asked for, CIFAR-10 here has 80; ask for fewer batches",
    ):
        task.sample("train", 6, 16)
