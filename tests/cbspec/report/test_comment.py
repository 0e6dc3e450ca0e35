"""A run as one comment on a pull request."""

import pytest

from cbspec.claim import Quarantine
from cbspec.config import Config
from cbspec.report.comment import LARGEST, MARKER, comment, text_plot
from cbspec.report.html.strip import DrawnInterval, Strip

STRIP = Strip(
    ours=DrawnInterval(20, 40, 60),
    memo=100,
    zero=None,
    shaded=(80, 116),
    bounds=(80,),
    before=None,
)


@pytest.fixture
def project(root):
    return Config(root)


def test_flips_come_first(run_of, flipped, record, project):
    """The first line marks the comment; then what turned, with the plot as a link to the claim's
    part of the report, then the rest folded away with how each was checked.
    """
    text = comment(run_of(record(id="1.b", old="holds"), flipped), project, "https://host/page")

    assert text.startswith(f"{MARKER}\n## Claims: 1 needs a look\n")
    assert "### 6A.a: flip" in text
    assert "~~holds~~ → **refuted** at quick, recomputed" in text
    assert "](https://host/page#claim-6A.a)" in text
    assert "engine/credit/vector.py:31: fit" in text
    assert "| [1.b](https://host/page#claim-1.b) | **holds** at quick |" in text
    assert text.index("### 6A.a") < text.index("<details>")


def test_without_a_page_nothing_is_linked(run_of, flipped, project):
    """Where the report is nowhere to be opened, the plots stand by themselves."""
    text = comment(run_of(flipped), project)

    assert "](" not in text
    assert "●" in text


def test_a_comment_fits(run_of, record, flipped, project):
    """Hundreds of claims with long reasons are cut to what a comment may hold, as-recorded ones
    first, and the rest is counted.
    """
    many = [record(id=f"1.{index}", old="holds", reason="x" * 2000) for index in range(150)]
    loud = [
        record("refuted", old="holds", id=f"2.{index}", reason="y" * 1500) for index in range(150)
    ]
    text = comment(run_of(*many, *loud), project)

    assert len(text.encode()) <= LARGEST
    assert text.count("### 2.") > 10
    left_out = 300 - text.count("### 2.") - text.count("\\n| 1.")
    assert f"And {left_out} more in the report." in text


def test_texts_mark_up_nothing(run_of, record, project):
    """A title with markup, a table's bars, backticks and escapes is shown as it is."""
    title = "<script>`x`|y \x1b[31m ::error::"
    text = comment(run_of(record("refuted", old="holds", title=title)), project)

    assert "&lt;script>\\`x\\`\\|y \\\\u001b[31m ::error::" in text


def test_a_plot_of_characters():
    """Interval, estimate, memo's value and bound stand where they lie on the axis."""
    assert text_plot(STRIP) == "···━━━━●━━━···┆··◇···"
    assert text_plot(None) == ""


def test_quarantines_are_marked(run_of, record, project):
    """A claim in quarantine that turned needs no look and is listed with owner, last day and reason;
    one whose quarantine is over needs one and says so in bold.
    """
    excused = record(
        "refuted", old="holds", quarantine=Quarantine("Ada", "it is *mended*", "9999-01-01")
    )
    over = record(id="1.b", old="holds", quarantine=Quarantine("Eve", "later", "2001-01-01"))
    text = comment(run_of(excused, over), project)
    alone = comment(run_of(excused), project)

    assert text.startswith(f"{MARKER}\n## Claims: 1 needs a look\n")
    assert "### 1.b: overdue" in text
    assert "; **quarantine ended 2001-01-01 (Eve)**: later" in text
    assert text.index("### Changed, but excused") < text.index(
        "- 6A.a Gamma orders the estimators: flip, ~~holds~~ → **refuted** at quick; in quarantine "
        "until 9999-01-01 (Ada): it is \\*mended\\*"
    )
    assert alone.startswith(f"{MARKER}\n## Claims: nothing fails, 1 changed\n")
    assert "need no look" not in text
