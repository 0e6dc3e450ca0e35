"""The code that travels: what stages can import, and no results, claims or data."""

from __future__ import annotations

from pathlib import Path

import pytest

from cbspec.config import Config
from cbspec.errors import ConfigError
from cbspec.execution.backends.ray import baggage
from tests.support.laboratory import Laboratory


@pytest.fixture
def packed(project: Laboratory, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files of a laboratory that travel."""
    project.claim("light.yaml")
    for name in ("results/big.bin", "reports/latest.md", ".cbspec/store/x", "notes.txt", ".env"):
        project.write(name, "x")
    return names_of(project, tmp_path_factory.mktemp("code"))


def names_of(project: Laboratory, folder: Path) -> set[str]:
    baggage.pack(Config(project.root, engine="lab.catalog"), folder)
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_without_git_all_but_claims_reports_and_hidden_files_travels(packed: set[str]) -> None:
    """The engine, the configuration and what lies beside them."""
    assert packed == {
        "lab/__init__.py",
        "lab/catalog.py",
        "pyproject.toml",
        "results/big.bin",
        "notes.txt",
    }


def test_what_git_ignores_stays_but_for_the_engine(
    project: Laboratory, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """An ignored module of the engine can be imported here, and so there."""
    project.commit()
    project.write(".gitignore", "results/\nlab/made.py\n")
    project.write("results/big.bin", "x")
    project.write("lab/made.py", "x = 1")
    project.write("lab/new.py", "y = 1")

    packed = names_of(project, tmp_path_factory.mktemp("code"))

    assert {"lab/made.py", "lab/new.py", "lab/catalog.py"} <= packed
    assert "results/big.bin" not in packed


def test_too_much_is_refused_with_the_largest_files(
    project: Laboratory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The message says what to have git ignore."""
    monkeypatch.setattr(baggage, "LIMIT_BYTES", 2**20)
    project.write("weights.bin", "x" * 2**21)

    with pytest.raises(ConfigError, match=r"weights\.bin \(2 MB\)"):
        baggage.pack(Config(project.root, engine="lab.catalog"), tmp_path / "code")
