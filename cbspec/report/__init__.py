"""What people read of a run: the closing table, the text of a failure, the pages, GitHub's annotations and job summary."""

from cbspec.report.failure import effect_text, failure_text
from cbspec.report.github import annotations
from cbspec.report.page import job_summary, markdown, write_pages
from cbspec.report.quote import Quote
from cbspec.report.record import Edit, Record, Run, Skipped, decode, encode, record_of
from cbspec.report.table import ranked, summary_table

__all__ = [
    "Edit",
    "Quote",
    "Record",
    "Run",
    "Skipped",
    "annotations",
    "decode",
    "effect_text",
    "encode",
    "failure_text",
    "job_summary",
    "markdown",
    "ranked",
    "record_of",
    "summary_table",
    "write_pages",
]
