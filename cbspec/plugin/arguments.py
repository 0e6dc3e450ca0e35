"""What the command line of pytest says of claims: whose they are, and whether the run is of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import pytest

from cbspec.config import Config, load
from cbspec.paths import below


def project_of(config: pytest.Config) -> Config | None:
    """Return the project whose claims the command line names, else that of pytest's root or of the
    working directory.

    Called before pytest knows its arguments in full, so that the project's options are added.

    Raises:
        ConfigError: a pyproject.toml cannot be read.
        pytest.UsageError: the command line names claims of two projects.
    """
    words: Sequence[str] = config.known_args_namespace.file_or_dir or _test_paths(config)
    projects: dict[Path, Config] = {}
    around = lru_cache(load)  # many files may be named
    for place in _places(config, words):
        project = around(place if place.is_dir() else place.parent)
        if _has_claims(project) and _share(place, project.claims):
            projects[project.root] = project
    if len(projects) > 1:
        listed = " and ".join(map(str, projects))
        raise pytest.UsageError(
            f"the claims of {listed} are of different projects: run pytest once for each"
        )
    # pytest's root may be a folder of several projects
    for folder in (config.rootpath, config.invocation_params.dir):
        project = load(folder)
        if not projects and _has_claims(project):
            projects[project.root] = project
    return next(iter(projects.values()), None)


def collects(config: pytest.Config, claims: Path) -> bool:
    """Tell whether the run is of claims, too."""
    ignored = _places(config, config.getoption("ignore") or ())
    if any(below(claims, place) for place in ignored):
        # What is named itself is collected all the same
        return any(below(place, claims) for place in _places(config, config.args))
    return any(_share(place, claims) for place in _places(config, config.args))


def collects_nothing_else(config: pytest.Config, claims: Path) -> bool:
    """Tell whether the run is of claims alone."""
    return all(below(place, claims) for place in _places(config, config.args))


def _test_paths(config: pytest.Config) -> list[str]:
    paths: list[str] = []
    if config.invocation_params.dir == config.rootpath:
        for pattern in config.getini("testpaths"):
            paths += map(str, config.rootpath.glob(pattern))
    return paths


def _places(config: pytest.Config, words: Sequence[str]) -> Iterator[Path]:
    """Yield the files and folders that arguments name."""
    for word in words:
        yield config.invocation_params.dir / word.partition("::")[0]


def _has_claims(project: Config) -> bool:
    return project.declared and project.claims.is_dir()


def _share(place: Path, claims: Path) -> bool:
    """Tell whether one of two places lies in the other."""
    return below(place, claims) is not None or below(claims, place) is not None
