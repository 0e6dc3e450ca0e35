"""Back ends: those that there are, and what a module of them is refused for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cbspec.config import Config
from cbspec.errors import ConfigError
from cbspec.execution.backends import BUILT_IN, chosen, load, named
from cbspec.execution.backends.registry import EXTRAS
from tests.cbspec.execution.backends.unruly import acting
from tests.cbspec.execution.conftest import values

NOWHERE = """
class Nowhere:
    name = "nowhere"

    def open(self, workplace):
        raise NotImplementedError


BACKENDS = (Nowhere(),)
"""
Made = Callable[..., Config]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """A project with a module of back ends, importable by that name alone."""
    monkeypatch.setattr("sys.path", [*__import__("sys").path])

    def made(name: str, text: str = NOWHERE, backend: str = "local") -> Config:
        (tmp_path / f"{name}.py").write_text(text)
        return Config(tmp_path, backends=(name,), backend=backend)

    return made


def test_every_back_end_has_its_word() -> None:
    """Each built-in back end has a docstring and a name of its own, by which it is chosen."""
    names = [backend.name for backend in BUILT_IN]

    assert len(set(names)) == len(names)
    assert all(type(backend).__doc__ for backend in BUILT_IN)
    assert list(load(Config(Path())).values()) == list(BUILT_IN)
    assert chosen(Config(Path()), "local").name == "local"


@pytest.mark.parametrize(("name", "package"), EXTRAS.items())
def test_what_is_not_installed_is_told(
    monkeypatch: pytest.MonkeyPatch, name: str, package: str
) -> None:
    """A back end whose package is missing says how to get it, and can be planned for."""
    monkeypatch.setattr("cbspec.execution.backends.registry.find_spec", lambda name: None)

    with pytest.raises(ConfigError, match=rf'{name} needs {package}.*"cbspec\[{name}\]"'):
        chosen(Config(Path()), name)
    assert named(Config(Path()), name).name == name


@pytest.mark.parametrize("name", ["local", "inline"])
def test_every_back_end_of_one_machine_computes_the_same(computing_with, name: str) -> None:
    """Each brings the results of a plan into the store, and gives back all that it took; those of
    clusters are tested in tests/cluster.
    """
    one = computing_with(name, cores=1)
    cells = [one.planner.cell(acting(), seed) for seed in (1, 2, 3, 4)]
    one.plan_cells(cells)

    found = one.ensure(cells)
    one.drain()

    assert values(found) == [1.0, 2.0, 3.0, 4.0]
    assert one.run.statuses() == []
    assert one.run.take_core() is not None
    assert one.store.try_lock(cells[0].lane) is not None


def test_a_project_brings_its_own(project: Made) -> None:
    """One module with BACKENDS, named in the settings, is known beside the built-in ones."""
    config = project("lab_backends_nowhere", backend="nowhere")

    assert [*load(config)] == [*(backend.name for backend in BUILT_IN), "nowhere"]
    assert chosen(config).name == "nowhere"
    assert chosen(config, "inline").name == "inline"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("lab_backends_none", "", "has no BACKENDS"),
        ("lab_backends_class", NOWHERE.replace("(Nowhere(),)", "(Nowhere,)"), "has no BACKENDS"),
        ("lab_backends_taken", NOWHERE.replace('"nowhere"', '"local"'), "'local' is taken"),
        ("lab_backends_broken", "1 / 0\n", "cannot be imported: ZeroDivisionError"),
    ],
)
def test_a_wrong_module_is_one_sentence(project: Made, name: str, text: str, message: str) -> None:
    """What is missing or wrong is a configuration error that names the module."""
    with pytest.raises(ConfigError, match=message) as caught:
        chosen(project(name, text))

    assert len(str(caught.value).splitlines()) == 1


def test_an_unknown_back_end_is_told_with_those_there_are() -> None:
    """A misspelt name is an error that lists the names, whether it is an option or a setting."""
    with pytest.raises(ConfigError, match=r"--backend: unknown back end 'locl'; did you mean 'lo"):
        chosen(Config(Path()), "locl")
    with pytest.raises(ConfigError, match=r"tool.cbspec.backend of .*: unknown back end 'rya'"):
        chosen(Config(Path(), backend="rya"))
