"""The replication table of a small record, by hand."""

from __future__ import annotations

import dataclasses

from msgspec.structs import replace

from cbspec.claim import Quarantine
from cbspec.ledger import Ledger
from cbspec.ledger.entry import Acceptance
from cbspec.ledger.withdrawn import withdrawn_of
from cbspec.publication import replication
from cbspec.publication.sizes import common_sizes, other_sizes
from tests.cbspec.publication.conftest import entry
from tests.support.specimen import make_claim

SUMMARY = """\
**5 findings** in 6 claim files: 3 active, 1 retracted, 1 open.
2 on record at one scale at least, 3 not run yet.

| scale | device | can be decided | holds | refuted | inconclusive | invalid | of these fragile | not complete |
|---|---|---|---|---|---|---|---|---|
| quick | cpu | 4 | 1 | 1 | 0 | 0 | 1 | 2 |
| memo | cpu | 5 | 0 | 0 | 0 | 0 | 0 | 5 |
| memo | cuda | 5 | 0 | 0 | 1 | 0 | 0 | 4 |
| memo | any | 5 | 0 | 0 | 1 | 0 | 0 | 4 |
"""
SETTING = """\
| size | quick | memo |
|---|---|---|
| width | 128 | 256 |
| epochs | 20 | 100 |

Other sizes: 1.b.deep at memo with width 512.

Seeds: 1, 2, 3, then up to 4 while inconclusive (6 claims); 1, 2 (1 claim).
"""


def page(claims, ledger, root):
    return replication(claims, ledger, root / "reports")


def table(text):
    """Finding -> its other cells, lines of a cell apart."""
    rows = [line.strip("|").split(" | ") for line in text.splitlines() if line.startswith("| **[")]
    return {
        cells[0].split("]")[0].strip(" *["): [cell.strip().split("<br>") for cell in cells]
        for cells in rows
    }


def test_summary_counts_findings(claims, ledger, root):
    """Findings are counted by scale and device, and by what is shown first where a scale has two
    devices; one of several claims is refuted with one, and not complete until all are run.
    """
    assert SUMMARY in page(claims, ledger, root)


def test_summary_states_sizes_and_seeds(claims, ledger, root):
    """The sizes that most claims have stand in a table, those of the others below it, then how
    seeds are drawn.
    """
    text = page(claims, ledger, root)

    assert SETTING in text
    assert "[The README](../README.md#read-a-verdict)" in text


def test_findings_are_in_the_order_of_their_phases(claims, ledger, root):
    """Phases by number, those without one last; a claim named after another is no finding of its
    own.
    """
    text = page(claims, ledger, root)

    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## Phase 1",
        "## Phase 6A",
        "## Phase 10A",
        "## Figures",
        "## Next",
        "## Recorded with",
    ]
    assert list(table(text)) == ["1.b", "6A.a", "10A.a", "F.1", "N.a"]


def test_phases_in_the_order_of_a_log(root):
    """6.5A came after 6C, 10A.5 after 10A, and 1b after 1."""
    phases = ["10A.6", "10A", "next", "8", "6.5A", "6C", "6A", "10A.5", "1b", "1"]
    claims = [
        make_claim(id=f"{phase}.a", phase=phase, path=root / "claims" / f"{phase}.yaml")
        for phase in phases
    ]

    assert list(table(page(claims, Ledger(), root))) == [
        f"{phase}.a"
        for phase in ("1", "1b", "6A", "6C", "6.5A", "8", "10A", "10A.5", "10A.6", "next")
    ]


