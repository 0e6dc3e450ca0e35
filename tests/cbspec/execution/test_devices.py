"""Device families: those that there are, and one that a project brings."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cbspec.config import Config
from cbspec.errors import ConfigError
from cbspec.execution import devices
from cbspec.execution.devices import BUILT_IN, FAMILIES, Cpu
from cbspec.execution.numerics import resolve
from tests.support.claim_text import LIGHT
from tests.support.laboratory import Laboratory

ABACUS = '''
import time


class Abacus:
    """Beads on wires, moved by one process at a time."""

    name = "abacus"
    wide = True
    tf32 = False

    def absent(self, torch):
        return ""

    def processes(self, threads):
        return 1

    def places(self):
        return ()

    def share(self):
        return 0.0

    def clock(self):
        return time.monotonic()


DEVICES = (Abacus(),)
'''
Made = Callable[..., Config]


@pytest.fixture(autouse=True)
def restored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The built-in families alone are known again after each test."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    devices.load(Config(tmp_path))


@pytest.fixture
def configured(tmp_path: Path) -> Made:
    """A project with a module of device families, importable by that name alone."""

    def made(name: str, text: str = ABACUS) -> Config:
        (tmp_path / f"{name}.py").write_text(text)
        return Config(tmp_path, devices=(name,))

    return made


@pytest.mark.parametrize("family", BUILT_IN, ids=lambda family: family.name)
def test_every_family_answers(family: devices.DeviceFamily) -> None:
    """Each says in words why it is absent, how many processes it takes, and counts seconds."""
    reason, processes, began = family.absent(None), family.processes(1), family.clock()
    places, share = family.places(), family.share()

    assert FAMILIES[family.name] is family
    assert type(family).__doc__
    assert isinstance(reason, str)
    assert processes is None or processes >= 1
    assert all(isinstance(variables, dict) for variables in places)
    assert 0 <= share <= 1
    assert family.clock() >= began


def test_the_processor_is_always_there() -> None:
    """One family needs nothing, and more threads a process leave room for fewer of them."""
    cpu = Cpu()

    assert cpu.absent(None) == ""
    assert cpu.processes(10**6) == 1
    assert cpu.processes(1) >= cpu.processes(2) >= 1


def test_a_project_brings_its_own(configured: Made) -> None:
    """One module with DEVICES, named in the settings: `auto` prefers it, and it can be asked for."""
    devices.load(configured("lab_devices_abacus"))

    assert [*FAMILIES] == ["abacus", "cuda", "cpu"]
    assert resolve("auto").device == resolve("abacus").device == "abacus"
    assert not resolve("abacus", tf32=True).tf32
    with pytest.raises(ConfigError, match=r"one of auto, abacus, cpu, cuda$"):
        resolve("abakus")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("lab_devices_none", "", "has no DEVICES"),
        ("lab_devices_class", ABACUS.replace("(Abacus(),)", "(Abacus,)"), "has no DEVICES"),
        ("lab_devices_half", ABACUS.replace("def clock", "def time"), "has no DEVICES"),
        ("lab_devices_taken", ABACUS.replace('"abacus"', '"cpu"'), "family 'cpu' is taken"),
    ],
)
def test_a_wrong_module_is_one_sentence(
    configured: Made, name: str, text: str, message: str
) -> None:
    """What is missing or wrong is a configuration error that names the module."""
    with pytest.raises(ConfigError, match=message) as caught:
        devices.load(configured(name, text))

    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("workers", ["0", "2"])
def test_claims_run_on_it(project: Laboratory, workers: str) -> None:
    """Stages are told its name, arms are computed together, and verdict and ledger name it."""
    project.write("lab/devices.py", ABACUS)
    project.edit("pyproject.toml", '"lab.catalog"\n', '"lab.catalog"\ndevices = ["lab.devices"]\n')
    told = '    Path(f"device-{job.device}").touch()\n'
    project.edit("lab/catalog.py", "    days = ", told + "    days = ")
    project.claim("light.yaml", LIGHT)

    status, output = project.pytest("-n", workers)
    accepted = project.cbspec("accept", "1.a")
    listed = project.cbspec("status", "--json").stdout

    assert (status, project.report.device) == (0, "abacus"), output
    assert "claims at scale quick on abacus" in output
    assert (project.root / "device-abacus").exists()
    assert accepted.exit_code == 0, accepted.output
    assert '"abacus"' in listed
