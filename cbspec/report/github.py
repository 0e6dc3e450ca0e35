"""GitHub's workflow commands: a failed claim is marked on its YAML line, and on the definition
whose change made it fail.
"""

from collections.abc import Sequence

from cbspec.model.edit import Edit
from cbspec.report.count import failed_canaries
from cbspec.report.failure import canary_text, doubt_text, failure_text
from cbspec.report.record import Record, Run, ranked


def annotations(run: Run) -> list[str]:
    """Return one error per failed claim, most urgent first, then one warning per changed definition
    with its claims.
    """
    failed = [record for record in ranked(run.records) if record.outcome.kind == "failed"]
    lines = [_claim(record) for record in failed]
    touched: dict[Edit, list[str]] = {}
    for record in failed:
        for edit in record.edits:
            touched.setdefault(edit, []).append(f"{record.claim}: {record.comparison.headline}")
    for upheld in run.upheld:
        if upheld.doubted:
            text = doubt_text(upheld)
            way = next(check.way for check in upheld.checks if check.failed)
            lines.append(
                command(
                    "error",
                    text,
                    file=upheld.path,
                    line=upheld.line,
                    title=f"{upheld.claim}: {way}",
                )
            )
            for edit in dict.fromkeys(edit for check in upheld.checks for edit in check.edits):
                touched.setdefault(edit, []).append(f"{upheld.claim}: in doubt")
    for check in failed_canaries(run):
        text = canary_text(check)
        lines.append(
            command(
                "error",
                text,
                file=check.path,
                line=check.line,
                title=f"{check.claim}: {check.text}",
            )
        )
        for edit in check.edits:
            touched.setdefault(edit, []).append(f"{check.claim}: canary {check.state}")
    for each in run.broken:
        title = f"{each.claim}: no verdict"
        lines.append(command("error", each.reason, file=each.path, line=each.line, title=title))
    return lines + [_definition(edit, claims) for edit, claims in touched.items()]


def command(name: str, message: str, **properties: str | int) -> str:
    """``::name key=value,...::message`` with GitHub's escapes, one line whatever the texts hold."""
    listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{name} {listed}::{_data(message)}"


def _claim(record: Record) -> str:
    quoted = {quote.key: quote for quote in record.quotes}
    quote = next(
        (quoted[finding.key] for finding in record.implicated if finding.key in quoted), None
    )
    path, line = (quote.path, quote.line) if quote else (record.path, record.line)
    title = f"{record.claim}: {record.comparison.headline}"
    return command("error", failure_text(record), file=path, line=line, title=title)


def _definition(edit: Edit, claims: Sequence[str]) -> str:
    listed = "\n".join(claims)
    title = f"{edit.definition} {edit.what}: {len(claims)} claim{'s' if len(claims) > 1 else ''} with it"
    return command(
        "warning", f"stage {edit.stage}\n{listed}", file=edit.path, line=edit.line, title=title
    )


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
