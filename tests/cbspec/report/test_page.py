from __future__ import annotations

import html
import json
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbspec.claim import Quarantine
from cbspec.errors import LedgerError
from cbspec.model.visible import visible
from cbspec.report import Run, Skipped, decode, encode, job_summary, markdown, write_pages
from cbspec.report.template import escaped

PAGE = """\
# Claims

2 claims at scale `quick` on cpu: 1 refuted, 1 holds; 1 skipped.
2026-01-02, commit 3f2a1c0000, torch 2.11,
12.5 s on 4 workers.

3 findings: 2 recomputed, 0 by record (0 code unchanged, 0 canary equal), 1 unchecked, 0 in doubt, 0 never run. \
Fresh seeds alone would change 0.0 of 2 verdicts.

## Changed since the record

- **6A.a** Gamma orders the estimators: flip: holds -> refuted. assert[0]: vec lies below dfa. (claims/6A.a.yaml:1)
  - changed: fit (engine/credit/vector.py:31, stage vector_field)

## All claims

| claim | verdict | effect | estimate [interval] | memo | vs ledger | s |
|---|---|---|---|---|---|---|
| 6A.a | refuted | vec - dfa of gamma | -0.020 [-0.032, -0.008] | 0.369 | flip (was holds) | 1.2 |
| 8.a | holds | vec - dfa of gamma | 0.369 [0.310, 0.430] | 0.369 | drift | 1.2 |

## 6A.a: Gamma orders the estimators

claims/6A.a.yaml:1. Phase 6A, active. Memo: phase 6A.
**refuted**: assert[0]: vec lies below dfa.
Seeds 42, 123, 456. The same verdict again: probability 0.99. Ledger: flip: holds -> refuted.

- `assert[0]` order: **refuted** (p = 0.99; p = 0.01 against). vec lies below dfa.

  | effect | estimate [interval] | unit | memo | p | n |
  |---|---|---|---|---|---|
  | vec - dfa of gamma | -0.020 [-0.032, -0.008] | cosine | 0.369 | 0.99 | 3 |

- `assert[1]` sign: **holds** (p = 0.0012; p = 1 against). vec > 0.

  | effect | estimate [interval] | unit | memo | p | n |
  |---|---|---|---|---|---|
  | vec of rho | 0.369 [0.310, 0.430] | cosine |  | 0.0012 | 3 |

## 8.a: Gamma orders the estimators

claims/6A.a.yaml:1. Phase 6A, active. Memo: phase 6A.
**holds**: it holds.
Seeds 42, 123, 456. The same verdict again: probability 0.99. Ledger: drift: holds.

- `assert[0]` order: **holds** (p = 0.0012; p = 1 against). vec exceeds dfa.

  | effect | estimate [interval] | unit | memo | p | n |
  |---|---|---|---|---|---|
  | vec - dfa of gamma | 0.369 [0.310, 0.430] | cosine | 0.369 | 0.0012 | 3 |

Controls:

- `controls[0]` sign: **holds** (p = 0.0012; p = 1 against). vec > 0.

  | effect | estimate [interval] | unit | memo | p | n |
  |---|---|---|---|---|---|
  | vec - dfa of gamma | 0.369 [0.310, 0.430] | cosine | 0.369 | 0.0012 | 3 |

## Skipped

- **9.a** Later: not decidable at quick (claims/9.yaml:3)
"""


@pytest.fixture(scope="module")
def run(run_of, record, finding, flipped) -> Run:
    """A flip, a claim as recorded with a control, and a skipped one."""
    control = finding(key="controls[0]", kind="sign", reason="vec > 0")
    plain = record(old="holds", id="8.a", findings=(finding(),), controls=(control,))
    skipped = Skipped(
        claim="9.a", title="Later", path="claims/9.yaml", line=3, reason="not decidable at quick"
    )
    return run_of(plain, flipped, skipped=(skipped,))


def test_page(run):
    """The page has what changed first, then a table of all, then every finding of every claim, and
    what was skipped.
    """
    assert markdown(run) == PAGE


def test_job_summary(run):
    """The summary of a job is headed by the number of changes, names the changed definition, and
    folds the table away.
    """
    lines = job_summary(run).splitlines()

    assert lines[0] == "## Claims: 1 changed"
    assert "  - changed: fit (engine/credit/vector.py:31, stage vector_field)" in lines
    assert lines.index("<details><summary>All claims</summary>") < lines.index(
        PAGE.splitlines()[16]
    )
    assert lines[-1] == "</details>"


