"""A result's key counts what its process loaded, and nothing that another stage did there."""

import pytest

from cbspec.canary import CanaryRecord

CATALOG = """\
from cbspec.stage import Measure, Parameters, Stage


class Walk(Parameters, frozen=True, kw_only=True):
    rule: str = "plus"
    drift: float = 0.0


PLACE = {"place": Measure("m", "how far")}
STAGES = tuple(
    Stage(name, "a walk", f"lab.{name}:walk", Walk, measures=PLACE) for name in ("walk", "jump")
)
"""
WALK = """\
from importlib import import_module


def walk(job):
    for index, replica in enumerate(job.replicas):
        act = import_module(f"lab.rules.{replica.parameters.rule}").act
        drift = replica.parameters.drift
        job.emit(index, measures={"place": act(replica.seed / 100 + drift)})
"""
EDITING = """\
def edit():
    from pathlib import Path

    rule = Path(__file__).with_name("rules") / "plus.py"
    rule.write_text(rule.read_text() + "# edited\\n")


"""
JUMP = """\
import decimal

decimal.getcontext().prec = 2


def walk(job):
    for index, replica in enumerate(job.replicas):
        drift = replica.parameters.drift
        job.emit(index, measures={"place": replica.seed / 100 + drift})
"""
PLUS = "from decimal import Decimal\n\n\ndef act(x):\n    return float(Decimal(1) / 3) + x\n"
CLAIM = """\
id: {id}
title: A walk with drift gets further
phase: 1
status: active
source: {{memo: notebook, figures: {{}}}}
experiment: {{stage: {stage}}}
arms:
  without: {{}}
  with: {{drift: 1.0}}
assert:
  - {{kind: order, measure: place, arms: [without, with], direction: ascending}}
scales: [quick]
"""


@pytest.fixture
def lab(project):
    """A project with a stage that imports a module by a computed name, and one that changes its
    process when it is imported.
    """
    project.write("lab/catalog.py", CATALOG)
    project.write("lab/walk.py", WALK)
    project.write("lab/jump.py", JUMP)
    project.write("lab/rules/__init__.py", "")
    project.write("lab/rules/plus.py", PLUS)
    project.claim("walk.yaml", CLAIM.format(id="walk.a", stage="walk"))
    return project


def places(project, *arguments, **environment):
    """What walk.a was judged on, after a run."""
    status, output = project.pytest(*arguments, **environment)
    assert status == 0, output
    [record] = [record for record in project.report.records if record.claim == "walk.a"]
    return record.evidence.values.records(), output


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_file_that_only_a_run_shows_counts_from_then_on(lab, workers):
    """The file is named with its stage, nothing is computed twice, and an edit of it is seen."""
    first, output = places(lab, "-n", workers)
    again, silent = places(lab, "-n", workers)
    lab.edit("lab/rules/plus.py", "+ x", "+ 2 * x")
    edited, _ = places(lab, "-n", workers)
    fresh, _ = places(lab, "-n", workers, CBSPEC_STORE=str(lab.root / "fresh"))

    assert "walk loaded lab/rules/plus.py: part of its code from now on" in output
    assert "walk seeds" not in silent
    assert again == first
    assert edited == fresh != first


@pytest.mark.parametrize("workers", ["0", "2"])
def test_what_a_run_was_first_to_see_is_on_record_after_it(lab, workers):
    """A verdict and its canary are accepted after the very run that showed their stage's file, with
    a code that later runs find unchanged.
    """
    lab.edit("pyproject.toml", '"lab.catalog"\n', '"lab.catalog"\ncanary = "canary"\n')
    lab.edit("claims/defaults.yaml", "scales:", "scales:\n  canary: {}")
    lab.edit("claims/walk.yaml", "scales: [quick]", "scales: [memo]")
    lab.pytest("--scale", "memo", "-n", workers)

    accepted = lab.cbspec("accept", "--all")
    _, later = lab.pytest()

    [entry] = lab.ledger
    [canary] = CanaryRecord.load(lab.root / "reports" / "canary.json")
    assert accepted.exit_code == 0, accepted.stderr
    assert canary.code == entry.code
    assert "1 code unchanged" in later


