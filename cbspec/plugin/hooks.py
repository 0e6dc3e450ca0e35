"""The first hooks: they add the options of a project with claims, and register the other hooks.

`collection.py` finds claims, `items.py` has the test item of a claim, and `running.py` runs them.
Under xdist every worker collects the same claims, holds the same plan and helps until all of it is
computed. The controller shows the progress, writes the reports and prints the closing table. Only
pytest's public API is used.
"""

from __future__ import annotations

from argparse import ArgumentError
from collections.abc import Generator, Mapping
from typing import Any

import pytest

from cbspec.config import ADOPT, Config
from cbspec.errors import CbspecError
from cbspec.plugin.arguments import collects, collects_nothing_else, project_of
from cbspec.plugin.elsewhere import Elsewhere
from cbspec.plugin.failures import usage_error

PROJECT = pytest.StashKey[Config]()

# Options of pytest-testmon that make it leave out tests whose executed lines did not change
TESTMON = ("testmon", "testmon_nocollect", "testmon_forceselect", "tmnet")
NO_TESTMON = ("no-testmon", "testmon_noselect")

OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "--scale": {
        "metavar": "NAME",
        "help": "scale to run the claims at (default: the project's, quick)",
    },
    "--device": {
        "default": "auto",
        "metavar": "NAME",
        "help": "where stages compute: cpu, cuda or a family of the project's own (default: auto)",
    },
    "--stage-threads": {
        "type": int,
        "default": 1,
        "metavar": "N",
        "help": "threads per worker, part of what a result depends on (default: 1)",
    },
    "--backend": {
        "metavar": "NAME",
        "help": "what computes the stages (default: the project's, local)",
    },
    "--address": {
        "metavar": "HOST:PORT",
        "help": "the Ray cluster that --backend ray joins (default: RAY_ADDRESS, or a new one)",
    },
    "--slurm": {
        "metavar": "KEY=VALUE,...",
        "help": "what --backend slurm asks of each helper, such as partition=gpu,gpus=1,time=4:00:00",
    },
    "--adopt": {
        "choices": ADOPT,
        "help": "whether stored results are adopted for edited code whose canary is identical (default: the project's)",
    },
    "--repeat-of": {
        "metavar": "FILE",
        "help": "the latest.json of an earlier run; a verdict that noise explains (wobble) fails where that run had it too",
    },
}
"""Option -> the keyword arguments of pytest's `addoption`."""


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None, Any, Any]:
    """Add the options, if there is a project with claims. Others may use these names themselves."""
    # The project's conftest.py adds its options first. So a clash of names is an error here, with
    # a message, and not there with a traceback
    result = yield
    try:
        project = project_of(early_config)
    except CbspecError as error:
        raise usage_error(error) from None
    if project:
        early_config.stash[PROJECT] = project
        _add_options(parser, args)
    return result


def _add_options(parser: pytest.Parser, args: list[str]) -> None:
    group = parser.getgroup("cbspec", "research claims")
    try:
        for name, words in OPTIONS.items():
            group.addoption(name, **words)
        parser.parse_known_args(args)  # before pytest 9.2 a clash shows only here
    except (ValueError, ArgumentError) as error:
        raise pytest.UsageError(
            f"an option of cbspec's is one of a conftest.py or another plugin, too: {error}"
        ) from None


def pytest_configure(config: pytest.Config) -> None:
    """Register the hooks of collection and of the run, if there is a project with claims."""
    project = config.stash.get(PROJECT, None)
    if project is None:
        config.pluginmanager.register(Elsewhere(), "cbspec-elsewhere")
        return
    from cbspec.plugin import junit
    from cbspec.plugin.collection import Collection
    from cbspec.plugin.process import ClaimProcess
    from cbspec.plugin.running import Running

    _refuse_testmon(config, project)
    try:
        process = ClaimProcess(config, project)
    except CbspecError as error:
        raise usage_error(error) from None
    config.pluginmanager.register(Running(process), "cbspec-running")
    config.pluginmanager.register(Collection(process), "cbspec-collection")
    if junit.wanted(config):
        config.pluginmanager.register(junit.SuiteProperties(config), "cbspec-junit")
    if collects_nothing_else(config, project.claims):
        # Hypothesis takes a second to import, and its summary has no use in a run of claims
        config.pluginmanager.unregister(name="hypothesispytest")
        # xdist gives a worker one claim at a time, so that the next one goes to whoever is free
        if config.getoption("maxschedchunk", 0) is None:
            config.option.maxschedchunk = 1


def _refuse_testmon(config: pytest.Config, project: Config) -> None:
    """Refuse to run claims with pytest-testmon.

    It deselects a test whose last run executed no line that changed since. A claim with stored
    results executes no line of the engine, so testmon would miss every edit of the engine.
    """
    selects = any(config.getoption(option, False) for option in TESTMON)
    spared = any(config.getoption(option, False) for option in NO_TESTMON)
    if selects and not spared and collects(config, project.claims):
        raise pytest.UsageError(
            "--testmon is not for claims: it would leave out claims that the edited code changes, "
            "because their stored results kept it from executing; run them without it "
            "(cbspec computes only what the edit reaches)"
        )
