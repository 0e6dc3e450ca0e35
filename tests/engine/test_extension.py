"""A new estimator and a new measure: one file and one catalog entry each, in a copy of the engine."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from cbspec.report import Run
from tests.support.laboratory import Laboratory, working_in

ENGINE = Path(__file__).parents[2] / "engine"

MIRROR = '''\
"""The exact gradient with the other sign."""

from engine.credit.oracle import Oracle, prepare

__all__ = ["Mirror", "prepare"]


class Mirror(Oracle):
    """Credit that climbs the loss."""

    def credit(self, forward, levels):
        return -super().credit(forward, levels)
'''

AGREEMENT = '''\
"""How many components of the credit have the gradient's sign."""

import torch

from engine.credit.estimator import open_estimator
from engine.forward import ForwardPass
from engine.replicas import Replicas


def agreement(job):
    replicas = Replicas(job)
    network = replicas.network(torch.float64)
    estimator = open_estimator(replicas.inputs("estimator"), network)
    levels = range(network.depth)
    shares = []
    for x, y in replicas.task.sample("test", 2, replicas.shared.batch_size):
        forward = ForwardPass(network, x.double(), y)
        credit, gradient = estimator.credit(forward, levels), forward.gradients()[:, :-1]
        shares.append((credit.sign() == gradient.sign()).double().mean((1, 2, 3)))
    for replica, share in enumerate(torch.stack(shares).mean(0).tolist()):
        job.emit(replica, measures={"sign_agreement": share})
'''

ENTRIES = """\
    Stage(
        name="mirror",
        doc="the gradient with the other sign",
        implementation="engine.credit.mirror:prepare",
        opens="engine.credit.mirror:Mirror",
        inputs={"snapshot": SNAPSHOT},
        kind="estimator",
    ),
    Stage(
        name="agreement",
        doc="signs of the credit against those of the gradient",
        implementation="engine.agreement:agreement",
        parameters=CreditQuality,
        inputs={"snapshot": SNAPSHOT, "estimator": ESTIMATOR},
        measures={
            "sign_agreement": Measure(
                "share",
                "of components, those of the same sign",
                resolution=1e-3,
                noise="bounded",
                why="a share",
            )
        },
    ),
)
"""

DEFAULTS = """\
alpha: 0.05
seeds: [1, 2, 3]
scales:
  quick: {width: 16}
stages:
  data: {stage: teacher_student, train_samples: 64, test_samples: 64, inputs: 16, teacher_width: 16}
  oracle: {stage: oracle}
  mirror: {stage: mirror}
  student: {stage: train_bp, task: data, width: $width, depth: 2, epochs: 2, epoch: 1, batch_size: 32}
"""

CLAIM = """\
id: 1.{letter}
title: Minus the gradient is the worst credit
phase: 1
status: active
source: {{memo: a test, figures: {{}}}}
experiment: {{stage: {stage}, snapshot: student, estimator: oracle, batch_size: 16, batches: 2}}
arms:
  oracle: {{}}
  mirror: {{estimator: mirror}}
assert:
  - {{kind: order, measure: {measure}, arms: [{arms}], direction: ascending}}
scales: [quick]
"""


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    """A project whose engine is a copy of this one, with an estimator and a measure more, and
    claims that name them; its modules stand in place of the engine's.
    """
    kept = {name: sys.modules[name] for name in sys.modules if name.partition(".")[0] == "engine"}
    for name in kept:
        del sys.modules[name]
    with working_in(tmp_path_factory.mktemp("copy")) as project:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ENGINE, project.root / "engine", ignore=ignored)
        project.write("pyproject.toml", '[tool.cbspec]\nengine = "engine.catalog"\n')
        project.write("engine/credit/mirror.py", MIRROR)
        project.write("engine/agreement.py", AGREEMENT)
        catalog = (project.root / "engine" / "catalog.py").read_text()
        assert catalog.endswith("    ),\n)\n")
        catalog = catalog.removesuffix(")\n") + ENTRIES
        project.write(
            "engine/catalog.py", catalog.replace("import Input,", "import Input, Measure,")
        )
        project.write("claims/defaults.yaml", DEFAULTS)
        for letter, stage, measure, arms in (
            ("a", "credit_quality", "gamma", "mirror, oracle"),
            ("b", "agreement", "sign_agreement", "mirror, oracle"),
            ("c", "local_descent", "dL_same", "oracle, mirror"),
        ):
            text = CLAIM.format(letter=letter, stage=stage, measure=measure, arms=arms)
            project.write(f"claims/1.{letter}.yaml", text)
        yield project
    for name in [name for name in sys.modules if name.partition(".")[0] == "engine"]:
        del sys.modules[name]
    sys.modules |= kept


@pytest.fixture(scope="module")
def run(copied: Laboratory) -> Run:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    run = copied.run()
    torch.set_num_threads(before)
    return run


def measured(run: Run, claim: str, measure: str) -> dict[str, list[float]]:
    """Return arm -> the values of its seeds."""
    [record] = [record for record in run.records if record.claim == claim]
    assert record.judgement.verdict == "holds", record.judgement.reason
    assert record.evidence is not None
    return {arm: list(of[measure]) for arm, of in record.evidence.values.arms.items()}


def test_an_estimator_is_one_file_and_one_entry(run: Run) -> None:
    """Stages that know nothing of it measure its credit, the gradient's opposite, and climb by it."""
    gamma, change = measured(run, "1.a", "gamma"), measured(run, "1.c", "dL_same")

    assert gamma["oracle"] == pytest.approx([1, 1, 1])
    assert gamma["mirror"] == pytest.approx([-1, -1, -1])
    assert max(change["oracle"]) < 0 < min(change["mirror"])


def test_a_measure_is_one_file_and_one_entry(run: Run) -> None:
    """It is measured of any estimator: the gradient has its own signs, its opposite has none."""
    assert measured(run, "1.b", "sign_agreement") == {"oracle": [1, 1, 1], "mirror": [0, 0, 0]}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("estimator: mirror}", "estimator: {stage: miror}}", "did you mean 'mirror'?"),
        ("sign_agreement", "sing_agreement", "did you mean 'sign_agreement'?"),
    ],
)
def test_validation_knows_both(copied: Laboratory, old: str, new: str, message: str) -> None:
    """A misspelt name of either is a located mistake with the right one."""
    path = copied.root / "claims" / "1.b.yaml"
    text = path.read_text()
    path.write_text(text.replace(old, new))

    refused = copied.cbspec("validate")
    path.write_text(text)

    assert refused.exit_code == 1
    assert message in refused.stderr


def test_the_schema_describes_both(copied: Laboratory) -> None:
    """The editor's schema has their names and their sentences."""
    schema = copied.cbspec("schema").stdout

    assert "the gradient with the other sign" in schema
    assert "signs of the credit against those of the gradient" in schema
    assert "of components, those of the same sign" in schema
