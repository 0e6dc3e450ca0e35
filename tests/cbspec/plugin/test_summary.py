"""What the closing lines of a run tell, from the reports of its claims alone."""

import pytest

from cbspec.config import Config
from cbspec.execution.numerics import Numerics
from cbspec.plugin.summary import RunSummary


class Terminal:
    """Keeps the lines that a run ends with."""

    hasmarkup = False

    def __init__(self):
        self.lines = []

    def section(self, title):
        self.lines.append(title)

    def write_line(self, line):
        self.lines.append(line)


def test_claims_are_counted_where_none_was_judged(project):
    """If every worker is killed, the run still ends with the count of what was asked for."""
    summary = RunSummary(
        project.root, Config(project.root), "quick", Numerics(device="cpu", torch="2.11")
    )
    for name in ("1.a", "1.b"):
        place = f"claims/light.yaml::{name}"
        crash = f"worker 'gw0' crashed while running '{place}'"
        summary.take(pytest.TestReport(place, ("", 0, ""), {}, "failed", crash, "???"))
    terminal = Terminal()

    summary.summarise(terminal, project.root)

    assert terminal.lines[:2] == [
        "claims at scale quick on cpu",
        "2 findings: 0 recomputed, 0 by record (0 code unchanged, 0 canary equal), "
        "0 in doubt, 0 never run, 2 without a verdict",
    ]
