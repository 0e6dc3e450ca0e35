"""The canaries of a page: the values that differ from the record, and their tolerances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cbspec.canary import Calibration, CanaryRecord
from cbspec.canary.comparison import Difference, shown_value
from cbspec.ledger.notation import number, number_or_blank
from cbspec.model.anchor import anchor
from cbspec.model.edit import Edit
from cbspec.report.html.subject import Subject


@dataclass(frozen=True, kw_only=True)
class DifferenceRow:
    """One value that differs from the record; `excess` is the difference in tolerances."""

    arm: str
    measure: str
    seed: str
    before: str
    after: str
    allowed: str
    excess: str


@dataclass(frozen=True, kw_only=True)
class Differing:
    claim: str
    href: str
    title: str
    text: str
    rows: tuple[DifferenceRow, ...]
    edits: tuple[Edit, ...]


@dataclass(frozen=True, kw_only=True)
class PlatformRow:
    name: str
    torch: str
    differing: str


@dataclass(frozen=True, kw_only=True)
class CanaryView:
    """The canaries of a run beside those on record.

    Attributes:
        counted: how many canaries the run computed, and what became of them; empty where it
            computed none.
        recorded: the number of claims with a recorded canary.
        method: how the tolerances follow from the spread over `platforms`; empty before they were
            measured.
    """

    counted: str
    differing: tuple[Differing, ...]
    recorded: int
    measured: str = ""
    method: str = ""
    platforms: tuple[PlatformRow, ...] = ()
    unheld: tuple[str, ...] = ()


def canary_view(
    subjects: Sequence[Subject], record: CanaryRecord | None, counted: str
) -> CanaryView | None:
    """Return what a page says of canaries; None for a project without.

    Args:
        counted: what became of those that the run computed; empty where it computed none.
    """
    if record is None and not counted:
        return None
    view = CanaryView(
        counted=counted,
        differing=tuple(filter(None, map(_differing, subjects))),
        recorded=len(record.figures) if record else 0,
    )
    if record is None or record.calibration is None:
        return view
    return _calibrated(view, record.calibration)


def _calibrated(view: CanaryView, calibration: Calibration) -> CanaryView:
    """Return a view, completed by the platforms that the tolerances were measured on."""
    platforms = []
    for run in calibration.platforms:
        share = f"{100 * run.differing:.3g} %"
        platforms.append(PlatformRow(name=run.name, torch=run.torch, differing=share))
    unheld = []
    for value in calibration.unheld:
        unheld.append(f"{value.measure} of {value.arm} in {value.claim}")
    return replace(
        view,
        measured=calibration.date,
        method=calibration.method,
        platforms=tuple(platforms),
        unheld=tuple(unheld),
    )


def _differing(subject: Subject) -> Differing | None:
    """Return what differs in a claim's canary: as computed, or as the check of a verdict says."""
    text = ""
    differences: tuple[Difference, ...] = ()
    edits: tuple[Edit, ...] = ()
    if subject.canary and subject.canary.failed:
        canary = subject.canary
        text, differences, edits = canary.text, canary.differences, canary.edits
    else:
        for check in subject.failed_checks:
            if check.differences:
                text, differences, edits = check.reason, check.differences, check.edits
                break
    if not text:
        return None
    return Differing(
        claim=subject.id,
        href=anchor(subject.id),
        title=subject.title,
        text=text,
        rows=tuple(map(_row, differences)),
        edits=edits,
    )


def _row(difference: Difference) -> DifferenceRow:
    before, after, allowed = difference.before, difference.after, difference.allowed
    excess = ""
    if not isinstance(before, str) and not isinstance(after, str) and allowed:
        excess = f"{number(abs(after - before) / allowed)}×"
    return DifferenceRow(
        arm=difference.arm,
        measure=difference.measure,
        seed="" if difference.seed is None else str(difference.seed),
        before=shown_value(before),
        after=shown_value(after),
        allowed=number_or_blank(allowed),
        excess=excess,
    )
