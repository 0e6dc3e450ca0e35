"""Stages that find code by a text."""

import importlib
from importlib import import_module

from lab import maths

PATHS = {"remote": "lab.rules.remote:act"}


def by_attribute(job, name="double"):
    return getattr(maths, name)(job)


def by_import(job):
    return importlib.import_module("lab.rules.remote").act(job)


def by_prefix(job, name="remote"):
    return import_module(f"lab.rules.{name}").act(job)


def by_table(job, key="remote"):
    module, name = PATHS[key].split(":")
    return getattr(import_module(module), name)(job)


def by_globals(job, name="hidden"):
    return globals()["_" + name](job)


def _hidden(x):
    return x + 21
