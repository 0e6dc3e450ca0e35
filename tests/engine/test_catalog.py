"""The catalog: cheap to import, and every implementation exists."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import msgspec

from cbspec.stage import Call, Parameters
from engine.catalog import STAGES

BY_NAME = {stage.name: stage for stage in STAGES}


def call(name: str, inputs: dict[str, Call] | None = None, **parameters: object) -> Call:
    return Call(BY_NAME[name], msgspec.convert(parameters, BY_NAME[name].parameters), inputs or {})


def test_the_catalog_imports_no_torch() -> None:
    """A fresh interpreter that imports the catalog has not imported torch."""
    script = "import sys, engine.catalog; print('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "False\n"


def test_every_implementation_can_be_called() -> None:
    """Each stage names a function that exists, under a name used once."""
    assert len(BY_NAME) == len(STAGES)
    for stage in STAGES:
        module, name = stage.implementation.split(":")
        assert callable(getattr(import_module(module), name)), stage.name


def test_every_parameter_says_what_it_is() -> None:
    """Each field of each stage has a description in its JSON Schema, and varying and progress name fields."""
    for stage in STAGES:
        fields = {field.encode_name: field for field in msgspec.structs.fields(stage.parameters)}
        schema = msgspec.json.schema(stage.parameters)["$defs"][stage.parameters.__name__]["properties"]
        assert [name for name in fields if "description" not in schema[name]] == [], stage.name
        assert issubclass(stage.parameters, Parameters)
        assert {*stage.varying, *filter(None, [stage.progress])} <= fields.keys()


def test_a_run_costs_what_its_products_cost() -> None:
    """One epoch of BP on 128 images at d=256, L=4 is 128 * (4 * 3072 * 256 + 6 * 4 * 2 * 256^2) operations."""
    task = call("cifar10", train_images=128)

    one = call("train_bp", {"task": task}, epoch=1).cost - call("train_bp", {"task": task}, epoch=0).cost

    assert one == 128 * (4 * 3072 * 256 + 6 * 4 * 2 * 256**2)


def test_a_branch_costs_its_own_epochs_only() -> None:
    """A local run from epoch 5 to 20 costs fifteen epochs, and more with a field to train along."""
    task = call("cifar10")
    snapshot = call("train_bp", {"task": task}, epoch=5)
    dfa, field = (call(name, {"snapshot": snapshot}) for name in ("dfa", "vector_field"))

    def local(epoch: int, estimator: Call) -> float:
        return call("train_local", {"snapshot": snapshot, "estimator": estimator}, epoch=epoch).cost

    assert local(20, dfa) - local(5, dfa) == 15 * (local(6, dfa) - local(5, dfa)) > 0
    assert local(20, field) > 2 * local(20, dfa)
