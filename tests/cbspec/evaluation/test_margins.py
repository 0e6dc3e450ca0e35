from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace
from scipy import stats

from cbspec.catalog import Catalog
from cbspec.claim import Claim
from cbspec.errors import Diagnostic
from cbspec.evaluation.margins import undecidable
from cbspec.judge import Sample, judge
from cbspec.language import load_file
from cbspec.ledger import Entry, Ledger, NoiseRecord, Provenance, entry_of
from cbspec.ledger.measured_noise import MeasureNoise, SeedNoise
from tests.labs.garden import STAGES
from tests.support.claim_text import DEFAULTS

CATALOG = Catalog(STAGES, "lab.catalog")
SEEDS = (1, 2, 3, 4, 5, 6)
SPREAD = 0.01
NARROW = "{kind: equivalence, measure: height, arms: [dark, bright], margin: 0.002}"
WIDE = NARROW.replace("0.002", "0.05")
ORDER = "{kind: order, measure: height, arms: [dark, bright], direction: ascending}"

CLAIM = """\
id: 1.a
title: Light makes no difference
phase: 1A
status: active
source: {memo: gardening log, figures: {}}
experiment: plant
arms:
  dark: {light: 2.0}
  bright: {light: 8.0}
seeds: [1, 2, 3, 4, 5, 6]
assert:
  - NARROW
scales: [quick, memo]
"""

Claimed = Callable[..., Claim]


@pytest.fixture
def claimed(tmp_path: Path) -> Claimed:
    """The claim after replacements of its text, at a scale."""

    def claim(*edits: tuple[str, str], scale: str = "quick") -> Claim:
        text = CLAIM
        for old, new in edits:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "claims" / "1.a.yaml"
        path.parent.mkdir(exist_ok=True)
        (path.parent / "defaults.yaml").write_text(DEFAULTS)
        path.write_text(text.replace("NARROW", NARROW))
        return load_file(path, catalog=CATALOG, scale=scale)[0]

    return claim


def recorded(claim: Claim, mean: float = 0.0, spread: float = SPREAD, n: int = 6) -> Entry:
    """The entry of the claim judged where the arms differ by `mean`, varying by `spread` over an
    even number of seeds.
    """
    step = spread * math.sqrt((n - 1) / n)
    differences = [mean + step * (-1) ** i for i in range(n)]
    dark = [1.0 + 0.1 * i for i in range(n)]
    bright = [height + difference for height, difference in zip(dark, differences, strict=True)]
    samples = {"dark": dark, "bright": bright}
    table = {(arm, "height"): Sample(values, SEEDS[:n]) for arm, values in samples.items()}
    provenance = Provenance(commit=None, dirty=False, torch="2.11", date="2026-01-02")
    return entry_of(claim, judge(claim, table), device="cpu", code={}, provenance=provenance)


def refused(claim: Claim, *entries: Entry) -> tuple[Diagnostic, ...]:
    return undecidable([claim], Ledger(entries))


def test_a_margin_out_of_reach_names_the_seeds(claimed: Claimed) -> None:
    """A margin of 0.002 with 0.01 on record at six seeds is refused at its line, with the seeds of
    the closed form.
    """
    claim = claimed()
    normal = (
        SPREAD / 0.002 * (stats.norm.ppf(0.95) + stats.norm.ppf(0.9))
    ) ** 2  # power 0.8 at no difference

    (mistake,) = refused(claim, recorded(claim))

    assert (mistake.key, mistake.line) == ("assert[0]", f"  - {NARROW}")
    assert (mistake.origin.line, mistake.origin.column) == (12, 5)
    assert mistake.message.startswith(
        "6 seeds can never show bright - dark to lie within 0.002 of 0 where it varies by 0.01 "
    )
    assert f"(they reach {stats.t.ppf(0.95, 5) * SPREAD / 6**0.5:.2g} at best)" in mistake.message
    needed = re.search(r"about (\d+) seeds are needed", mistake.message)
    assert needed is not None
    assert normal <= int(needed[1]) <= normal + 3


@pytest.mark.parametrize(("margin", "count"), [(NARROW, 1), (WIDE, 0)])
def test_without_a_verdict_the_noise_on_record_tells(
    claimed: Claimed, margin: str, count: int
) -> None:
    """A claim that never ran is held to the least that differences of its measure have shown; at
    another scale, or where the claim has a record of its own, noise says nothing.
    """
    known = SeedNoise(
        scale="quick",
        device="cpu",
        sd=1.0,
        arms=4,
        values=24,
        least_difference=SPREAD,
        differences=6,
    )
    height = MeasureNoise(measure="height", unit="cm", seeds=(known,))
    noise = NoiseRecord(date="2026-01-02", measures=(height,))
    claim, elsewhere = claimed(("NARROW", margin)), claimed(("NARROW", margin), scale="memo")

    mistakes = undecidable([claim], Ledger(()), noise)

    assert len(mistakes) == count
    for mistake in mistakes:
        assert "within 0.002 of 0 where it varies by 0.01" in mistake.message
        assert mistake.message.endswith("(noise on record at scale quick)")
    assert undecidable([elsewhere], Ledger(()), noise) == ()
    assert undecidable([claim], Ledger([recorded(claim, spread=0.0001)]), noise) == ()


