"""The replication table: the memos' values and ours, with one row for each finding."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from urllib.parse import quote

from jinja2 import Template

from cbspec.canary import CanaryRecord
from cbspec.claim import Claim, Status
from cbspec.kinds.names import listed
from cbspec.ledger import Ledger
from cbspec.ledger.entry import FRAGILE
from cbspec.model.finding import Verdict
from cbspec.publication.comparison import memo_and_ours
from cbspec.publication.figures import FigureTable, tables
from cbspec.publication.row import FindingRow, rows
from cbspec.publication.sizes import common_sizes, other_sizes, replicated_over, seeds_drawn
from cbspec.publication.tally import recordings, tallies
from cbspec.report.template import environment, tidy

PAGE = "replication.md"
HTML_PAGE = "replication.html"
FIGURES = "figures"
COLUMNS = (
    "finding",
    "status",
    "memo → ours [95 % interval]",
    "verdict",
    "agrees",
    "where they differ, and the likely reason",
)
STATUS: Mapping[Status, str] = {
    "active": "active",
    "retracted": "retracted",
    "open-question": "open",
}

_COUNTED: tuple[Verdict, ...] = ("holds", "refuted", "inconclusive", "invalid")


def replication(
    claims: Iterable[Claim], ledger: Ledger, folder: Path, canary: CanaryRecord | None = None
) -> str:
    """Return the page as Markdown. It follows from claims, ledger and canaries alone.

    Args:
        claims: the claims at every scale at which they are decidable.
        ledger: the recorded verdicts.
        folder: the folder of the page, from which it links to claim files and to ``figures/``.
        canary: the recorded canaries; None for a project without canaries.
    """
    claims = list(claims)
    findings = rows(claims, ledger)
    common = common_sizes(claims)
    drawings = _drawings(claims, ledger)
    page = _template(folder).render(
        rows=findings,
        files=len({claim.path for claim in claims}),
        statuses=Counter(row.head.status for row in findings),
        tallies=tallies(findings, common),
        counted=_COUNTED,
        fragile=FRAGILE,
        readme=_readme(folder),
        sizes=common,
        others=other_sizes(claims),
        seeds=seeds_drawn(findings),
        over=replicated_over(findings) or ["training seeds"],
        recordings=recordings(ledger),
        ledger=ledger,
        canary=canary,
        columns=COLUMNS,
        phases=groupby(findings, key=lambda row: row.head.phase),
        drawings=drawings,
        quarantined=_quarantined(findings),
    )
    return tidy(page)


def _quarantined(findings: Iterable[FindingRow]) -> list[Claim]:
    """Return the claims in quarantine, even if it is over: the page does not depend on the day."""
    claims: list[Claim] = []
    for row in findings:
        claims += filter(attrgetter("quarantine"), row.claims)
    return claims


def _template(folder: Path) -> Template:
    """Return the template of the page, with the functions that it calls."""
    templates = environment(
        Path(__file__).parent,
        size=_size,
        heading=_heading,
        link=partial(_link, folder=folder),
        status=STATUS.__getitem__,
        memo_and_ours=memo_and_ours,
        listed=listed,
    )
    templates.globals.update(figures=FIGURES)
    return templates.get_template(f"{PAGE}.j2")


def _drawings(claims: Sequence[Claim], ledger: Ledger) -> dict[str, list[FigureTable]]:
    """Return finding -> the paths of its drawings."""
    drawings: dict[str, list[FigureTable]] = {}
    for table in tables(claims, ledger):
        drawings.setdefault(table.id, []).append(table)
    return drawings


def _heading(phase: str) -> str:
    return f"Phase {phase}" if phase[:1].isdigit() else phase[:1].upper() + phase[1:]


def _link(path: Path, folder: Path) -> str:
    """Return `path` as seen from `folder`."""
    return quote(Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix())


def _readme(folder: Path) -> str:
    """Return the project's README as seen from the page; empty if there is none above."""
    for place in folder.resolve().parents:
        if (place / "README.md").is_file():
            return _link(place / "README.md", folder)
    return ""


def _size(value: float) -> str:
    return f"{value:,}".replace(",", " ")