@pytest.mark.parametrize(
    ("verdict", "old", "head"), [("holds", "holds", "as recorded"), ("refuted", None, "1 failed")]
)
def test_head_of_a_job_summary(run_of, record, verdict, old, head):
    """The head says whether all is as recorded, and else how many claims failed."""
    assert job_summary(run_of(record(verdict, old=old))).splitlines()[0] == f"## Claims: {head}"


def test_pages_are_written(run, tmp_path):
    """Both pages are written, and the JSON one reads back as the run."""
    data, page = write_pages(run, tmp_path / "reports")

    assert page.read_text() == PAGE
    assert decode(data.read_text(), Run) == run
    assert sorted(file.name for file in (tmp_path / "reports").iterdir()) == [
        "latest.json",
        "latest.md",
    ]


def test_json_page_is_strict_json(run_of, record, finding, effect, tmp_path):
    """Floats that are not finite are spelled out, so that any JSON reader can read the page."""
    odd = finding(effects=(effect(low=float("-inf"), high=float("inf"), p=float("nan")),))
    path, _ = write_pages(run_of(record(findings=(odd,))), tmp_path)

    def refuse(constant):
        raise AssertionError(constant)

    [found] = json.loads(path.read_text(), parse_constant=refuse)["records"][0]["judgement"][
        "findings"
    ][0]["effects"]
    assert (found["low"], found["high"], found["p"]) == ("-inf", "inf", "nan")


def test_unwritable_folder_is_an_error(run, tmp_path):
    """A file in the place of the reports folder is told, not raised as a traceback."""
    (tmp_path / "reports").write_text("")

    with pytest.raises(LedgerError, match="cannot be written"):
        write_pages(run, tmp_path / "reports")


NASTY = "a|b\n| c `d` *e* <script> [f](g) _h_ vec_m4 50% ~i~ \\"


def test_markup_in_texts_is_shown_as_it_is(run_of, record):
    """Pipes, newlines and markup in titles and reasons neither break the table nor mark up."""
    page = markdown(run_of(record("refuted", id="x|y", title=NASTY, reason=NASTY)))

    plain = r"a\|b \| c \`d\` \*e\* &lt;script> [f]\(g) \_h\_ vec_m4 50% \~i\~ \\"
    assert f"## x\\|y: {plain}\n" in page
    assert f"**refuted**: {plain}.\n" in page
    assert {
        len(re.findall(r"(?<!\\)\|", line)) for line in page.splitlines() if line.startswith("|")
    } == {8}


@given(text=st.text())
def test_escaping_loses_nothing(text):
    """What a Markdown reader makes of an escaped text is the text on one line, with nothing hidden."""
    shown = html.unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", escaped(text)))

    assert shown == html.unescape(visible(" ".join(text.split())).replace("&", "&amp;"))


@given(
    text=st.text(), floats=st.lists(st.floats(), min_size=4, max_size=4), n=st.integers(0, 2**53)
)
def test_records_travel_as_json(record, finding, effect, text, floats, n):
    """Any record is the same after JSON, also with floats that JSON has no word for."""
    estimate, low, high, p = floats
    odd = finding(
        reason=text,
        effects=(effect(label=text, estimate=estimate, low=low, high=high, p=p, n=n),),
    )
    sent = record("refuted", old="holds", title=text, findings=(odd,))

    received = decode(encode(sent), type(sent))

    assert repr(received) == repr(sent)
    assert encode(received) == encode(sent)


def test_quarantines_are_told(run_of, record):
    """A claim in quarantine has its owner, last day and reason beside its verdict, one whose
    quarantine is over also among the failures.
    """
    excused = record(
        "refuted", old="holds", quarantine=Quarantine("Ada", "it is mended", "2099-01-01")
    )
    over = record(id="1.b", old="holds", quarantine=Quarantine("Eve", "later", "2026-01-01"))
    lines = markdown(run_of(excused, over)).splitlines()

    assert lines.count("  - in quarantine until 2099-01-01 (Ada): it is mended") == 1
    assert lines.count("- in quarantine until 2099-01-01 (Ada): it is mended") == 1
    failures = lines[lines.index("## Other failures") : lines.index("## All claims")]
    assert failures[2].startswith("- **1.b** Gamma orders the estimators: same: holds.")
    assert failures[3] == "  - **quarantine ended 2026-01-01** (Eve): later"
    assert lines.count("- **quarantine ended 2026-01-01** (Eve): later") == 1


def test_a_report_nested_beyond_measure_is_none():
    """Text that no run wrote is refused however deeply it is nested."""
    with pytest.raises(msgspec.ValidationError, match="nested too deeply"):
        decode("[" * 100_000 + "]" * 100_000, Run)
