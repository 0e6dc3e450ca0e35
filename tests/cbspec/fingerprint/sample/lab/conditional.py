# ruff: noqa: F401
"""Names that depend on what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.nets import Net

try:
    from absent_accelerator import fast
except ImportError:
    from lab.maths import halve as fast

LARGE = True

if LARGE:

    def sized(x):
        return x + 51
else:

    def sized(x):
        return x - 51


def conditional(job):
    return fast(job) + sized(job)
