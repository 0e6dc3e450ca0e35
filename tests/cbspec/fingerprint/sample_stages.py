"""The stages of the sample project: short name -> implementation, and its catalog as it is."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from cbspec.stage import Stage

STAGES = {
    "train": "lab.training:train",
    "wrapped": "lab.training:wrapped",
    "twice": "lab.training:twice",
    "closed": "lab.training:closed",
    "aliased": "lab.training:aliased",
    "deferred": "lab.training:deferred",
    "measure": "lab.tables:measure",
    "steps": "lab.tables:steps",
    "extra": "lab.tables:extra",
    "filled": "lab.tables:filled",
    "counting": "lab.tables:counting",
    "picked": "lab.tables:picked",
    "by_attribute": "lab.dispatch:by_attribute",
    "by_import": "lab.dispatch:by_import",
    "by_prefix": "lab.dispatch:by_prefix",
    "by_table": "lab.dispatch:by_table",
    "by_argument": "lab.unbounded:by_argument",
    "by_globals": "lab.dispatch:by_globals",
    "by_modules": "lab.unbounded:by_modules",
    "patched": "lab.patched:patched",
    "registered": "lab.registry:registered",
    "single": "lab.registry:single",
    "families": "lab.families:families",
    "leaves": "lab.families:leaves",
    "made": "lab.families:made",
    "starred": "lab.stars:starred",
    "conditional": "lab.conditional:conditional",
    "limits": "lab.catalog:limits",
}


def declared(project: Path) -> tuple[Stage, ...]:
    """The stages of a sample's catalog, imported anew."""
    sys.path.insert(0, str(project))
    sys.dont_write_bytecode, kept = True, sys.dont_write_bytecode
    try:
        return importlib.import_module("lab.catalog").STAGES
    finally:
        sys.dont_write_bytecode = kept
        sys.path.remove(str(project))
        for name in [name for name in sys.modules if name.partition(".")[0] == "lab"]:
            del sys.modules[name]
