"""A back end of another lab, one file, in real processes: claims have the same figures on it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.support.claim_text import BROKEN, LIGHT
from tests.support.laboratory import Laboratory

CONTRIBUTING = Path(__file__).parents[4] / "CONTRIBUTING.md"
SETTINGS = 'engine = "lab.catalog"\nbackends = ["lab.backends"]\n'
WAITING = """\
    if os.environ.get("COMPANY"):  # begins only once as many jobs as that are computed at a time
        Path(f"begun-{job.replicas[0].parameters.light}").touch()
        while len(list(Path().glob("begun-*"))) < int(os.environ["COMPANY"]):
            time.sleep(0.01)
"""


@pytest.fixture
def project(project: Laboratory) -> Laboratory:
    """A laboratory with the back end of CONTRIBUTING.md, and two claims, of which one fails."""
    [code] = re.findall(
        r"^```python\n# lab/backends.py\n(.*?)^```",
        CONTRIBUTING.read_text(),
        flags=re.MULTILINE | re.DOTALL,
    )
    project.write("lab/backends.py", code)
    project.edit("pyproject.toml", 'engine = "lab.catalog"\n', SETTINGS)
    project.write("lab/catalog.py", "import os\n" + (project.root / "lab/catalog.py").read_text())
    project.claim("light.yaml", LIGHT)
    project.claim("broken.yaml", BROKEN)
    return project


def judgements(project: Laboratory, *arguments: str, **environment: str) -> tuple[str, dict]:
    """The output of a run on an empty store, and claim -> its whole judgement."""
    shutil.rmtree(project.root / ".cbspec", ignore_errors=True)
    _, output = project.pytest(*arguments, **environment)
    return output, {record.claim: record.judgement for record in project.report.records}


@pytest.mark.parametrize("workers", ["0", "2"])
def test_the_figures_are_those_of_any_back_end(project: Laboratory, workers: str) -> None:
    """Verdicts and values are the same to the last bit; a stage that raises is an error of the same
    words, whichever of its seeds failed first.
    """
    _, expected = judgements(project, "-n", workers)
    project.edit("pyproject.toml", SETTINGS, SETTINGS + 'backend = "pool"\n')

    _, found = judgements(project, "-n", workers)

    reasons = [re.sub(r"seed \d", "seed", one["2.a"].reason) for one in (found, expected)]
    assert found["1.a"] == expected["1.a"]
    assert reasons[0] == reasons[1]
    assert {claim: judgement.verdict for claim, judgement in found.items()} == {
        "1.a": "holds",
        "2.a": "error",
    }


def test_it_is_asked_for_by_its_name(project: Laboratory) -> None:
    """With --backend the jobs of one process are computed at the same time."""
    project.edit("lab/catalog.py", "    days = ", WAITING + "    days = ")

    _, found = judgements(project, "--backend", "pool", COMPANY="2")
    status, output = project.pytest("--backend", "pol")

    assert found["1.a"].verdict == "holds"
    assert status == 4
    assert "--backend: unknown back end 'pol'; did you mean 'pool'? (one of local, " in output
