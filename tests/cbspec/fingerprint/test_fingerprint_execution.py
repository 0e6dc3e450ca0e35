"""Nothing that a stage executes is missing from its fingerprint: the interpreter is the oracle."""

from __future__ import annotations

from pathlib import Path

import pytest

from cbspec.fingerprint import Code
from engine.catalog import STAGES as STAGES_OF_THE_ENGINE
from tests.cbspec.fingerprint.conftest import SAMPLE
from tests.cbspec.fingerprint.executed_code import Executed, executed, omitted
from tests.cbspec.fingerprint.sample_stages import STAGES

ROOT = Path(__file__).parents[3]
LABORATORY = """
from tests.support.stage_runner import StageRunner
runner, sizes = StageRunner(), {"epochs": 2, "batch_size": 32}
def given(job, name, inputs):
    return [own | {name: artifact} for own, artifact in zip(inputs, runner.column(job, job.replicas[0].call.point))]
"""
ENGINE_RUNS = {
    "train_bp": """
job = runner.run("train_bp", runner.tasks([1, 2]), epoch=1, width=16, depth=2, **sizes)
snapshots = [{"snapshot": artifact} for artifact in runner.column(job, 1)]
""",
    "dfa": 'with_dfa = given(runner.run("dfa", snapshots), "estimator", snapshots)',
    "vector_field": """
job = runner.run("vector_field", snapshots, epochs=1, hidden=16, directions=2)
with_field = given(job, "estimator", snapshots)
""",
    "train_local": 'runner.run("train_local", with_dfa, epoch=2, **sizes)',
    "credit_quality": 'runner.run("credit_quality", with_field, batches=2, batch_size=16, directions=8)',
    "target_quality": 'runner.run("target_quality", with_field, batches=2, batch_size=16)',
    "local_descent": 'runner.run("local_descent", with_dfa, batches=2, batch_size=16)',
}
TAKEN = {
    "train_local": ["dfa"],
    "credit_quality": ["vector_field"],
    "target_quality": ["vector_field"],
    "local_descent": ["dfa"],
}
"""Whose artifacts, and so whose openers, each run takes besides the task's; the blobs draw their
order as CIFAR-10 does.
"""


@pytest.fixture(scope="module")
def sample_runs() -> dict[str, list[Executed]]:
    """What each stage of the sample executes."""
    modules = {implementation.partition(":")[0] for implementation in STAGES.values()}
    runs = {
        stage: f"print({implementation.replace(':', '.')}(3))"
        for stage, implementation in STAGES.items()
    }
    return executed(SAMPLE, "lab", "\n".join(f"import {module}" for module in modules), runs)


@pytest.mark.parametrize("stage", STAGES)
def test_every_function_that_runs_is_in_the_fingerprint(
    sample_runs: dict[str, list[Executed]], stage: str
) -> None:
    """Every project function that the profiler sees while a stage runs belongs to a definition of
    its fingerprint.
    """
    module, name = STAGES[stage].split(":")

    ran = sample_runs[stage]

    assert (f"{module.replace('.', '/')}.py", name) in {(each.path, each.name) for each in ran}
    assert omitted(SAMPLE, Code(SAMPLE, ["lab"]).fingerprint(STAGES[stage]).definitions, ran) == []


def test_the_oracle_sees_an_omission(sample_runs: dict[str, list[Executed]]) -> None:
    """Without the helper two calls away among the definitions, the oracle names it."""
    definitions = dict(Code(SAMPLE, ["lab"]).fingerprint("lab.training:train").definitions)
    del definitions["lab/maths.py:_factor"]

    assert [each.name for each in omitted(SAMPLE, definitions, sample_runs["train"])] == ["_factor"]


def test_every_function_that_a_stage_of_the_engine_runs_is_in_its_fingerprint() -> None:
    """The stages of the catalog, run on a small task, execute no function of the engine that their
    keys lack.
    """
    ran = executed(ROOT, "engine", LABORATORY, ENGINE_RUNS)
    catalog = {stage.name: stage.implementation for stage in STAGES_OF_THE_ENGINE}
    code = Code(ROOT, ["engine"], catalog="engine.catalog", stages=STAGES_OF_THE_ENGINE)

    def reached(stage: str) -> dict[str, str]:
        """Definitions of a stage and of those it takes: their fingerprints are in its key."""
        names = [stage, "cifar10", *TAKEN.get(stage, ())]
        return {
            each: digest
            for name in names
            for each, digest in code.fingerprint(catalog[name]).definitions.items()
        }

    missing = {stage: omitted(ROOT, reached(stage), ran[stage]) for stage in ENGINE_RUNS}

    assert missing == {stage: [] for stage in ENGINE_RUNS}
    assert {name for name, each in ran.items() if len(each) > 10} >= {
        "train_bp",
        "vector_field",
        "train_local",
    }
