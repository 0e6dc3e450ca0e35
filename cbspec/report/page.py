"""The Markdown page of a run, and the summary of a GitHub job."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from cbspec.report.count import canaries_counted, counted, failed_canaries, noise_counted
from cbspec.report.run import Run, ranked
from cbspec.report.table import COLUMNS, row
from cbspec.report.template import environment, tidy

_FOLDER = Path(__file__).parent


def markdown(run: Run) -> str:
    """Return the page: changed verdicts, then the table, then a section for each claim."""
    return _rendered("latest.md.j2", run)


def job_summary(run: Run) -> str:
    """Return the summary for ``$GITHUB_STEP_SUMMARY``: changes and failures, and a folded table."""
    return _rendered("job_summary.md.j2", run)


def _rendered(template: str, run: Run) -> str:
    records = ranked(run.records)
    page = environment(_FOLDER, row=row).get_template(template)
    text = page.render(
        run=run,
        records=records,
        canaries=failed_canaries(run),
        counted=counted(run),
        noise_counted=noise_counted(run),
        canaries_counted=canaries_counted(run),
        verdicts=Counter(record.judgement.verdict for record in records),
        columns=COLUMNS,
    )
    return tidy(text)
