# ruff: noqa: F401
"""Stages that use what registered itself."""

import functools

import lab.plugins.registered
from lab.decorators import REGISTRY


def registered(job):
    return [function(job) for function in REGISTRY.values()]


@functools.singledispatch
def shown(x):
    return "?"


@shown.register
def _(x: int):
    return f"int {x}"


def single(job):
    return shown(job)