def test_a_file_that_was_edited_since_the_run_began_is_not_on_record_as_it_is(lab):
    """A file that a stage has loaded and that is edited before the run ends: the verdict is refused,
    for it may have been computed with either version.
    """
    lab.edit("lab/walk.py", "from importlib", EDITING + "from importlib")
    lab.edit("lab/walk.py", "        act =", "        edit()\n        act =")
    lab.pytest("-n", "0")

    refused = lab.cbspec("accept", "--all")

    assert refused.exit_code == 1
    assert "walk.a: the code of walk was edited since" in refused.stderr


def test_a_store_that_saw_no_run_knows_from_the_ledger_what_counts(lab):
    """In a fresh clone a verdict on record is of unchanged code, until the file is edited."""
    lab.edit("claims/walk.yaml", "scales: [quick]", "scales: [memo]")
    lab.pytest("--scale", "memo")
    assert lab.cbspec("accept", "--all").exit_code == 0

    _, fresh = lab.pytest(CBSPEC_STORE=str(lab.root / "fresh"))
    lab.edit("lab/rules/plus.py", "+ x", "+ 2 * x")
    _, edited = lab.pytest(CBSPEC_STORE=str(lab.root / "other"))

    assert "1 by record (1 code unchanged" in fresh
    assert "1 code unchanged" not in edited


def test_explain_names_the_file_and_how_it_was_seen(lab):
    """What a run was seen to load is told as the reason why a file counts."""
    lab.pytest()
    lab.edit("lab/rules/plus.py", "+ x", "+ 2 * x")

    output = lab.cbspec("explain", "walk.a").output

    assert "lab/rules/plus.py:4: act changed" in output
    assert "lab/rules/plus.py counts because a run of lab.walk:walk loaded it" in output
    assert "added" not in output


def test_a_stage_does_not_see_what_another_did_on_import(lab):
    """A claim has the same values alone and after a stage that changed its process."""
    alone, _ = places(lab, CBSPEC_STORE=str(lab.root / "alone"))
    lab.claim("jump.yaml", CLAIM.format(id="jump.a", stage="jump"))

    beside, _ = places(lab, CBSPEC_STORE=str(lab.root / "beside"))

    assert beside == alone
    assert alone[0].value == pytest.approx(1 / 3 + 0.01, abs=1e-9)


DISCOVERY = """\
import pkgutil
from importlib import import_module

from lab import rules

for found in pkgutil.iter_modules(rules.__path__):
    import_module(f"lab.rules.{found.name}")
"""
BY_NAME = """\
from lab.rules import RULES


def walk(job):
    for index, replica in enumerate(job.replicas):
        act = RULES[replica.parameters.rule]
        job.emit(index, measures={"place": act(replica.seed / 100 + replica.parameters.drift)})
"""
REGISTERED = """\
from lab.rules import RULES


def act(x):
    return 1 + x


RULES["plus"] = act
"""


@pytest.mark.parametrize("backend", ["local", "inline"])
def test_a_plugin_that_the_catalog_discovers_counts(lab, backend):
    """It is loaded before any stage is, and an edit of it is seen."""
    lab.backend = backend
    lab.write("lab/catalog.py", DISCOVERY + CATALOG)
    lab.write("lab/walk.py", BY_NAME)
    lab.write("lab/rules/__init__.py", "RULES = {}\n")
    lab.write("lab/rules/plus.py", REGISTERED)

    first, output = places(lab)
    lab.edit("lab/rules/plus.py", "1 + x", "2 + x")
    edited, _ = places(lab)

    assert "walk loaded lab/rules/, lab/rules/plus.py: part of its code from now on" in output
    assert first[0].value == 1.01
    assert edited[0].value == 2.01


BREAKING = """\
from pathlib import Path


def walk(job):
    gains = [float(word) for word in Path("gains.txt").read_text().split()]
    for index, replica in enumerate(job.replicas):
        gain = gains[replica.seed - 1]
        job.emit(index, measures={"place": gain + replica.parameters.drift})
"""


def test_what_a_stage_read_before_it_raised_counts_for_what_it_stored(lab):
    """A file with a row too few is completed and corrected: no seed keeps a value of the old one."""
    lab.backend = "inline"
    lab.write("lab/walk.py", BREAKING)
    lab.write("gains.txt", "1")

    status, output = lab.pytest()
    lab.write("gains.txt", "10 10.01 10.02")
    corrected, _ = places(lab)

    assert status == 1
    assert "walk loaded gains.txt: part of its code from now on" in output
    assert {record.value for record in corrected} == {10.0, 10.01, 10.02, 11.0, 11.01, 11.02}
