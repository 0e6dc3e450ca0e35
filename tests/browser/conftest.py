"""A browser without a window, and the pages that it opens."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cbspec.project import Project
from tests.browser.apart import apart_subject
from tests.browser.lab import found

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

REPOSITORY = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        installed = next(filter(None, map(shutil.which, NAMES)), None)
        path = str(own) if own.is_file() else installed
        if path is None:
            pytest.skip(f"no browser is installed: none of {', '.join(NAMES)}")
        # Chromium has no sandbox in a container
        opened = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def run_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run in which two verdicts turned."""
    root = tmp_path_factory.mktemp("pagelab")
    found(root)
    return root / "reports" / "latest.html"


@pytest.fixture(scope="session")
def canary_page(run_page: Path) -> Path:
    """The page of a run that was about canaries alone, none of them on record."""
    return run_page.with_name("canary.html")


@pytest.fixture(scope="session")
def record_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of this repository's record, as it would be published now."""
    from cbspec.canary import CanaryRecord
    from cbspec.report.html import of_record, page

    project = Project(REPOSITORY)
    canary = CanaryRecord.load(project.config.canary_record)
    claims = project.at_every_scale()
    text = page(of_record(claims, project.ledger, project.evidence, REPOSITORY, canary))
    path = tmp_path_factory.mktemp("record") / "replication.html"
    path.write_text(text, encoding="utf-8")
    return path


class Watched:
    """A page that keeps what it should not have done.

    Attributes:
        faults: messages of the console, errors, and requests that leave the file.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.faults: list[str] = []
        page.on("console", lambda message: self.faults.append(message.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", lambda request: self._requested(request.url))

    def _requested(self, address: str) -> None:
        if not address.startswith(("file:", "data:")):
            self.faults.append(address)

    def open(self, path: Path, part: str = "") -> Page:
        self.page.goto(path.as_uri() + part)
        return self.page


@pytest.fixture(params=[1280, 390], ids=["desktop", "phone"])
def watched(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Watched]:
    context = browser.new_context(viewport={"width": request.param, "height": 844})
    yield Watched(context.new_page())
    context.close()


@pytest.fixture
def desktop(browser: Browser) -> Iterator[Watched]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield Watched(context.new_page())
    context.close()


@pytest.fixture(scope="session")
def apart_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of claims over runs of their own, with long names, one of which has no verdict."""
    from cbspec.report.html import page
    from cbspec.report.html.contents import Contents

    path = tmp_path_factory.mktemp("apart") / "apart.html"
    subjects = tuple(map(apart_subject, ("1.a", "1.b", "1.c")))
    path.write_text(page(Contents(run=None, subjects=subjects)), encoding="utf-8")
    return path
