"""GitHub's workflow commands: a failed claim is marked on its YAML line, and on the definition whose change made it fail."""

from collections.abc import Sequence

from cbspec.report.failure import failure_text
from cbspec.report.record import Edit, Record, Skipped
from cbspec.report.table import ranked


def annotations(records: Sequence[Record], broken: Sequence[Skipped] = ()) -> list[str]:
    """One error per failed claim, in order of urgency, then one warning per changed definition naming the claims it touches."""
    failed = [record for record in ranked(records) if record.outcome.kind == "failed"]
    touched: dict[Edit, list[Record]] = {}
    for record in failed:
        for edit in record.edits:
            touched.setdefault(edit, []).append(record)
    return (
        [_claim(record) for record in failed]
        + [command("error", each.reason, file=each.path, line=each.line, title=f"{each.claim}: no verdict") for each in broken]
        + [_definition(edit, touched[edit]) for edit in touched]
    )


def command(name: str, message: str, **properties: str | int) -> str:
    """``::name key=value,...::message`` with GitHub's escapes, one line whatever the texts hold."""
    listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{name} {listed}::{_data(message)}"


def _claim(record: Record) -> str:
    quoted = {quote.key: quote for quote in record.quotes}
    quote = next((quoted[finding.key] for finding in record.implicated if finding.key in quoted), None)
    path, line = (quote.path, quote.line) if quote else (record.path, record.line)
    title = f"{record.claim}: {record.comparison.headline}"
    return command("error", failure_text(record), file=path, line=line, title=title)


def _definition(edit: Edit, records: Sequence[Record]) -> str:
    listed = "\n".join(f"{record.claim}: {record.comparison.headline}" for record in records)
    title = f"{edit.definition} {edit.what}: {len(records)} claim{'s' if len(records) > 1 else ''} with it"
    return command("warning", f"stage {edit.stage}\n{listed}", file=edit.path, line=edit.line, title=title)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
