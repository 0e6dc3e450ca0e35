"""The HTML page: its size, what it takes to write, to open and to filter.

``python -m tests.bench.page [CLAIMS...]``; this project's claims by default, and 2000 copies of them.
The record as it is published, and a run made of it: verdicts with values are recomputed, with curves
of twenty points; the others stand by record. Processor time of one thread, for the machine may be
busy; what the browser does beside that thread (drawing) is not in it.
"""

from __future__ import annotations

import gzip
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from cbspec.canary import CanaryRecord
from cbspec.evaluation.interim import judged
from cbspec.ledger import Outcome, compare
from cbspec.project import Project
from cbspec.report import Check, Run, Upheld, record_of
from cbspec.report.html import of_record, page
from cbspec.report.html.contents import Contents
from cbspec.report.html.subject import Subject
from cbspec.report.trace import Curve, RunTrace
from tests.bench.project import ROOT
from tests.bench.report import Row, publish

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
MANY = 2000
# Aims by number of claims: MB, MB packed, s to write, s to first paint, ms to filter
FEW_AIMS = 1.5, 0.3, 1.5, 0.5, 50.0
MANY_AIMS = 10.0, None, None, None, 50.0


def main(arguments: Sequence[str] = ()) -> Iterator[Row]:
    """Measure the page of the record and of a run, at each number of claims."""
    contents = {"record": _of_record()}
    contents["run"] = _of_run(contents["record"])
    own = len(contents["record"].subjects)
    for count in list(map(int, arguments)) or [own, MANY]:
        for name, few in contents.items():
            yield from _rows(f"page of a {name}, {count} claims", _copies(few, count), count == own)


def _rows(name: str, contents: Contents, few: bool) -> Iterator[Row]:
    size_aim, packed_aim, write_aim, paint_aim, filter_aim = FEW_AIMS if few else MANY_AIMS
    page(contents)  # compiles the templates
    began = time.process_time()
    text = page(contents).encode()
    yield _row(f"{name}: written", time.process_time() - began, "s of CPU", write_aim)
    yield _row(f"{name}: size", len(text) / 1e6, "MB", size_aim)
    packed = len(gzip.compress(text, mtime=0)) / 1e6
    yield _row(f"{name}: size, gzipped", packed, "MB", packed_aim)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        path.write_bytes(text)
        with _opened(path) as opened:
            if opened is None:
                return
            tab, session = opened
            yield _row(f"{name}: opened", _spent(session), "s of CPU", None)
            paint = tab.evaluate("performance.getEntriesByType('paint')[0].startTime") / 1000
            yield _row(f"{name}: first paint, by the clock", paint, "s", paint_aim)
            for what, script in FILTERS.items():
                milliseconds = 1000 * _median(tab, session, script)
                yield _row(f"{name}: {what}", milliseconds, "ms of CPU", filter_aim)


NARROW = "form.elements.text.value = 'cb'; form.dispatchEvent(new Event('input'))"
FILTERS = {
    "filtered": f"const form = document.querySelector('.filter'); {NARROW}",
    "all shown again": "document.querySelector('.filter').reset()",
}
TWO_FRAMES = "await new Promise((f) => requestAnimationFrame(() => requestAnimationFrame(f)))"


def _median(tab: Page, session: CDPSession, script: str) -> float:
    """Return the seconds that a script and the frame after it take, the median of nine."""
    others = [other for other in FILTERS.values() if other != script]
    taken = []
    for _ in range(9):
        tab.evaluate(f"async () => {{ {others[0]}; {TWO_FRAMES} }}")
        before = _spent(session)
        tab.evaluate(f"async () => {{ {script}; {TWO_FRAMES} }}")
        taken.append(_spent(session) - before)
    return sorted(taken)[4]


