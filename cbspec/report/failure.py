"""The failure text of one claim: what was claimed, what came out, what is on record, what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote
from textwrap import fill, indent

from cbspec.finding import Effect, Finding
from cbspec.ledger.notation import interval, number, p_value
from cbspec.report.record import Record

WIDTH = 118  # columns of running text


def failure_text(record: Record) -> str:
    """Several lines for a person; each assertion that made the verdict is quoted from its file, with its effects."""
    parts = [f"{record.claim}: {record.title}", record.outcome.reason]
    parts += [_finding(record, finding) for finding in record.implicated]
    if not record.implicated:
        parts.append(f"{record.path}:{record.line}")
    if record.discussion:
        parts.append(f"Against the memo\n{indent(fill(record.discussion, WIDTH), '  ')}")
    parts.append(f"Ledger ({record.scale}, {record.device})\n{indent(record.comparison.text, '  ')}")
    if record.edits:
        parts.append("Changed in the code\n" + "\n".join(f"  {edit.text}" for edit in record.edits))
    parts.append("Next\n" + "\n".join(f"  {line}" for line in next_steps(record)))
    return "\n\n".join(parts)


def effect_text(effect: Effect) -> str:
    """One effect on one line, its interval first, the memo's figure beside it."""
    memo = "" if effect.reported is None else f"; memo {number(effect.reported)}"
    sure = f"{effect.confidence:.0%} interval, {p_value(effect.p)}, n = {effect.n}"
    more = f"; {effect.needed} seeds would decide" if effect.needed else ""
    return f"{effect.label} of {effect.measure}: {interval(effect)} {effect.unit} ({sure}){memo}{more}"


def next_steps(record: Record) -> Iterator[str]:
    """Commands, each with what it is for."""
    claim = quote(record.claim)
    asked = f"{claim} {record.options}".rstrip()
    explain = f"cbspec explain {asked}"
    if record.judgement.verdict == "error":
        yield f"{explain}   (which stages it needs, and where they stand)"
        yield f"cbspec run {asked} --full-trace   (where in the code it happened)"
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
