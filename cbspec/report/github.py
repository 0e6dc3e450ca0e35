"""Annotations on GitHub: a failed claim is marked on its line, and on the changed definition."""

from collections.abc import Iterator, Sequence
from posixpath import join, normpath
from typing import NamedTuple

from cbspec.canary import CanaryCheck
from cbspec.model.edit import Edit
from cbspec.model.number import count
from cbspec.model.visible import visible
from cbspec.report.check import Upheld
from cbspec.report.count import failed_canaries
from cbspec.report.failure import canary_text, doubt_text, failure_text
from cbspec.report.record import Record
from cbspec.report.run import Run, Skipped, ranked


class Annotation(NamedTuple):
    """What a failed claim is marked with.

    Attributes:
        headline: what became of it, in its title.
        edits: the definitions that changed; `state` is said of the claim there.
    """

    claim: str
    path: str
    line: int
    headline: str
    text: str
    state: str = ""
    edits: Sequence[Edit] = ()


OVERDUE = "quarantine ended"
MOST = 10  # annotations of one level and step; GitHub drops the others without a word


def annotations(run: Run, folder: str = ".") -> list[str]:
    """Return one error per failed claim, most urgent first, then one warning per changed definition
    with its claims and per claim that is not as recorded and fails nothing.

    Args:
        run: the run.
        folder: the project's folder in the repository, where GitHub's paths begin.
    """
    lines = []
    touched: dict[Edit, list[str]] = {}
    for mark in _marks(run):
        title, file = f"{mark.claim}: {mark.headline}", _in_repository(mark.path, folder)
        lines.append(command("error", mark.text, file=file, line=mark.line, title=title))
        for edit in dict.fromkeys(mark.edits):
            touched.setdefault(edit, []).append(f"{mark.claim}: {mark.state}")
    for edit, claims in touched.items():
        lines.append(_definition(edit, claims, _in_repository(edit.path, folder)))
    changed: list[Record | Upheld] = [*run.records, *run.upheld]
    for claim in changed:
        if claim.outcome.warning:
            lines.append(_warning(claim, _in_repository(claim.path, folder)))
    return list(map(visible, lines))


def _in_repository(path: str, folder: str) -> str:
    return normpath(join(folder, path))


def command(name: str, message: str, **properties: str | int) -> str:
    """Return ``::name key=value,...::message`` as one line, with GitHub's escapes."""
    listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{name} {listed}::{_data(message)}"


def _marks(run: Run) -> Iterator[Annotation]:
    for record in ranked(run.records):
        if record.failed:
            yield _record(record)
    for upheld in run.upheld:
        if upheld.outcome.kind == "failed":
            yield _upheld(upheld)
    yield from map(_canary, failed_canaries(run))
    yield from map(_broken, run.broken)


def _record(record: Record) -> Annotation:
    """Return the annotation of a claim, at the first assertion that made its verdict."""
    path, line = record.path, record.line
    places = {quote.key: (quote.path, quote.line) for quote in record.quotes}
    for finding in record.implicated:
        if finding.key in places:
            path, line = places[finding.key]
            break
    headline = record.comparison.headline
    if record.outcome.cause is None:  # a quarantine that is over fails whatever came out
        headline = OVERDUE
    text = failure_text(record)
    return Annotation(record.claim, path, line, headline, text, headline, record.edits)


def _upheld(upheld: Upheld) -> Annotation:
    ways: list[str] = []
    edits: list[Edit] = []
    for check in upheld.checks:
        edits += check.edits
        if check.failed:
            ways.append(check.way)
    text = doubt_text(upheld)
    headline = ways[0] if ways else OVERDUE
    return Annotation(upheld.claim, upheld.path, upheld.line, headline, text, "in doubt", edits)


def _canary(check: CanaryCheck) -> Annotation:
    state = f"canary {check.state}"
    text = canary_text(check)
    return Annotation(check.claim, check.path, check.line, check.text, text, state, check.edits)


def _broken(skipped: Skipped) -> Annotation:
    return Annotation(skipped.claim, skipped.path, skipped.line, "no verdict", skipped.reason)


def _definition(edit: Edit, claims: Sequence[str], file: str) -> str:
    listed = "\n".join(claims)
    title = f"{edit.definition} {edit.what}: {count(len(claims), 'claim')} with it"
    return command(
        "warning", f"stage {edit.stage}\n{listed}", file=file, line=edit.line, title=title
    )


def _warning(claim: Record | Upheld, file: str) -> str:
    title = f"{claim.claim}: not as recorded"
    return command("warning", claim.outcome.warning, file=file, line=claim.line, title=title)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def capped(commands: Sequence[str]) -> list[str]:
    """Return at most as many commands of each level as GitHub shows for one step.

    The last one says how many more there are.
    """
    levels: dict[str, list[str]] = {}
    for line in commands:
        level, _, _ = line.removeprefix("::").partition(" ")
        levels.setdefault(level, []).append(line)
    shown = []
    for level, lines in levels.items():
        if more := len(lines[MOST:]):
            rest = "GitHub shows no more of one step; the job summary and the report have all"
            lines[MOST - 1 :] = [command(level, rest, title=f"and {more + 1} more")]
        shown += lines
    return shown