def test_a_margin_within_reach(claimed: Claimed) -> None:
    """At 0.05 the same spread refuses nothing."""
    claim = claimed(("NARROW", WIDE))

    assert refused(claim, recorded(claim)) == ()


@pytest.mark.parametrize(
    "record", ["none", "another scale", "without spread", "another stage call"]
)
def test_no_spread_on_record(claimed: Claimed, record: str) -> None:
    """Nothing is refused without a spread of the same arms at the same scale; ledgers from before
    it was kept have none.
    """
    entry = recorded(claimed())
    bare = tuple(
        replace(each, effects=tuple(replace(effect, spread=None) for effect in each.effects))
        for each in entry.assertions
    )
    entries = {
        "none": [],
        "another scale": [recorded(claimed(scale="memo"))],
        "without spread": [replace(entry, assertions=bare)],
        "another stage call": [recorded(claimed(("light: 2.0", "light: 3.0")))],
    }

    assert refused(claimed(), *entries[record]) == ()


def test_the_spread_of_another_assertion_counts(claimed: Claimed) -> None:
    """What one assertion has measured calibrates another about the same difference, on record or
    not.
    """
    before = recorded(claimed(("NARROW", WIDE)))

    assert [mistake.key for mistake in refused(claimed(), before)] == ["assert[0]"]


def test_what_is_on_record_as_decided_is_decidable(claimed: Claimed) -> None:
    """A difference shown to exceed the margin is a verdict, unless the claim now has fewer seeds
    than that took.
    """
    claim = claimed()
    entry = recorded(claim, mean=0.1)

    assert entry.verdict == "refuted"
    assert refused(claim, entry) == ()
    assert len(refused(claimed(("4, 5, 6]", "4]")), entry)) == 1


def test_a_claim_taken_off_its_scale(claimed: Claimed) -> None:
    """A claim no longer said to be decidable at the scale is not refused there."""
    entry = recorded(claimed())

    assert refused(claimed(("[quick, memo]", "[memo]")), entry) == ()


def test_controls_count(claimed: Claimed) -> None:
    """A control that can never be shown is refused as well, since without it there is no verdict."""
    claim = claimed(("  - NARROW", f"  - {ORDER}\ncontrols:\n  - NARROW"))

    assert [mistake.key for mistake in refused(claim, recorded(claim))] == ["controls[0]"]


@pytest.mark.parametrize(
    ("kind", "parts", "impossible"),
    [
        ("all", [ORDER, NARROW], True),
        ("all", [ORDER, WIDE], False),
        ("any", [ORDER, NARROW], False),
        ("any", [NARROW, NARROW], True),
    ],
)
def test_parts(claimed: Claimed, kind: str, parts: Sequence[str], impossible: bool) -> None:
    """`all` falls with one part out of reach, `any` only with every one."""
    claim = claimed(("NARROW", f"{{kind: {kind}, of: [{', '.join(parts)}]}}"))

    assert len(refused(claim, recorded(claim))) == impossible


def test_the_smallest_spread_of_the_device_families(claimed: Claimed) -> None:
    """Where one device family measures finely enough, the claim is decidable."""
    claim = claimed()
    fine = replace(recorded(claim, spread=0.0001), device="cuda")

    assert refused(claim, recorded(claim), fine) == ()


@pytest.mark.parametrize(("low", "high", "impossible"), [(100.0, 101.0, False), (0.0, 2.0, True)])
def test_a_conjunction_with_one_part_beyond_its_margin_is_decidable(
    claimed: Claimed, low: float, high: float, impossible: bool
) -> None:
    """What cannot be shown can still be refuted where one part's interval on record lies beyond its
    margin.
    """
    part = f"{{kind: range, measure: height, arms: [bright], low: {low}, high: {high}}}"
    claim = claimed(("NARROW", f"{{kind: all, of: [{NARROW}, {part}]}}"))
    entry = recorded(claim)
    undecided = replace(
        entry, assertions=tuple(replace(each, verdict="inconclusive") for each in entry.assertions)
    )

    assert bool(refused(claim, undecided)) == impossible
