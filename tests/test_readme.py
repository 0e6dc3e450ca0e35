"""What the README shows of a run is what the ledger has."""

import doctest
import re
from pathlib import Path

from cbspec.ledger import Ledger
from cbspec.ledger.notation import interval, number

ROOT = Path(__file__).parents[1]


def reported(effect):
    """The memo's figure, where there is one."""
    return [] if effect.reported is None else [number(effect.reported)]


def test_sample_table_is_on_record():
    """Each line of the table under 'What you see' has verdict, effect, figures and the memo's
    figure as the ledger has them.
    """
    record = Ledger.load(ROOT / "reports" / "ledger.json")
    table = (
        (ROOT / "README.md")
        .read_text()
        .partition(" claims at scale quick on cpu ")[2]
        .partition("report: ")[0]
    )
    shown = {tuple(re.split(r"  +", line)) for line in table.splitlines()[3:]}
    stored = {
        (
            entry.claim,
            entry.verdict,
            f"{effect.label} of {effect.measure}",
            interval(effect),
            *reported(effect),
            "same",
        )
        for entry in record.entries.values()
        if (entry.scale, entry.device) == ("quick", "cpu")
        for recorded in entry.assertions
        for effect in recorded.effects
    }

    assert len(shown) >= 3
    assert shown <= stored


def test_python_example_runs(monkeypatch):
    """The session under 'Use it from Python' prints what the page says."""
    monkeypatch.chdir(ROOT)
    page = (ROOT / "README.md").read_text()
    session = page.partition("```python\n")[2].partition("```")[0]
    example = doctest.DocTestParser().get_doctest(session, {}, "README.md", "README.md", 0)

    assert len(example.examples) >= 4
    assert doctest.DocTestRunner().run(example).failed == 0
