"""The failure text of a claim: the assertion, the result, the recorded verdict, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from shlex import quote
from textwrap import fill, indent

from cbspec.canary import CanaryCheck, Difference
from cbspec.ledger.notation import bounds, number
from cbspec.model.edit import Edit
from cbspec.model.finding import Effect, Finding, p_value
from cbspec.model.replicates import SEEDS, noun
from cbspec.model.visible import inert, visible
from cbspec.report.check import Check, Upheld
from cbspec.report.record import Record

WIDTH = 118  # columns of running text
SHOWN = 12  # canary values of one claim that the text lists; the report lists all

_CHANGED = "(what changed since the verdict{} on record)"
_TAKE = 'cbspec accept --canary --reason "..."   (if the change is right{})'


def failure_text(record: Record) -> str:
    """Return the failure of a judged claim as several lines.

    Each assertion that made the verdict is quoted from its file, with its effects.
    """
    return _text(_failure(record))


def doubt_text(upheld: Upheld, options: str = "") -> str:
    """Return several lines on a claim that was not recomputed and of whose verdicts one failed its
    check.

    Args:
        options: of the run, for the commands that are suggested.
    """
    return _text(_upheld(upheld, options))


def canary_text(check: CanaryCheck) -> str:
    """Return the failure of a canary as several lines: its values, and what changed in the code."""
    return _text(_canary(check))


def effect_text(effect: Effect, *, refuted: bool = False, replicates: str = SEEDS) -> str:
    """Return an effect as one line: its interval, then the memo's value.

    Args:
        refuted: the assertion is shown to be false. What p it would hold by is beside the point then,
            and the reason has that of the test that refuted.
        replicates: what the claim is replicated over, in words.
    """
    tested = "" if refuted else f"{p_value(effect.p)}, "
    sure = f"{effect.confidence:.0%} interval, {tested}n = {effect.n}"
    if effect.printed:
        sure = "the bounds are what rounding leaves open, no test"
    text = f"{effect.label} of {effect.measure}: {bounds(effect)} {effect.unit} ({sure})"
    if effect.reported is not None:
        text += f"; memo {number(effect.reported)}"
    if effect.needed:
        even, likely = effect.needed
        text += f"; {even} to {likely} {noun(replicates)} would decide"
    return text


def next_steps(record: Record) -> Iterator[str]:
    """Yield the commands that may help, each with its purpose."""
    claim = quote(record.claim)
    asked = f"{claim} {record.options}".rstrip()
    explain = f"cbspec explain {asked}"
    if record.judgement.verdict == "error":
        yield f"{explain}   (which stages it needs, and where they stand)"
        yield f"cbspec run {asked} --full-trace   (where in the code it happened)"
        return
    if record.in_doubt:
        yield from _after_doubt(record.claim, record.checks, record.options)
        if not record.changed:
            return
    if record.comparison.expected is None:
        yield f"{explain}   (which stages it stands on)"
        yield f"cbspec accept {claim}   (to put this verdict on record as a result)"
        return
    yield f"{explain}   {_CHANGED.format('')}"
    yield f'cbspec accept {claim} --reason "..."   (if the change is right)'


def _text(sections: Iterator[str]) -> str:
    return inert(visible("\n\n".join(sections), keep="\n"))


def _head(claim: str, title: str) -> str:
    return f"{claim}: {' '.join(title.split())}"


def _section(head: str, lines: Iterable[str]) -> str:
    body = indent("\n".join(lines), "  ")
    return f"{head}\n{body}"


def _failure(record: Record) -> Iterator[str]:
    yield _head(record.claim, record.title)
    yield record.outcome.reason
    for finding in record.implicated:
        yield _finding(record, finding)
    if not record.implicated:
        yield f"{record.path}:{record.line}"
    if record.discussion:
        yield _section("Against the memo", [fill(record.discussion, WIDTH)])
    yield _section(f"Ledger ({record.scale}, {record.device})", [record.comparison.text])
    yield from _edited(record.edits)
    for check in record.checks:
        if check.failed:
            yield from _doubt(check)
    yield _section("Next", next_steps(record))


def _upheld(upheld: Upheld, options: str) -> Iterator[str]:
    yield _head(upheld.claim, upheld.title)
    yield f"{upheld.path}:{upheld.line}"
    if not upheld.in_doubt:
        yield upheld.outcome.reason
    for check in upheld.checks:
        if check.failed:
            yield from _doubt(check)
    steps = _after_doubt(upheld.claim, upheld.checks, options, gone=upheld.about is None)
    yield _section("Next", steps)


def _canary(check: CanaryCheck) -> Iterator[str]:
    yield _head(check.claim, check.title)
    yield f"{check.path}:{check.line}: {check.text}"
    yield from _moved(check.differences)
    yield from _edited(check.edits)
    steps = [f"cbspec explain {quote(check.claim)}   {_CHANGED.format('s')}"]
    if check.state == "differs":
        steps.append(_TAKE.format(""))
    yield _section("Next", steps)


def _finding(record: Record, finding: Finding) -> str:
    lines = [f"{record.path}: {finding.key}"]
    for source in record.quotes:
        if source.key == finding.key:
            lines = [f"{source.path}:{source.line}: {finding.key}"]
            if source.lines:
                lines.append(indent(source.text, "  "))
    lines.append(f"  {finding.verdict}: {finding.reason}")
    for effect in finding.effects:
        refuted = finding.verdict == "refuted"
        lines.append(f"    {effect_text(effect, refuted=refuted, replicates=record.replicates)}")
    return "\n".join(lines)


def _doubt(check: Check) -> Iterator[str]:
    """Yield what failed in the check of one recorded verdict."""
    verdict = f"On record at {check.scale} on {check.device}: {check.verdict}"
    yield f"{verdict}\n  {check.way}: {check.reason}"
    if check.way == "judged otherwise" and check.comparison is not None:
        yield _section("Judged anew", [check.comparison.text])
    yield from _moved(check.differences)
    yield from _edited(check.edits)


def _moved(differences: Sequence[Difference]) -> Iterator[str]:
    lines = [difference.text for difference in differences[:SHOWN]]
    if len(differences) > SHOWN:
        lines.append(f"and {len(differences) - SHOWN} more")
    if lines:
        yield _section("Canary figures that changed", lines)


def _edited(edits: Sequence[Edit]) -> Iterator[str]:
    if edits:
        yield _section("Changed in the code", [edit.text for edit in edits])


def _after_doubt(
    claim: str, checks: Sequence[Check], options: str, *, gone: bool = False
) -> Iterator[str]:
    name = quote(claim)
    asked = f"{name} {options}".rstrip()
    for check in checks:
        if check.way == "orphaned":
            again = f"add the scale {check.scale} to the claim again"
            if gone:
                again = "bring the claim's file back"
            yield f"{again}, or withdraw the verdict:"
            yield f'cbspec withdraw {name} --scale {quote(check.scale)} --reason "..."'
    if {check.way for check in checks if check.failed} == {"orphaned"}:
        return
    yield f"cbspec explain {asked}   {_CHANGED.format('s')}"
    in_doubt = dict.fromkeys(check.scale for check in checks if check.way == "in doubt")
    for scale in in_doubt:
        yield f"cbspec run {name} --scale {scale}   (to compute the verdict again)"
    if in_doubt:
        yield _TAKE.format(": the verdicts are superseded until then")
    if any(check.way == "judged otherwise" for check in checks):
        right = "(if the edit is right: the verdict that its evidence gives)"
        yield f'cbspec accept {name} --reason "..."   {right}'
