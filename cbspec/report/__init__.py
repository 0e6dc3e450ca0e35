"""Reports of a run for people: the closing table, failure texts, pages and GitHub's annotations."""

from cbspec.model.edit import Edit
from cbspec.report.about import about
from cbspec.report.check import Check, Upheld, doubts, standing
from cbspec.report.count import canaries_counted, counted, doubts_listed, noise_counted
from cbspec.report.encoding import decode, encode
from cbspec.report.failure import canary_text, doubt_text, failure_text
from cbspec.report.github import annotations, capped
from cbspec.report.page import job_summary, markdown
from cbspec.report.record import Record, record_of
from cbspec.report.run import Run, Skipped, ranked, run_of
from cbspec.report.table import summary_table
from cbspec.report.trace import Curve, Look, RunTrace, StageUse
from cbspec.report.writing import write_pages

__all__ = [
    "Check",
    "Curve",
    "Edit",
    "Look",
    "Record",
    "Run",
    "RunTrace",
    "Skipped",
    "StageUse",
    "Upheld",
    "about",
    "annotations",
    "canaries_counted",
    "canary_text",
    "capped",
    "counted",
    "decode",
    "doubt_text",
    "doubts",
    "doubts_listed",
    "encode",
    "failure_text",
    "job_summary",
    "markdown",
    "noise_counted",
    "ranked",
    "record_of",
    "run_of",
    "standing",
    "summary_table",
    "write_pages",
]
