"""The catalog: cheap to import, and every implementation exists."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from itertools import product

import msgspec
import pytest

from cbspec.stage import Parameters
from engine.catalog import STAGES

BY_NAME = {stage.name: stage for stage in STAGES}


def test_the_catalog_imports_no_torch() -> None:
    """A fresh interpreter that imports the catalog has not imported torch."""
    script = "import sys, engine.catalog; print('torch' in sys.modules)"

    assert (
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        ).stdout
        == "False\n"
    )


def test_every_implementation_can_be_called() -> None:
    """Each stage names a function that exists, under a name used once."""
    assert len(BY_NAME) == len(STAGES)
    for stage in STAGES:
        module, name = stage.implementation.split(":")
        assert callable(getattr(import_module(module), name)), stage.name


def test_every_parameter_says_what_it_is() -> None:
    """Each field of each stage has a description in its JSON Schema, and varying, progress and
    length name fields.
    """
    for stage in STAGES:
        fields = {field.encode_name: field for field in msgspec.structs.fields(stage.parameters)}
        schema = msgspec.json.schema(stage.parameters)["$defs"][stage.parameters.__name__][
            "properties"
        ]
        assert [name for name in fields if "description" not in schema[name]] == [], stage.name
        assert issubclass(stage.parameters, Parameters)
        assert {*stage.varying, *filter(None, [stage.progress, stage.length])} <= fields.keys()


# Definitions, sections 2 to 7: what the memos or the fits state, so one number for every claim.
SPECIFIED = {
    "train_bp": {
        "width": 256,
        "depth": 4,
        "epochs": 100,
        "learning_rate": 1e-3,
        "weight_decay": 0.01,
        "batch_size": 128,
    },
    "train_local": {
        "rule": "inner_product",
        "credit": "normalised",
        "clamp": False,
        "learning_rate": 1e-3,
        "weight_decay": 0.01,
    },
    "state_bridge": {"s_type": "eT", "hidden": 256, "batch_size": 128},
    "scalar_bridge": {
        "tgw": 1.0,
        "sigma": 0.1,
        "softness": 0.1,
        "samples": 8,
        "ema": 0.995,
        "learning_rate": 1e-3,
        "hidden": 256,
    },
    "vector_field": {
        "directions": 4,
        "difference": "central",
        "eps": 1e-2,
        "terminal_weight": 1.0,
        "learning_rate": 1e-3,
    },
    "credit_quality": {"directions": 32, "eps": 1e-3, "eta": 3e-3},
    "local_descent": {
        "step_sizes": (1e-3, 3e-3, 1e-2, 3e-2),
        "clamp": False,
        "rule": "inner_product",
    },
}


@pytest.mark.parametrize("name", SPECIFIED)
def test_defaults_are_those_of_the_definitions(name: str) -> None:
    """What the specification states of a stage is what it does when a claim says nothing."""
    defaults = {
        field.encode_name: field.default
        for field in msgspec.structs.fields(BY_NAME[name].parameters)
    }

    assert {key: defaults[key] for key in SPECIFIED[name]} == SPECIFIED[name]


# What the memos and the open questions vary, and to what.
SWEEPS: tuple[tuple[str, dict[str, tuple[object, ...]]], ...] = (
    ("train_bp", {"width": (64, 128, 256, 512), "depth": (2, 4, 6, 8, 12), "epoch": (5, 20, 100)}),
    ("teacher_student", {"alpha": (0.0, 0.25, 0.5, 0.7, 1.0)}),
    (
        "scalar_bridge",
        {"s_type": ("eT", "deltaL", "eT_hL", "deltaL_hL"), "tgw": (0.0, 0.25, 1.0, 4.0)},
    ),
    (
        "vector_field",
        {
            "directions": (4, 8, 16, 32),
            "difference": ("central", "one_sided"),
            "terminal_weight": (0.0, 1.0),
        },
    ),
    (
        "vector_field",
        {
            "targets": ("true", "shuffled", "zero", "fresh_random"),
            "inputs": ("full", "time", "constant"),
        },
    ),
    ("vector_field", {"sampling": ("isotropic", "importance"), "epochs": (0, 15, 60)}),
    (
        "train_local",
        {
            "rule": ("inner_product", "target_shift", "cosine"),
            "eta": (0.01, 0.1, 0.3, 1.0),
            "epoch": (100,),
        },
    ),
    (
        "train_local",
        {
            "warmup": (0.0, 0.05, 0.2, 0.5),
            "blend": (0.5, 0.75),
            "trainable": (True, False),
            "epoch": (100,),
        },
    ),
    (
        "train_local",
        {
            "source": ("estimator", "gaussian", "dfa_rescaled"),
            "recalibrate_every": (0, 5),
            "epoch": (100,),
        },
    ),
    (
        "local_descent",
        {
            "credit": ("raw", "normalised"),
            "blocks": ("last1", "all"),
            "clamp": (True, False),
            "steps": (1, 5, 20),
        },
    ),
)


@pytest.mark.parametrize(("name", "sweep"), SWEEPS)
def test_everything_that_the_memos_vary_is_a_parameter(
    name: str, sweep: dict[str, tuple[object, ...]]
) -> None:
    """Each combination of each sweep, ablation and control is accepted and kept as given."""
    for values in product(*sweep.values()):
        chosen = dict(zip(sweep, values, strict=True))
        parameters = msgspec.convert(chosen, BY_NAME[name].parameters)
        assert {key: getattr(parameters, key) for key in chosen} == chosen
