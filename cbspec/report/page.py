"""The pages of a run for people, and the summary of a GitHub job."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from cbspec.report.count import canaries_counted, counted, failed_canaries, noise_counted
from cbspec.report.run import Run, ranked
from cbspec.report.table import COLUMNS, row
from cbspec.report.template import environment, tidy

_FOLDER = Path(__file__).parent


def markdown(run: Run) -> str:
    """The whole run: changed verdicts first, the table, a section per claim with every finding."""
    return _rendered("latest.md.j2", run)


def job_summary(run: Run) -> str:
    """The same, short: changed verdicts and other failures, then the table folded away. For
    ``$GITHUB_STEP_SUMMARY``.
    """
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
