"""Every finding of the memos is a claim, and what took a finding back says so on both sides."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cbspec import catalog
from cbspec.claim import Claim
from cbspec.cli import main
from cbspec.config import load as settings
from cbspec.language import load
from cbspec.ledger import NoiseRecord

ROOT = Path(__file__).parent.parent

_LETTERS = {
    "1": "abcdef", "2": "a", "3": "abcdef",
    "4A": "abc", "4B": "abc", "4C": "abc", "5A": "a", "5B": "a", "5C": "a",
    "6A": "ab", "6C": "a", "6.5A": "abc", "7A": "abcdefg", "8": "abc",
    "9A": "abcd", "10A": "abc", "10A5": "abcdef", "10A6": "abcdef",
    "F": "1234", "N": "abcd",
}  # fmt: skip
FINDINGS = {f"{phase}.{letter}" for phase, letters in _LETTERS.items() for letter in letters}
"""The rows of the table of findings: what the memos and the commit log report, the figures, the
open questions.
"""


@pytest.fixture(scope="module", params=["quick", "memo"])
def claims(request: pytest.FixtureRequest) -> tuple[Claim, ...]:
    """The project's claims at one scale."""
    return load([ROOT / "claims"], catalog=catalog.load(settings(ROOT)), scale=request.param)


def finding(claim: str) -> str:
    """The finding that a claim is of: its id without the matrix cell and without a word that sets
    memo-scale cells apart.
    """
    base = claim.partition("[")[0]
    return base if base in FINDINGS else base.rpartition(".")[0]


def test_every_finding_has_a_claim_and_every_claim_a_finding(claims: tuple[Claim, ...]) -> None:
    """The findings that claims are of are exactly those that the memos report."""
    assert {finding(claim.id) for claim in claims} == FINDINGS


def test_every_claim_can_be_decided_at_the_memos_own_scale(claims: tuple[Claim, ...]) -> None:
    """No claim is given up at the scale at which it was reported."""
    assert [claim.id for claim in claims if "memo" not in claim.decidable] == []


def test_what_retracts_a_claim_says_that_it_revises_it(claims: tuple[Claim, ...]) -> None:
    """The two ends of a retraction name each other."""
    taken_back = {(claim.id, other) for claim in claims for other in claim.retracted_by}
    assert taken_back == {("6A.b", "6.5A.a"), ("7A.g", "8.a"), ("9A.d", "10A.b")}
    revised = {(other, claim.id) for claim in claims for other in claim.revises}
    assert taken_back <= revised


def test_open_questions_are_those_that_the_memos_never_ran(claims: tuple[Claim, ...]) -> None:
    """Only the recommended next steps have the status of an open question."""
    assert {claim.id for claim in claims if claim.status == "open-question"} == {
        "N.a",
        "N.b",
        "N.c",
        "N.d",
    }


def test_the_noise_on_record_is_that_of_evidence_and_canary(tmp_path, monkeypatch):
    """After a verdict was accepted, or the canary calibrated, `cbspec calibrate` has to run again."""
    reports = tmp_path / "reports"
    shutil.copytree(ROOT / "reports", reports)
    monkeypatch.setenv("CBSPEC_REPORTS", str(reports))
    monkeypatch.chdir(ROOT)

    done = CliRunner().invoke(main, ["calibrate"])

    assert done.exit_code == 0, done.output
    derived = NoiseRecord.load(reports / "noise.json")
    assert derived.measures == NoiseRecord.load(ROOT / "reports" / "noise.json").measures


def test_the_record_is_judged_from_evidence_without_torch():
    """Every verdict with evidence comes out as recorded, all at quick scale have it, and neither
    torch nor an implementation of the engine is loaded.
    """
    script = (
        "import sys\n"
        "from cbspec.cli import main\n"
        "main(['judge', '--json'], standalone_mode=False)\n"
        "assert 'torch' not in sys.modules and 'engine.nets' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    judged = json.loads(done.stdout)
    evident = [verdict for verdict in judged if verdict["comparison"]]

    assert {verdict["comparison"]["change"] for verdict in evident} == {"same"}
    quick = {
        verdict["claim"]
        for verdict in judged
        if (verdict["scale"], verdict["device"]) == ("quick", "cpu")
    }
    assert quick == {
        verdict["claim"]
        for verdict in evident
        if (verdict["scale"], verdict["device"]) == ("quick", "cpu")
    }
    assert len(quick) >= 22
