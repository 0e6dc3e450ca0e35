"""The Markdown report of a run."""

from __future__ import annotations

from cbspec.report.page import markdown
from cbspec.report.run import Run


class MarkdownPage:
    """What changed first, then the table, then a section for each claim with every finding."""

    file = "latest.md"

    def render(self, run: Run) -> str:
        """Return the page."""
        return markdown(run)