def test_a_finding_at_two_scales(claims, ledger, root):
    """The deciding effect comes first, others that the memo reports after it; scale, device, seeds
    and doubts are told.
    """
    finding, status, figures, verdicts, agrees, discussion = table(page(claims, ledger, root))[
        "6A.a"
    ]

    assert finding == ["**[6A.a](../claims/6A.a.yaml)** Gamma orders the estimators"]
    assert status == ["revises 1.b"]
    assert figures == [
        "*quick* vec - dfa of gamma: 0.378 → 0.369 [0.310, 0.430]",
        "*quick* vec - dfa of rho: 0.4 → -0.20 [-0.30, -0.10] *other sign*",
        "*memo on cuda* vec - dfa of gamma: 0.378 → 0.369 [0.310, 0.430]",
    ]
    assert verdicts == [
        "**holds** at quick (3 seeds, fragile)",
        "**inconclusive** at memo on cuda (4 seeds)",
    ]
    assert agrees == ["quick: yes", "memo on cuda: undecided"]
    assert discussion == ["The memo had one seed."]


def test_a_finding_on_two_device_families(claims, at, root):
    """The figures of the second family are folded away; whether it agrees is said where the two do
    not say the same.
    """
    ours = {"estimate": 0.369, "low": 0.31, "high": 0.43, "reported": 0.378}
    found = [
        ("quick", "holds", "cpu"),
        ("quick", "refuted", "cuda"),
        ("memo", "holds", "cpu"),
        ("memo", "holds", "cuda"),
    ]
    recorded = [
        entry(at("6A.a", scale), verdict, ours, device=device) for scale, verdict, device in found
    ]
    shown = "vec - dfa of gamma: 0.378 → 0.369 [0.310, 0.430]"

    _, _, figures, verdicts, agrees, _ = table(page(claims, Ledger(recorded), root))["6A.a"]

    assert figures == [
        f"*quick* {shown}<details><summary>quick on cuda</summary>{shown}</details>"
        f"*memo* {shown}<details><summary>memo on cuda</summary>{shown}</details>"
    ]
    assert verdicts == [
        "**holds** at quick (3 seeds)",
        "**refuted** at quick on cuda (3 seeds)",
        "**holds** at memo (3 seeds)",
        "**holds** at memo on cuda (3 seeds)",
    ]
    assert agrees == ["quick: yes", "quick on cuda: no", "memo: yes"]


def test_a_superseded_verdict_comes_after_one_that_stands(claims, at, root):
    """The values of the device whose verdict stands are shown first, and those of the other one are
    folded away.
    """
    ours = {"estimate": 0.369, "low": 0.31, "high": 0.43, "reported": 0.378}
    edit = Acceptance(
        date="2026-03-04",
        outcome="superseded",
        before="holds",
        after="holds",
        reason="a wider grid",
    )
    old = replace(entry(at("6A.a", "memo"), "holds", ours), doubt="superseded", accepted=(edit,))
    new = entry(at("6A.a", "memo"), "refuted", ours, device="cuda")
    shown = "vec - dfa of gamma: 0.378 → 0.369 [0.310, 0.430]"
    text = page(claims, Ledger([old, new]), root)

    _, _, figures, verdicts, agrees, _ = table(text)["6A.a"]

    assert figures == [f"*memo on cuda* {shown}<details><summary>memo</summary>{shown}</details>"]
    assert verdicts == [
        "not run yet at quick",
        "**refuted** at memo on cuda (3 seeds)",
        "**not complete** at memo (3 seeds, superseded)",
    ]
    assert agrees == ["no"]
    assert "The CPU's stands first, unless it is superseded" in text


def test_one_device_family_needs_no_word_on_devices(claims, ledger, root):
    """A record of one device family does not tell how several are shown."""
    alone = Ledger([each for each in ledger if each.device == "cpu"])

    assert "device family" not in page(claims, alone, root)


