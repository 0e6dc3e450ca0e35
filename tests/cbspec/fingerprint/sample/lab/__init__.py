# ruff: noqa: F401
"""A small laboratory in which a stage can reach code in every way that Python has."""

from lab.maths import halve as halved
