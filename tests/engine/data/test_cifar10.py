from dataclasses import replace

import numpy as np
import pytest

from engine.data import Cifar10Images, DataUnavailable, load
from engine.data.cifar10 import CIFAR10, Identity, moments


@pytest.fixture(scope="module")
def real() -> Cifar10Images:
    try:
        return load()
    except DataUnavailable as error:
        pytest.skip(str(error))


def small() -> Cifar10Images:
    draw = np.random.default_rng(0)
    labels = np.repeat(np.arange(10), 2)
    return Cifar10Images(
        train_images=draw.integers(0, 256, (20, 3, 32, 32), dtype=np.uint8),
        train_labels=draw.permutation(labels),
        test_images=draw.integers(0, 256, (10, 3, 32, 32), dtype=np.uint8),
        test_labels=draw.permutation(10),
    )


def identity(data: Cifar10Images) -> Identity:
    mean, std = moments(data.train_images)
    return Identity(
        len(data.train_labels), len(data.test_labels), tuple(mean), tuple(std), data.sha256
    )


def test_the_real_set_has_every_recorded_property(real: Cifar10Images) -> None:
    """The stored set has the shapes, class counts, pixel moments and SHA-256 on record."""
    assert CIFAR10.mismatches(real) == []


def test_the_real_set_is_in_the_order_of_the_original_batches(real: Cifar10Images) -> None:
    """Each original batch starts with its published labels, and the first images with their
    published pixels.
    """
    starts = {
        start: real.train_labels[start : start + 10].tolist() for start in range(0, 50_000, 10_000)
    }

    assert starts == {
        0: [6, 9, 9, 4, 1, 1, 2, 7, 8, 3],
        10_000: [1, 6, 6, 8, 8, 3, 4, 6, 0, 6],
        20_000: [8, 5, 0, 6, 9, 2, 8, 3, 6, 2],
        30_000: [0, 6, 0, 2, 7, 2, 1, 2, 4, 1],
        40_000: [1, 8, 5, 1, 5, 7, 4, 3, 8, 2],
    }
    assert np.bincount(real.train_labels[:10_000]).tolist() == [
        1005,
        974,
        1032,
        1016,
        999,
        937,
        1030,
        1001,
        1025,
        981,
    ]
    assert real.test_labels[:10].tolist() == [3, 8, 8, 0, 6, 6, 1, 6, 3, 1]
    assert real.train_images[0, :, 0, :2].T.tolist() == [[59, 62, 63], [43, 46, 45]]
    assert real.test_images[0, :, 0, :2].T.tolist() == [[158, 112, 49], [159, 111, 47]]


def test_a_set_matches_its_own_identity() -> None:
    """A set in which every fact agrees has no mismatch."""
    data = small()

    assert identity(data).mismatches(data) == []


def test_moments_are_those_of_the_fractions() -> None:
    """Mean and deviation equal NumPy's, per channel over images and pixels divided by 255."""
    images = small().train_images

    mean, std = moments(images)

    np.testing.assert_allclose(mean, (images / 255).mean((0, 2, 3)), rtol=0, atol=1e-14)
    np.testing.assert_allclose(std, (images / 255).std((0, 2, 3)), rtol=0, atol=1e-14)


def test_a_relabelled_image_shows_in_counts_and_digest() -> None:
    """One changed label is reported by class counts and by the digest, and by nothing else."""
    data = small()
    labels = data.train_labels.copy()
    labels[labels == 3] = 4

    wrong = identity(data).mismatches(replace(data, train_labels=labels))

    assert len(wrong) == 2
    assert "the train set has {0: 2, 1: 2, 2: 2, 4: 4," in wrong[0]
    assert "SHA-256" in wrong[1]


def test_swapped_images_show_in_the_digest_alone() -> None:
    """The order of the images is part of a set's identity, though no statistic sees it."""
    data = small()

    wrong = identity(data).mismatches(replace(data, train_images=data.train_images[::-1]))

    assert len(wrong) == 1
    assert identity(data).sha256 in wrong[0]


def test_swapped_channels_show_in_the_moments() -> None:
    """Blue before red is reported with the moments found and those expected."""
    data = small()

    wrong = identity(data).mismatches(replace(data, train_images=data.train_images[:, ::-1]))

    assert [line.split(" of ")[0] for line in wrong] == ["the mean", "the std", "the SHA-256"]


def test_every_misshapen_array_is_named() -> None:
    """Wrong shapes and types are reported at once, each with what it is and what it should be."""
    data = small()
    other = replace(
        data, train_images=data.train_images[:19], test_labels=data.test_labels.astype(np.int32)
    )

    assert identity(data).mismatches(other) == [
        "train_images is uint8 [19, 3, 32, 32], not uint8 [20, 3, 32, 32]",
        "test_labels is int32 [10], not int64 [10]",
    ]
