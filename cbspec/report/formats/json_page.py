"""The JSON report of a run, for programs."""

from __future__ import annotations

from cbspec.committed.writing import dumps
from cbspec.model.visible import visible
from cbspec.report.encoding import builtins
from cbspec.report.run import Run


class JsonPage:
    """Everything that a run says as strict JSON, which `cbspec.report.decode` reads back."""

    file = "latest.json"

    def render(self, run: Run) -> str:
        """Return the page."""
        return visible(dumps(builtins(run)), keep="\n")
