"""What holds for every test: hypothesis judges what is found, never how long it took on a busy
machine; and texts for people are those of a golden file.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.golden import COMMAND_LINE, GoldenFile

TESTS = Path(__file__).parent
LONGEST = ("test_runs.py", "test_campaign.py", "test_unruly_stages.py", "test_calibration.py")
"""A file is one process's: the last that begins should be a short one."""

settings.register_profile(
    "unhurried", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unhurried")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-golden",
        action="store_true",
        help="put the texts that tests get into tests/golden, for you to review as a diff",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have the longest files go first: no worker is left alone with one of them at the end."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


def pytest_collection_finish() -> None:
    """Have no garbage collection look through torch and what else the collected files import."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _power_stays() -> Iterator[None]:
    """Wait for no disk: what it has after a power cut, no test can ask."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda file: None)
        yield


@pytest.fixture
def pinned(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Compare a text with the golden file's, under the name of the test; several in their order."""
    golden = GoldenFile(COMMAND_LINE, rewrite=request.config.getoption("--rewrite-golden"))
    name = f"{request.path.relative_to(TESTS / 'cbspec')}::{request.node.name}"
    count = 0

    def check(text: str) -> None:
        nonlocal count
        count += 1
        golden.check(name if count == 1 else f"{name} ({count})", text)

    return check