def test_a_finding_of_several_claims(claims, ledger, root):
    """Cells stand in one row, each with its effect and its verdict; what the memo says without
    figures is quoted.
    """
    finding, status, figures, verdicts, agrees, discussion = table(page(claims, ledger, root))[
        "1.b"
    ]

    assert finding == [
        "**[1.b](../claims/1.b.yaml)** CB > SB",
        "and [1.b.deep](../claims/1.b.deep.yaml)",
    ]
    assert status == ["active"]
    assert figures == [
        r"memo: a factor of 2 \| more",
        "*quick* depth=2: cb - sb of gamma: 0.50 [0.40, 0.60]",
        "*quick* depth=4: cb - sb of gamma: -0.50 [-0.60, -0.40]",
        "*memo* depth=2: cb - sb of gamma: 0.50 [0.40, 0.60]",
    ]
    assert verdicts == [
        "**refuted** at quick (3 to 4 seeds): holds depth=2; refuted depth=4",
        "**not complete** at memo (3 seeds): holds depth=2; not run yet depth=4, 1.b.deep",
    ]
    assert agrees == ["no"]
    assert discussion == [""]


def test_what_was_never_run_says_so(claims, ledger, root):
    """Without anything on record the memo's own figures stand, and the scales that could decide."""
    rows = table(page(claims, ledger, root))

    assert rows["10A.a"][1:] == [
        ["retracted by 6A.a"],
        ["memo, gamma: dfa 0.009, vec 0.378"],
        ["not run yet (decidable at: quick, memo)"],
        [""],
        [""],
    ]
    assert rows["N.a"][1:4] == [
        ["open"],
        ["memo: no figures"],
        ["not run yet (decidable at: quick, memo)"],
    ]


def test_a_drawing_is_linked_from_its_finding(claims, at, root):
    """A figure on record has a drawing for each scale and device family."""
    drawn = [
        entry(at("F.1", "memo"), "holds", {}, reason="each of 2 points", device=device)
        for device in ("cpu", "cuda")
    ]

    assert table(page(claims, Ledger(drawn), root))["F.1"][0] == [
        "**[F.1](../claims/F.1.yaml)** Figure",
        "[drawing at memo](figures/F.1.memo.svg)",
        "[drawing at memo on cuda](figures/F.1.memo.cuda.svg)",
    ]


def test_one_scale_left_to_run(claims, at, root):
    """Where one scale is on record, the other is said to be missing, and the lines need no scale in
    front.
    """
    only = Ledger(
        [
            entry(
                at("6A.a", "quick"),
                "refuted",
                {"estimate": -0.1, "low": -0.2, "high": -0.05, "reported": 0.3},
            )
        ]
    )
    _, _, figures, verdicts, agrees, _ = table(page(claims, only, root))["6A.a"]

    assert figures == ["vec - dfa of gamma: 0.3 → -0.100 [-0.200, -0.050] *other sign*"]
    assert verdicts == ["**refuted** at quick (3 seeds)", "not run yet at memo"]
    assert agrees == ["no"]


def test_an_edited_claim_is_marked(claims, at, root):
    """A verdict on another assertion or experiment than the claim has now is not shown as if it
    were of this one.
    """
    old = replace(entry(at("6A.a", "quick"), "holds", {}), digest="0" * 16)

    assert table(page(claims, Ledger([old]), root))["6A.a"][3][0] == (
        "**holds** at quick (3 seeds, the claim was edited since)"
    )


def test_an_invalid_verdict_tells_why(claims, at, root):
    """Figures that mean nothing come with the reason for which they do."""
    failed = entry(at("6A.a", "quick"), "invalid", {}, reason="oracle < 0.99")

    assert (
        table(page(claims, Ledger([failed]), root))["6A.a"][3][0]
        == "**invalid** at quick (3 seeds): oracle &lt; 0.99"
    )


def test_many_effects_are_folded(claims, at, root):
    """Of more effects than a cell can show, the deciding one stands and the others open at a click."""
    effects = [
        {"label": f"arm_{index}", "estimate": 0.1, "low": 0.05, "high": 0.15, "reported": 0.2}
        for index in range(8)
    ]
    many = Ledger([entry(at("6A.a", "quick"), "holds", *effects, reason="gamma: arm_3 = 0.1")])
    first, *others = table(page(claims, many, root))["6A.a"][2]

    assert first == (
        "arm_3 of gamma: 0.2 → 0.100 [0.050, 0.150]<details><summary>7 more</summary>arm_0 of gamma: 0.2 → 0.100 [0.050, 0.150]"
    )
    assert others[-1] == "arm_7 of gamma: 0.2 → 0.100 [0.050, 0.150]</details>"
    assert len(others) == 6


