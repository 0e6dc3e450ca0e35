"""Report formats: those that there are, and one that a project brings."""

import json

import pytest

from cbspec.config import Config
from cbspec.errors import ConfigError
from cbspec.report.formats import BUILT_IN, load
from cbspec.report.writing import write_pages

CSV = '''
class Csv:
    """One line a claim."""

    file = "latest.csv"

    def render(self, run):
        lines = [f"{record.claim},{record.judgement.verdict}" for record in run.records]
        return "\\n".join(["claim,verdict", *lines]) + "\\n"


FORMATS = (Csv(),)
'''


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with a module of its own formats, importable by that name alone."""
    monkeypatch.setattr("sys.path", [*__import__("sys").path])

    def made(name, text):
        (tmp_path / f"{name}.py").write_text(text)
        return Config(tmp_path, formats=(name,))

    return made


def test_every_format_writes_a_file_of_its_own(run_of, record, tmp_path):
    """Each built-in format has a docstring and a file that no other has, and its text ends with a line."""
    run = run_of(record())
    paths = write_pages(run, tmp_path)

    assert [path.name for path in paths] == [each.file for each in BUILT_IN]
    assert len({each.file for each in BUILT_IN}) == len(BUILT_IN)
    assert all(type(each).__doc__ for each in BUILT_IN)
    assert all(path.read_text().endswith("\n") for path in paths)


def test_a_project_brings_its_own(project, run_of, record, tmp_path):
    """One module with FORMATS, named in the settings, is written beside the built-in ones."""
    formats = load(project("lab_formats_csv", CSV))
    write_pages(run_of(record(id="6A.a")), tmp_path / "reports", formats)

    assert (tmp_path / "reports" / "latest.csv").read_text() == "claim,verdict\n6A.a,holds\n"
    assert json.loads((tmp_path / "reports" / "latest.json").read_text())["records"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("lab_formats_none", "", "has no FORMATS"),
        ("lab_formats_class", "class A:\n    file = 'a'\nFORMATS = (A,)\n", "has no FORMATS"),
        (
            "lab_formats_twice",
            CSV.replace("latest.csv", "latest.md"),
            "two report formats write latest.md",
        ),
        ("lab_formats_broken", "1 / 0\n", "cannot be imported: ZeroDivisionError"),
    ],
)
def test_a_wrong_module_is_one_sentence(project, name, text, message):
    """What is missing or wrong is a configuration error that names the module or the file."""
    with pytest.raises(ConfigError, match=message) as caught:
        load(project(name, text))

    assert len(str(caught.value).splitlines()) == 1
