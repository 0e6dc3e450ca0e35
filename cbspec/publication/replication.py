"""The replication table: what the memos report beside what is on record, one row for each
finding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from cbspec.canary import CanaryRecord
from cbspec.claim import Claim, base
from cbspec.ledger import Ledger
from cbspec.ledger.entry import FRAGILE
from cbspec.model.finding import Verdict
from cbspec.publication.cells import COLUMNS, STATUS, cells, link
from cbspec.publication.figures import tables
from cbspec.publication.row import Row, place_of, rows, scales_of
from cbspec.report.template import environment, tidy

PAGE = "replication.md"
FIGURES = "figures"

_COUNTED: tuple[Verdict, ...] = ("holds", "refuted", "inconclusive", "invalid")


class Tally(NamedTuple):
    """How the findings stand at one scale on one device family.

    Attributes:
        device: None where nothing is on record at the scale.
        decidable: findings of which a claim can be decided there.
        missing: those of them that have no verdict yet.
    """

    scale: str
    device: str | None
    decidable: int
    verdicts: Mapping[Verdict, int]
    fragile: int
    missing: int


class Sizing(NamedTuple):
    """Claim files that have sizes of their own at a scale."""

    claims: tuple[str, ...]
    scale: str
    sizes: Mapping[str, float]


class DoubtDecision(NamedTuple):
    """What a person decided of a verdict when the canary of its claim had changed."""

    claim: str
    scale: str
    device: str
    verdict: Verdict
    what: str
    date: str
    reason: str


class Recording(NamedTuple):
    """Verdicts that were recorded together.

    Attributes:
        dirty: whether the commit had uncommitted changes; `commit` is empty outside a repository.
        claims: ids, without the values of matrix cells.
    """

    date: str
    commit: str
    dirty: bool
    torch: str
    scale: str
    device: str
    claims: tuple[str, ...]


def replication(
    claims: Iterable[Claim], ledger: Ledger, folder: Path, canary: CanaryRecord | None = None
) -> str:
    """Return the page as Markdown; it follows from claims, ledger and canary record alone.

    Args:
        claims: each at every scale at which it can be decided.
        canary: the figures on record; None for a project without canaries.
        folder: where the page stands, from which it links to the claim files; the drawings lie
            below it in ``figures/``.
    """
    claims = list(claims)
    findings = rows(claims, ledger)
    common = common_sizes(claims)
    drawings = _drawings(claims, ledger)
    statuses = Counter(row.head.status for row in findings)
    phases = []
    for phase, group in groupby(findings, key=lambda row: row.head.phase):
        phases.append(
            (_heading(phase), [cells(row, folder, drawings.get(row.id, [])) for row in group])
        )
    templates = environment(Path(__file__).parent)
    templates.filters.update(size=_size)
    page = templates.get_template(f"{PAGE}.j2").render(
        rows=findings,
        files=len({claim.path for claim in claims}),
        statuses=[(STATUS[status], count) for status, count in statuses.items()],
        recorded=sum(row.recorded for row in findings),
        tallies=tallies(findings, common),
        counted=_COUNTED,
        fragile=FRAGILE,
        readme=_readme(folder),
        sizes=common,
        names=list(dict.fromkeys(name for sizes in common.values() for name in sizes)),
        others=other_sizes(claims),
        seeds=_seeds(findings),
        recordings=recordings(ledger),
        decisions=decisions(ledger),
        evident=sum(entry.evidence is not None for entry in ledger),
        verdicts=len(ledger),
        canary=canary,
        withdrawn=ledger.withdrawn,
        columns=COLUMNS,
        phases=phases,
    )
    return tidy(page)


def decisions(ledger: Ledger) -> list[DoubtDecision]:
    """Return every verdict that is superseded or carried over, with the reason."""
    doubts = []
    for entry in ledger:
        if entry.doubt:
            last = entry.accepted[-1]
            doubts.append(
                DoubtDecision(
                    entry.claim,
                    entry.scale,
                    entry.device,
                    entry.verdict,
                    entry.doubt,
                    last.date,
                    last.reason,
                )
            )
    return doubts


def tallies(findings: Sequence[Row], scales: Iterable[str]) -> list[Tally]:
    """Return one tally for each scale and device family on record; for a scale with nothing on
    record, one without a device.
    """
    places = {
        (outcome.scale, outcome.device)
        for row in findings
        for outcome in row.outcomes
        if outcome.device
    }
    counted = []
    for scale in scales:
        devices: list[str | None] = []
        devices += sorted(device for at, device in places if at == scale and device)
        counted += [_tally(findings, scale, device) for device in devices or [None]]
    return counted


def common_sizes(claims: Sequence[Claim]) -> dict[str, Mapping[str, float]]:
    """Return scale -> the sizes that most claims have at it."""
    counted = {scale: Counter[tuple[tuple[str, float], ...]]() for scale in scales_of(claims)}
    for claim in claims:
        counted[claim.scale][tuple(claim.sizes.items())] += 1
    return {
        scale: dict(most) for scale, counts in counted.items() for most, _ in counts.most_common(1)
    }


def other_sizes(claims: Sequence[Claim]) -> list[Sizing]:
    """Return what differs from the common sizes, claims with the same difference together."""
    common = common_sizes(claims)
    alike: dict[tuple[str, tuple[tuple[str, float], ...]], list[str]] = {}
    for claim in claims:
        different = tuple(
            (name, size)
            for name, size in claim.sizes.items()
            if common[claim.scale].get(name) != size
        )
        if different:
            alike.setdefault((claim.scale, different), []).append(base(claim.id))
    return [
        Sizing(tuple(dict.fromkeys(ids)), scale, dict(different))
        for (scale, different), ids in alike.items()
    ]


def recordings(ledger: Ledger) -> list[Recording]:
    """Return what the verdicts on record were computed with, newest first."""
    claims: dict[tuple[str, str, bool, str, str, str], dict[str, None]] = {}
    for entry in ledger:
        made = entry.provenance
        key = (
            made.date,
            (made.commit or "")[:10],
            made.dirty,
            made.torch,
            entry.scale,
            entry.device,
        )
        claims.setdefault(key, {})[base(entry.claim)] = None
    return [Recording(*key, claims=tuple(ids)) for key, ids in sorted(claims.items(), reverse=True)]


def _tally(findings: Sequence[Row], scale: str, device: str | None) -> Tally:
    decidable = [row for row in findings if scale in row.scales]
    there = [
        outcome
        for row in decidable
        for outcome in row.outcomes
        if (outcome.scale, outcome.device) == (scale, device)
    ]
    verdicts = Counter(outcome.verdict for outcome in there if outcome.verdict)
    fragile = sum(outcome.fragile for outcome in there)
    return Tally(
        scale, device, len(decidable), verdicts, fragile, missing=len(decidable) - verdicts.total()
    )


def _heading(phase: str) -> str:
    return f"Phase {phase}" if phase[:1].isdigit() else phase.capitalize()


def _seeds(findings: Sequence[Row]) -> list[tuple[str, int]]:
    """Return how seeds are drawn, and by how many claims; the most common way first."""
    drawn = Counter(
        (claim.seeds.start, claim.seeds.pool) for row in findings for claim in row.claims
    )
    return [
        (_drawing(pool[:start], pool[start:]), count)
        for (start, pool), count in drawn.most_common()
    ]


def _drawing(first: tuple[int, ...], more: tuple[int, ...]) -> str:
    then = f", then up to {', '.join(map(str, more))} while inconclusive" if more else ""
    return ", ".join(map(str, first)) + then


def _drawings(claims: Sequence[Claim], ledger: Ledger) -> dict[str, list[str]]:
    """Return finding -> the links to its drawings."""
    links: dict[str, list[str]] = {}
    for table in tables(claims, ledger):
        links.setdefault(table.id, []).append(
            f"[drawing at {place_of(table.scale, table.device)}]({FIGURES}/{table.name}.svg)"
        )
    return links


def _readme(folder: Path) -> str:
    """Return the project's README as seen from the page; empty if there is none above."""
    above = (place / "README.md" for place in folder.resolve().parents)
    readme = next((path for path in above if path.is_file()), None)
    return link(readme, folder) if readme else ""


def _size(value: float) -> str:
    return f"{value:,}".replace(",", " ")
