"""What the tutorial of claims/README.md shows is run, in a copy of the project whose stages take no
time.
"""

import shutil
from pathlib import Path

import pytest

from cbspec import catalog, config
from cbspec.cli.reference import keys, kinds
from cbspec.language import schema
from tests.support.pages import run, steps, with_commands

REPOSITORY = Path(__file__).parents[1]
README = REPOSITORY / "claims" / "README.md"

TINY = '''

def _tiny(job):
    """Stands for every stage: figures that follow from the estimator and the seed, at once and without torch."""
    last = max(replica.cell.call.point for replica in job.replicas)
    for point in [point for point in range(job.start, last + 1) if point == last or job.wants(point)]:
        for index, replica in enumerate(job.replicas):
            call = replica.cell.call
            estimator = call.inputs["estimator"].stage.name if "estimator" in call.inputs else ""
            height = {"oracle": 1.0, "vector_field": 0.4}.get(estimator, 0.0)
            measures = {name: height + replica.seed % 7 / 1000 for name in call.stage.measures}
            job.emit(index, point=point, measures=measures)


def _replaced():
    import dataclasses

    return tuple(dataclasses.replace(stage, implementation="engine.catalog:_tiny") for stage in STAGES)


STAGES = _replaced()
'''


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project, every stage of its catalog replaced by a stand-in; `cbspec` and
    `pytest` are on the path.
    """
    root = tmp_path_factory.mktemp("project")
    hidden = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REPOSITORY / "claims", root / "claims", ignore=hidden)
    shutil.copytree(REPOSITORY / "engine", root / "engine", ignore=hidden)
    shutil.copy(REPOSITORY / "pyproject.toml", root)
    with (root / "engine" / "catalog.py").open("a") as file:
        file.write(TINY)
    return with_commands(root)


def test_tutorial_does_what_it_shows(project):
    """Each step ends with status 0 and prints what the tutorial shows, `...` standing for anything."""
    shown = steps(README.read_text())

    run(shown, project)

    assert {command.split()[1] for command, _ in shown if command.startswith("cbspec")} == {
        "new",
        "validate",
        "show",
        "plan",
        "explain",
        "accept",
        "status",
    }


def test_tables_are_those_of_the_language():
    """The tables of keys and of assertion kinds are what ``cbspec schema --markdown`` prints."""
    text = README.read_text()

    assert keys(schema.build(catalog.load(config.load(REPOSITORY)))) in text
    assert kinds() in text
