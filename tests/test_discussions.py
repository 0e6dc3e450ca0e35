"""What the claims' discussions say of the record is what is on record."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

from cbspec import catalog
from cbspec.claim import base
from cbspec.config import load as settings
from cbspec.language import load
from cbspec.ledger import Entry, Ledger
from cbspec.ledger.notation import number

ROOT = Path(__file__).parent.parent

INTERVAL = re.compile(r"(?:([\d.]+) % CI )?\[(-?[\d.]+), (-?[\d.]+)\]")
NOT_RUN = re.compile(r"(\w+) scale: not run since", re.IGNORECASE)


@pytest.fixture(scope="module")
def discussions() -> dict[str, str]:
    """The id of each claim file -> its discussion."""
    claims = load([ROOT / "claims"], catalog=catalog.load(settings(ROOT)), scale="memo")
    return {base(claim.id): claim.discussion for claim in claims}


@pytest.fixture(scope="module")
def recorded() -> dict[str, list[Entry]]:
    """The id of each claim file -> its verdicts on record."""
    entries = defaultdict(list)
    for entry in Ledger.load(ROOT / "reports" / "ledger.json"):
        entries[base(entry.claim)].append(entry)
    return entries


def has_interval(entry: Entry, level: str, low: str, high: str) -> bool:
    """Tell whether an effect of `entry` has this interval to the printed digits, in either direction."""
    places = len(low.partition(".")[2])
    for assertion in (*entry.assertions, *entry.controls):
        for effect in assertion.effects:
            if effect.low is None or effect.high is None:
                continue
            if level and f"{100 * effect.confidence:.3g}" != level:
                continue
            ends = number(effect.low, places), number(effect.high, places)
            reversed_ends = number(-effect.high, places), number(-effect.low, places)
            if (low, high) in (ends, reversed_ends):
                return True
    return False


def test_an_interval_in_brackets_is_on_record(discussions, recorded):
    """Each is that of an effect of the claim, at the level named before it; one that only a
    superseded verdict has is not shown as if it stood.
    """
    astray = []
    for claim, discussion in discussions.items():
        for level, low, high in INTERVAL.findall(discussion):
            found = [entry for entry in recorded[claim] if has_interval(entry, level, low, high)]
            stands = any(entry.doubt != "superseded" for entry in found)
            if not found or not (stands or "superseded" in discussion):
                astray.append(f"{claim}: [{low}, {high}]")

    assert astray == []


def test_a_scale_said_not_to_be_run_has_no_verdict_that_stands(discussions, recorded):
    """A discussion that says "not run since" is edited after the claim was run again."""
    run = []
    for claim, discussion in discussions.items():
        for scale in NOT_RUN.findall(discussion):
            for entry in recorded[claim]:
                if entry.scale == scale.lower() and entry.doubt != "superseded":
                    run.append(f"{claim} at {scale}")

    assert run == []


def test_a_discussion_names_both_devices_where_their_verdicts_differ(discussions, recorded):
    """The reader of two verdicts at one scale is told of both."""
    silent = []
    for claim, discussion in discussions.items():
        verdicts = defaultdict(set)
        for entry in recorded[claim]:
            if entry.doubt != "superseded":
                verdicts[entry.claim, entry.scale].add(entry.verdict)
        differ = any(len(reached) > 1 for reached in verdicts.values())
        if differ and not ("CPU" in discussion and "GPU" in discussion):
            silent.append(claim)

    assert silent == []
