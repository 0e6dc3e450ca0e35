"""pytest's command line: which project's claims it names, and whether it names other tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import pytest

from cbspec.config import Config, load
from cbspec.paths import below


def project_of(config: pytest.Config) -> Config | None:
    """Return the project whose claims are to run; None if there is none.

    It is the project of the claims that the command line names, or else that of pytest's root or of
    the working directory. pytest has not parsed all its arguments yet, since the project's options
    are added afterwards.

    Raises:
        ConfigError: a pyproject.toml cannot be read.
        pytest.UsageError: the command line names claims of two projects.
    """
    words: Sequence[str] = config.known_args_namespace.file_or_dir or _test_paths(config)
    projects: dict[Path, Config] = {}
    around = lru_cache(load)  # the command line may name many files of one folder
    for place in _places(config, words):
        project = around(place if place.is_dir() else place.parent)
        if _has_claims(project) and _share(place, project.claims):
            projects[project.root] = project
    if len(projects) > 1:
        listed = " and ".join(map(str, projects))
        raise pytest.UsageError(
            f"the claims of {listed} are of different projects: run pytest once for each"
        )
    # pytest's root may hold several projects, so the working directory is looked at as well
    for folder in (config.rootpath, config.invocation_params.dir):
        project = load(folder)
        if not projects and _has_claims(project):
            projects[project.root] = project
    return next(iter(projects.values()), None)


def collects(config: pytest.Config, claims: Path) -> bool:
    """Tell whether the run collects claims."""
    ignored = _places(config, config.getoption("ignore") or ())
    if any(below(claims, place) for place in ignored):
        # A path that is named itself is collected although its folder is ignored
        return any(below(place, claims) for place in _places(config, config.args))
    return any(_share(place, claims) for place in _places(config, config.args))


def collects_nothing_else(config: pytest.Config, claims: Path) -> bool:
    """Tell whether the run collects nothing but claims."""
    return all(below(place, claims) for place in _places(config, config.args))


def _test_paths(config: pytest.Config) -> list[str]:
    paths: list[str] = []
    if config.invocation_params.dir == config.rootpath:
        for pattern in config.getini("testpaths"):
            paths += map(str, config.rootpath.glob(pattern))
    return paths


def _places(config: pytest.Config, words: Sequence[str]) -> Iterator[Path]:
    """Yield the file or folder that each argument names."""
    for word in words:
        yield config.invocation_params.dir / word.partition("::")[0]


def _has_claims(project: Config) -> bool:
    return project.declared and project.claims.is_dir()


def _share(place: Path, claims: Path) -> bool:
    """Tell whether one of two paths lies in the other."""
    return below(place, claims) is not None or below(claims, place) is not None
