"""The failure text of one claim: what was claimed, what came out, what is on record, what to do
next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from shlex import quote
from textwrap import fill, indent

from cbspec.canary import CanaryCheck, Difference
from cbspec.ledger.notation import interval, number, p_value
from cbspec.model.edit import Edit
from cbspec.model.finding import Effect, Finding
from cbspec.report.check import Check, Upheld
from cbspec.report.record import Record

WIDTH = 118  # columns of running text
SHOWN = 12  # canary figures of one claim; the report has them all


def failure_text(record: Record) -> str:
    """Several lines for a person; each assertion that made the verdict is quoted from its file,
    with its effects.
    """
    parts = [f"{record.claim}: {record.title}", record.outcome.reason]
    parts += [_finding(record, finding) for finding in record.implicated]
    if not record.implicated:
        parts.append(f"{record.path}:{record.line}")
    if record.discussion:
        parts.append(f"Against the memo\n{indent(fill(record.discussion, WIDTH), '  ')}")
    parts.append(
        f"Ledger ({record.scale}, {record.device})\n{indent(record.comparison.text, '  ')}"
    )
    parts += _edited(record.edits)
    parts += [_doubt(check) for check in record.checks if check.failed]
    parts.append("Next\n" + "\n".join(f"  {line}" for line in next_steps(record)))
    return "\n\n".join(parts)


def doubt_text(upheld: Upheld, options: str = "") -> str:
    """Return several lines on a claim that was not recomputed and of whose verdicts one failed its
    check.

    Args:
        options: of the run, for the commands that are suggested.
    """
    parts = [f"{upheld.claim}: {upheld.title}", f"{upheld.path}:{upheld.line}"]
    parts += [_doubt(check) for check in upheld.checks if check.failed]
    steps = _after_doubt(upheld.claim, upheld.checks, options)
    parts.append("Next\n" + "\n".join(f"  {line}" for line in steps))
    return "\n\n".join(parts)


def canary_text(check: CanaryCheck) -> str:
    """Return several lines on a canary that is not as recorded: its figures, and what changed in
    the code.
    """
    parts = [f"{check.claim}: {check.title}", f"{check.path}:{check.line}: {check.text}"]
    parts += _figures(check.differences)
    parts += _edited(check.edits)
    steps = [f"cbspec explain {quote(check.claim)}   (what changed since the verdicts on record)"]
    if check.state == "differs":
        steps.append('cbspec accept --canary --reason "..."   (if the change is right)')
    parts.append("Next\n" + "\n".join(f"  {line}" for line in steps))
    return "\n\n".join(parts)


def _doubt(check: Check) -> str:
    """Return what failed in the check of one verdict on record."""
    lines = [
        f"On record at {check.scale} on {check.device}: {check.verdict}",
        f"  {check.way}: {check.reason}",
    ]
    parts = ["\n".join(lines)]
    if check.way == "judged otherwise" and check.comparison is not None:
        parts.append(f"Judged anew\n{indent(check.comparison.text, '  ')}")
    parts += _figures(check.differences)
    parts += _edited(check.edits)
    return "\n\n".join(parts)


def _figures(differences: Sequence[Difference]) -> list[str]:
    if not differences:
        return []
    lines = [f"  {difference.text}" for difference in differences[:SHOWN]]
    if len(differences) > SHOWN:
        lines.append(f"  and {len(differences) - SHOWN} more")
    return ["Canary figures that changed\n" + "\n".join(lines)]


def _edited(edits: Sequence[Edit]) -> list[str]:
    return (
        ["Changed in the code\n" + "\n".join(f"  {edit.text}" for edit in edits)] if edits else []
    )


def _after_doubt(claim: str, checks: Sequence[Check], options: str) -> Iterator[str]:
    name = quote(claim)
    asked = f"{name} {options}".rstrip()
    for check in checks:
        if check.way == "orphaned":
            yield f"give the claim the scale {check.scale} back, or take the verdict off the record:"
            yield f'cbspec withdraw {name} --scale {quote(check.scale)} --reason "..."'
    if all(check.way == "orphaned" for check in checks if check.failed):
        return
    yield f"cbspec explain {asked}   (what changed since the verdicts on record)"
    if any(check.way == "in doubt" for check in checks):
        scales = dict.fromkeys(check.scale for check in checks if check.way == "in doubt")
        for scale in scales:
            yield f"cbspec run {name} --scale {scale}   (to compute the verdict again)"
        yield 'cbspec accept --canary --reason "..."   (if the change is right: the verdicts are superseded until then)'
    if any(check.way == "judged otherwise" for check in checks):
        yield f'cbspec accept {name} --reason "..."   (if the edit is right: the verdict that its evidence gives)'


def effect_text(effect: Effect) -> str:
    """One effect on one line, its interval first, the memo's figure beside it."""
    memo = "" if effect.reported is None else f"; memo {number(effect.reported)}"
    sure = f"{effect.confidence:.0%} interval, {p_value(effect.p)}, n = {effect.n}"
    more = f"; {effect.needed} seeds would decide" if effect.needed else ""
    return (
        f"{effect.label} of {effect.measure}: {interval(effect)} {effect.unit} ({sure}){memo}{more}"
    )


def next_steps(record: Record) -> Iterator[str]:
    """Commands, each with what it is for."""
    claim = quote(record.claim)
    asked = f"{claim} {record.options}".rstrip()
    explain = f"cbspec explain {asked}"
    if record.judgement.verdict == "error":
        yield f"{explain}   (which stages it needs, and where they stand)"
        yield f"cbspec run {asked} --full-trace   (where in the code it happened)"
        return
    if any(check.failed for check in record.checks):
        yield from _after_doubt(record.claim, record.checks, record.options)
        if not record.changed:
            return
    if record.comparison.expected is None:
        yield f"{explain}   (which stages it stands on)"
        yield f"cbspec accept {claim}   (to put this verdict on record as a result)"
        return
    yield f"{explain}   (what changed since the verdict on record)"
    yield f'cbspec accept {claim} --reason "..."   (if the change is right)'


def _finding(record: Record, finding: Finding) -> str:
    source = next((source for source in record.quotes if source.key == finding.key), None)
    place = f"{source.path}:{source.line}" if source else record.path
    lines = [f"{place}: {finding.key}"]
    if source and source.lines:
        lines.append(indent(source.text, "  "))
    lines.append(f"  {finding.verdict}: {finding.reason}")
    lines += [f"    {effect_text(effect)}" for effect in finding.effects]
    return "\n".join(lines)
