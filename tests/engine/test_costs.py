"""What the stages cost, by hand."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import msgspec
import pytest

from cbspec.fingerprint import Code
from cbspec.stage import Call
from engine.catalog import STAGES

ENGINE = Path(__file__).parents[2] / "engine"
BY_NAME = {stage.name: stage for stage in STAGES}


def call(name: str, inputs: dict[str, Call] | None = None, **parameters: object) -> Call:
    return Call(BY_NAME[name], msgspec.convert(parameters, BY_NAME[name].parameters), inputs or {})


def test_a_run_costs_what_its_products_cost() -> None:
    """One epoch of BP on 128 images at d=256, L=4 is 128 * (4 * 3072 * 256 + 6 * 4 * 2 * 256^2)
    operations.
    """
    task = call("cifar10", train_images=128)

    one = (
        call("train_bp", {"task": task}, epoch=1).cost
        - call("train_bp", {"task": task}, epoch=0).cost
    )

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


def test_a_frozen_field_costs_its_credit_alone() -> None:
    """Beside DFA's local steps a frozen field costs one pass forward at each block, and so does one
    that noise stands for.
    """
    task = call("cifar10", train_images=128)
    snapshot = call("train_bp", {"task": task}, epoch=5)
    dfa, field = (call(name, {"snapshot": snapshot}) for name in ("dfa", "vector_field"))

    def epoch(estimator: Call, **parameters: object) -> float:
        inputs = {"snapshot": snapshot, "estimator": estimator}
        return (
            call("train_local", inputs, epoch=6, **parameters).cost
            - call("train_local", inputs, epoch=5, **parameters).cost
        )

    forward = 128 * 4 * 2 * ((256 + 32 + 10) * 256 + 2 * 256**2)
    assert epoch(field, trainable=False) - epoch(dfa) == forward
    assert epoch(field, source="gaussian") == epoch(field, trainable=False) < epoch(field)


def test_descent_reads_the_field_at_each_update() -> None:
    """Five steps of the last block at two step sizes take nine updates, the first shared: nine
    passes of a field at one block.
    """
    snapshot = call("train_bp", {"task": call("cifar10")}, epoch=5)
    dfa, field = (call(name, {"snapshot": snapshot}) for name in ("dfa", "vector_field"))
    own = {
        "steps": 5,
        "step_sizes": (1e-3, 1e-2),
        "blocks": "last1",
        "batches": 2,
        "batch_size": 64,
    }

    taught = [
        call("local_descent", {"snapshot": snapshot, "estimator": each}, **own).cost
        for each in (dfa, field)
    ]

    assert taught[1] - taught[0] == 9 * 2 * 64 * 2 * ((256 + 32 + 10) * 256 + 2 * 256**2)


def test_recalibration_costs_its_share_of_an_epoch() -> None:
    """Two epochs of refitting every five add two fifths of an offline epoch to each epoch of the
    run.
    """
    task = call("cifar10", train_images=128)
    snapshot = call("train_bp", {"task": task}, epoch=5)
    field = call("vector_field", {"snapshot": snapshot}, epochs=1)
    pauses = {"recalibrate_every": 5, "recalibrate_epochs": 2}
    inputs = {"snapshot": snapshot, "estimator": field}

    more = (
        call("train_local", inputs, epoch=6, **pauses).cost
        - call("train_local", inputs, epoch=6).cost
    )

    assert more == pytest.approx(field.cost * 2 / 5)


def test_an_edit_of_a_cost_leaves_every_result_as_it_is(tmp_path: Path) -> None:
    """What a stage costs is no part of its code: no name there is one that a stage asks for."""
    shutil.copytree(ENGINE, tmp_path / "engine")
    before = Code(ENGINE.parent, ["engine"], catalog="engine.catalog", stages=STAGES)

    for path in (tmp_path / "engine" / "costs").glob("*.py"):
        edited = re.sub(r"\b\d+\b", "7", path.read_text(encoding="utf-8"))
        path.write_text(edited.replace("return ", "return 3 * "), encoding="utf-8")

    after = before.at(tmp_path)
    for stage in STAGES:
        one = before.fingerprint(stage.implementation)
        assert after.fingerprint(stage.implementation) == one, stage.name
