"""The hooks of collection: they find claim files and report what is wrong with them."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from fnmatch import fnmatch
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from cbspec.errors import ClaimError
from cbspec.model.number import count
from cbspec.paths import below
from cbspec.plugin.arguments import collects
from cbspec.plugin.gone import GoneItem
from cbspec.plugin.items import ClaimFile, NoClaims
from cbspec.plugin.process import MISTAKE, ClaimProcess

UNCOLLECTED = "cbspec-uncollected"  # worker -> controller: how many files it could not collect


class Collection:
    """The hooks of collection."""

    def __init__(self, process: ClaimProcess) -> None:
        self.process = process
        self._reprs: dict[tuple[str, str], Any] = {}
        self._claims_place = lru_cache(maxsize=None)(self._place_of)

    def _place_of(self, folder: Path) -> Path | None:
        return below(folder, self.process.settings.claims)

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        """Send a usage error to the controller. Otherwise xdist reports a crashed worker."""
        try:
            return (yield)
        except pytest.UsageError as error:
            if self.process.worker is not None:
                self.process.output[MISTAKE] = "\n".join(map(str, error.args))
            raise

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Collect claims in folders that pytest skips by their name too, such as build or dist."""
        name = collection_path.name
        if name.startswith(".") or self._claims_place(collection_path.parent) is None:
            return None
        patterns = self.process.config.getini("norecursedirs")
        passed_over = any(fnmatch(name, pattern) for pattern in patterns)
        return False if passed_over and collection_path.is_dir() else None

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.File | None:
        """Collect a claim file. pytest may have found it by a link; it is read by its real path."""
        folder = self._claims_place(file_path.parent)
        if folder is None:
            return None
        from cbspec.language import is_claim_file, is_shared

        if is_shared(file_path):
            return NoClaims.from_parent(parent, path=file_path)
        if not is_claim_file(file_path):
            return None
        source = folder / file_path.name
        return ClaimFile.from_parent(parent, path=file_path, source=source, process=self.process)

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Attach the mistakes in a claim file to its report."""
        report = yield
        if isinstance(collector, ClaimFile):
            report.cbspec = collector.unread  # type: ignore[attr-defined]  # extra attributes travel with a report
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_report_from_serializable(self) -> Generator[None, Any, Any]:
        """Merge the reports of the workers on a file that cannot be collected.

        xdist shows them once if they are the same object.
        """
        report = yield
        if isinstance(report, pytest.CollectReport) and report.failed:
            key = report.nodeid, str(report.longrepr)
            report.longrepr = self._reprs.setdefault(key, report.longrepr)
        return report

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep the mistakes of a claim file for GitHub; pytest shows them in the terminal."""
        if self.process.worker is None and report.failed:
            self.process.summary.misread(getattr(report, "cbspec", []))

    def pytest_collection_modifyitems(
        self, session: pytest.Session, items: list[pytest.Item]
    ) -> None:
        """Check all claims together: ids that two files share, and ids that no file has.

        A claim that is on record and has no file any more is an item that fails.

        Before that, a worker ends here if a file could not be collected, as pytest does without
        xdist. Otherwise xdist would run everything else first. A later hook would be too late: once
        the worker has reported its tests, the controller sends it some and must find it alive.
        """
        from cbspec.language import check_together, claim_files

        claims, folder = self.process.claims, self.process.settings.claims
        if not claims and not collects(session.config, folder):
            return
        if self.process.worker is not None and session.testsfailed and not self.process.goes_on:
            uncollected = f"{count(session.testsfailed, 'error')} during collection"
            self.process.output[UNCOLLECTED] = uncollected
            raise session.Interrupted(uncollected)
        files = {claim.path for claim in claims}
        whole = files == set(claim_files([folder]))
        if mistakes := check_together(claims, whole=whole):
            raise self.process.refusal(ClaimError(mistakes))
        if whole and self.process.known_scale != self.process.settings.canary:
            items += self._gone(session)

    def _gone(self, session: pytest.Session) -> Iterator[GoneItem]:
        """Yield an item for each claim that is on record and has no file any more."""
        from cbspec.evaluation.recorded import without_claim

        project = self.process.project
        for upheld in without_claim(project.ledger, self.process.claims, project.config):
            record = os.path.relpath(project.config.ledger, session.config.rootpath)
            name = f"{record}::{upheld.claim}"
            yield GoneItem.from_parent(session, name=upheld.claim, nodeid=name, upheld=upheld)
