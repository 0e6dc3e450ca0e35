"""CIFAR-10: obtained, verified, stored once per user, and cut into augmented batches.

This face needs no torch; `engine.data.augment` and `engine.data.batches` do.
"""

from engine.data.cifar10 import SHA256, Cifar10Images
from engine.data.provider import DataUnavailable, load, obtain

__all__ = ["SHA256", "Cifar10Images", "DataUnavailable", "load", "obtain"]
