# ruff: noqa: F403, F405
"""Names that come with a star."""

from lab.maths import *


def starred(job):
    return quarter(job)
