"""The HTML report of a run: one file that opens in a browser."""

from __future__ import annotations

from cbspec.config import Config
from cbspec.report.run import Run


class HtmlPage:
    """A page with every claim's effects, seeds, curves, history and source.

    Args:
        config: the project, whose record and claim files are shown beside the run.
    """

    file = "latest.html"

    def __init__(self, config: Config) -> None:
        self._config = config

    def render(self, run: Run) -> str:
        """Return the page.

        Raises:
            LedgerError: the record is damaged.
        """
        from cbspec.report.html import of_run, page  # jinja2's templates, once a run is over

        return page(of_run(run, self._config))
