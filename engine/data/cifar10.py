"""What CIFAR-10 is: its arrays, and the facts that identify a copy (Krizhevsky, 2009)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

CLASSES = 10
# Channel, row, column; torchvision's CIFAR10.data is the same with the channel last.
IMAGE = (3, 32, 32)

# Train images, train labels, test images, test labels: each in the order of the original python
# batches, one byte a value.
SHA256 = "32e5966899bde482c0ef7d076bf69809b4b1488c806f657a814cfca4646ec493"


@dataclass(frozen=True, slots=True)
class Cifar10Images:
    """The data set, in the order of the original python batches.

    Attributes:
        train_images: uint8 `[50000, 3, 32, 32]`, red, green, blue.
        train_labels: int64 `[50000]`, 0 to 9.
        test_images: uint8 `[10000, 3, 32, 32]`.
        test_labels: int64 `[10000]`.
    """

    train_images: npt.NDArray[np.uint8]
    train_labels: npt.NDArray[np.int64]
    test_images: npt.NDArray[np.uint8]
    test_labels: npt.NDArray[np.int64]

    @property
    def sha256(self) -> str:
        """Hex digest of the four arrays, labels as uint8."""
        digest = hashlib.sha256()
        for array in (self.train_images, self.train_labels, self.test_images, self.test_labels):
            digest.update(np.ascontiguousarray(array, dtype=np.uint8).data)
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Identity:
    """The facts that make a set the one we mean.

    Attributes:
        train, test: numbers of images.
        mean, std: per channel, over all pixels of the training images, as a fraction of 255, to
            8 decimals.
        sha256: of the decoded arrays, see `Cifar10.sha256`.
    """

    train: int
    test: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    sha256: str

    def misshapen(self, data: Cifar10Images) -> list[str]:
        """Return what is wrong with shapes and types; reads no image, so it suits every load."""
        expected = {
            "train_images": ((self.train, *IMAGE), np.uint8),
            "train_labels": ((self.train,), np.int64),
            "test_images": ((self.test, *IMAGE), np.uint8),
            "test_labels": ((self.test,), np.int64),
        }
        wrong = []
        for name, (shape, dtype) in expected.items():
            array = getattr(data, name)
            if (array.shape, array.dtype) != (shape, dtype):
                actual, due = (
                    f"{array.dtype} {list(array.shape)}",
                    f"{np.dtype(dtype)} {list(shape)}",
                )
                wrong.append(f"{name} is {actual}, not {due}")
        return wrong

    def mismatches(self, data: Cifar10Images) -> list[str]:
        """Return every way in which `data` is not this set; empty when it is.

        Reads all of it (about half a second).
        """
        wrong = self.misshapen(data)
        if wrong:
            return wrong
        for name, labels in (("train", data.train_labels), ("test", data.test_labels)):
            counts = dict(
                zip(*(part.tolist() for part in np.unique(labels, return_counts=True)), strict=True)
            )
            expected = dict.fromkeys(range(CLASSES), len(labels) // CLASSES)
            if counts != expected:
                wrong.append(f"the {name} set has {counts} images per class, not {expected}")
        for name, counted, reported in zip(
            ("mean", "std"), moments(data.train_images), (self.mean, self.std), strict=True
        ):
            if not np.allclose(counted, reported, rtol=0, atol=1e-8):
                values = counted.round(8).tolist()
                wrong.append(f"the {name} of the training pixels is {values}, not {list(reported)}")
        if data.sha256 != self.sha256:
            wrong.append(f"the SHA-256 of the decoded arrays is {data.sha256}, not {self.sha256}")
        return wrong


def moments(images: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return mean and standard deviation `[channel]` of pixels, as fractions of 255.

    Args:
        images: uint8 `[n, channel, ...]`; counted exactly.
    """
    levels = np.arange(256)
    histogram = np.zeros((images.shape[1], 256), dtype=np.int64)
    for start in range(0, len(images), 5_000):  # bincount widens to 8 bytes a pixel
        part = images[start : start + 5_000]
        histogram += [
            np.bincount(part[:, channel].ravel(), minlength=256)
            for channel in range(len(histogram))
        ]
    share = histogram / histogram.sum(axis=1, keepdims=True)
    mean = share @ levels
    return mean / 255, np.sqrt((share * (levels - mean[:, None]) ** 2).sum(axis=1)) / 255


CIFAR10 = Identity(
    train=50_000,
    test=10_000,
    mean=(0.49139968, 0.48215841, 0.44653091),
    std=(0.24703223, 0.24348513, 0.26158784),
    sha256=SHA256,
)