def _spent(session: CDPSession) -> float:
    """Return the seconds of processor time that the page's own thread has taken so far."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    [seconds] = [metric["value"] for metric in metrics if metric["name"] == "TaskDuration"]
    return float(seconds)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Page, CDPSession] | None]:
    """Open a page in a browser, scrolled to its table; None where there is no browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = Path(playwright.chromium.executable_path)
        program = str(found) if found.is_file() else next(filter(None, map(shutil.which, BROWSERS)))
        if program is None:
            yield None
            return
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        session = tab.context.new_cdp_session(tab)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        tab.goto(path.as_uri())
        tab.evaluate(f"async () => {{ {TWO_FRAMES} }}")
        yield tab, session
        browser.close()


def _row(measured: str, value: float, unit: str, aim: float | None) -> Row:
    figure = f"{value:.3g} {unit}"
    if aim is None:
        return Row(measured, figure)
    return Row(measured, figure, f"at most {aim:g} {unit}", value <= aim)


def _of_record() -> Contents:
    project = Project(ROOT)
    canary = CanaryRecord.load(project.config.canary_record)
    return of_record(project.at_every_scale(), project.ledger, project.evidence, ROOT, canary)


def _of_run(record: Contents) -> Contents:
    """Return a run that finds everything as it is on record."""
    project = Project(ROOT)
    claims = {claim.id: claim for claim in project.claims()}
    subjects = []
    for subject in record.subjects:
        entries = {entry.key: entry for entry in subject.entries}
        ours = [key for key in subject.values if (key.scale, key.device) == ("quick", "cpu")]
        recomputed = None
        for key in ours:
            entry = entries.pop(key)
            values = subject.values[key]
            judgement = judged(claims[subject.id], values)
            recomputed = record_of(
                claims[subject.id],
                judgement,
                compare(entry, entry),
                device="cpu",
                root=ROOT,
                seconds=1.0,
            )
            recomputed = msgspec.structs.replace(recomputed, trace=_trace(subject))
        checks = []
        for entry in entries.values():
            checks.append(
                Check(
                    scale=entry.scale,
                    device=entry.device,
                    verdict=entry.verdict,
                    way="canary equal",
                )
            )
        if recomputed:
            recomputed = msgspec.structs.replace(recomputed, checks=tuple(checks))
            subjects.append(replace(subject, record=recomputed))
        else:
            subjects.append(replace(subject, upheld=_upheld(subject, checks)))
    run = Run(
        scale="quick",
        device="cpu",
        provenance=record.subjects[0].entries[0].provenance,
        seconds=1.0,
        workers=2,
        records=(),
    )
    return replace(record, run=run, subjects=tuple(subjects))


def _upheld(subject: Subject, checks: Sequence[Check]) -> Upheld:
    return Upheld(
        claim=subject.id,
        title=subject.title,
        phase=subject.phase,
        status=subject.status,
        path=subject.path,
        line=subject.line,
        checks=tuple(checks),
        outcome=Outcome(kind="passed", reason="as recorded"),
        about=subject.about,
    )


def _trace(subject: Subject) -> RunTrace:
    """Return a trace with two series of each arm, over twenty epochs and six seeds."""
    points = tuple(range(1, 21))
    curves = []
    for index, arm in enumerate(subject.arms):
        for series in ("loss", "accuracy"):
            values = []
            for seed in range(6):
                values.append(tuple(1 / (point + seed / 7 + index) for point in points))
            curves.append(
                Curve(
                    stage="train",
                    series=series,
                    call=arm,
                    arms=(arm,),
                    unit="epoch",
                    points=points,
                    seeds=tuple(range(6)),
                    values=tuple(values),
                )
            )
    return RunTrace(curves=tuple(curves))


def _copies(contents: Contents, count: int) -> Contents:
    """Return contents with so many claims, each copy with a file of its own."""
    subjects = list(contents.subjects)
    sources = dict(contents.sources)
    for index in range(len(subjects), count):
        subject = contents.subjects[index % len(contents.subjects)]
        copy = index // len(contents.subjects)
        path = f"copy{copy}/{subject.path}"
        if subject.path in contents.sources:
            sources[path] = contents.sources[subject.path]
        subjects.append(replace(subject, id=f"copy{copy}.{subject.id}", path=path))
    return replace(contents, subjects=tuple(subjects[:count]), sources=sources)


if __name__ == "__main__":
    sys.exit(publish("page", main(sys.argv[1:])))