def test_an_interval_at_another_level_says_so(claims, at, root):
    """The column speaks of 95 %; an interval that is wider or narrower names its own."""
    other = Ledger([entry(at("6A.a", "quick"), "holds", {"confidence": 0.9, "reported": None})])

    assert (
        table(page(claims, other, root))["6A.a"][2][-1]
        == "vec - dfa of gamma: 0.369 [0.310, 0.430] (90 %)"
    )


def test_every_row_has_every_column(claims, ledger, root):
    """Whatever stands in the cells, a line of a table has as many as its heading."""
    lines = [
        line
        for line in page(claims, ledger, root).replace("\\|", "").splitlines()
        if line.startswith("| **[")
    ]

    assert [line.count("|") for line in lines] == [7] * 5


def test_nothing_but_claims_and_ledger_matters(claims, ledger, root):
    """The order of the claims within their phases apart, the page is the same whenever and from
    wherever it is made.
    """
    assert page(claims, ledger, root) == page(iter(claims), Ledger(reversed(list(ledger))), root)


def test_what_verdicts_were_recorded_with(claims, ledger, root):
    """Verdicts are listed by date, commit and place, newest first, cells of a matrix once, and
    uncommitted changes are said.
    """
    older = {"date": "2026-01-01", "commit": None, "dirty": True}
    entries = [
        replace(each, provenance=replace(each.provenance, **older))
        if each.device == "cuda"
        else each
        for each in ledger
    ]

    lines = page(claims, Ledger(entries), root).split("## Recorded with\n")[1].splitlines()

    assert [line for line in lines if line.startswith("| 2026")] == [
        "| 2026-01-02 | 3f2a1c0000 | 2.11 | quick | cpu | 1.b, 6A.a |",
        "| 2026-01-02 | 3f2a1c0000 | 2.11 | memo | cpu | 1.b |",
        "| 2026-01-01 | none with uncommitted changes | 2.11 | memo | cuda | 6A.a |",
    ]


def test_withdrawn_verdicts_have_a_table(claims, ledger, root):
    """What was withdrawn stands at the end, with why; a page of a ledger from which nothing was has
    no such section.
    """
    former = withdrawn_of(next(iter(ledger)), "2026-03-04", "too small | to tell")
    text = page(claims, ledger.withdrawing([former]), root)

    assert "Withdrawn" not in page(claims, ledger, root)
    assert text.split("## Withdrawn verdicts\n\n")[1].splitlines()[2:] == [
        "| claim | scale | device | verdict | withdrawn on | why |",
        "|---|---|---|---|---|---|",
        rf"| {former.claim} | {former.scale} | cpu | {former.verdict} | 2026-03-04 | too small \| to tell |",
    ]


def test_sizes_of_their_own(claims):
    """The common sizes are those of most claims; what differs is told once for all claims with the
    same difference.
    """
    assert common_sizes(claims) == {
        "quick": {"width": 128, "epochs": 20},
        "memo": {"width": 256, "epochs": 100},
    }
    assert [tuple(sizing) for sizing in other_sizes(claims)] == [
        (("1.b.deep",), "memo", {"width": 512})
    ]


def test_quarantines_have_a_table(claims, ledger, root):
    """A claim in quarantine is listed with owner, last day and reason, be that day past or not."""
    held = dataclasses.replace(
        claims[0], quarantine=Quarantine("Ada", "its data is replaced", "2001-01-01")
    )
    lines = page([held, *claims[1:]], ledger, root).splitlines()

    assert lines[lines.index("## In quarantine") + 6] == (
        f"| {held.id} | Ada | 2001-01-01 | its data is replaced |"
    )
    assert "## In quarantine" not in page(claims, ledger, root)
