"""The values behind verdicts: named by the ledger, kept in one file a claim, and refused where they
are others.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cbspec.errors import LedgerError
from cbspec.ledger import Evidence, EvidenceFolder, Ledger
from cbspec.model.values import Values
from tests.support.specimen import make_claim, make_entry, make_judgement


def evidence(gamma=(0.5, 0.1 + 0.2), claim="6A.a", scale="quick"):
    """The evidence of a verdict on one arm over two seeds."""
    values = Values(seeds=(42, 123), arms={"vec": {"gamma": gamma}})
    return Evidence(claim=claim, scale=scale, device="cpu", values=values)


def entry(of):
    """An entry that names this evidence."""
    claim = make_claim(id=of.claim, scale=of.scale)
    judgement = make_judgement(claim=of.claim, scale=of.scale)
    return make_entry(claim=claim, judgement=judgement, values=of.values)


@pytest.fixture
def folder(tmp_path):
    """An empty folder of evidence."""
    return EvidenceFolder(tmp_path / "evidence")


def test_values_are_kept_to_the_last_digit(folder):
    """What is read back is what was written, and the entry finds it."""
    own = evidence()
    folder.keep([own], Ledger(), Ledger([entry(own)]))

    assert EvidenceFolder(folder.path).of(entry(own)) == own
    assert '"gamma": [0.5, 0.30000000000000004]' in (folder.path / "6A.a.json").read_text()


def test_cells_and_scales_of_a_claim_share_a_file(folder):
    """One file a claim file: every cell of its matrix, every scale and device, sorted."""
    known = [
        evidence(claim=f"F.1[depth={depth}]", scale=scale)
        for depth in (8, 2)
        for scale in ("memo", "figures")
    ]
    folder.keep(known, Ledger(), Ledger(map(entry, known)))

    assert [path.name for path in folder.path.iterdir()] == ["F.1.json"]
    assert [each.key[:2] for each in EvidenceFolder(folder.path)] == [
        ("F.1[depth=2]", "figures"),
        ("F.1[depth=2]", "memo"),
        ("F.1[depth=8]", "figures"),
        ("F.1[depth=8]", "memo"),
    ]


def test_an_older_entry_has_none(folder):
    """A verdict from before evidence was kept names none, and none is looked for."""
    assert folder.of(make_entry()) is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("0.30000000000000004", "0.31", "is not there, or was edited"),
        (
            '"seeds": [42, 123]',
            '"seeds": [42, 123, 456]',
            r":\d+:\d+: values of claim 6A.a: arm vec, gamma: 2 values",
        ),
        ('"version": 1', '"version": 2', "an evidence file of version 2"),
        ("}\n", "", "not JSON"),
        ('      "claim"', '<<<<<<< ours\n      "claim"', "an unresolved merge"),
    ],
)
def test_edited_evidence_is_one_located_error(folder, old, new, message):
    """Values that were edited, truncated or left in conflict are refused by file and line, and
    never judged.
    """
    own = evidence()
    folder.keep([own], Ledger(), Ledger([entry(own)]))
    path = folder.path / "6A.a.json"
    path.write_text(path.read_text().replace(old, new))

    with pytest.raises(LedgerError, match=rf"6A\.a\.json.*{message}"):
        EvidenceFolder(folder.path).of(entry(own))


def test_a_kill_between_the_two_files_leaves_both_verdicts_with_their_evidence(folder):
    """Evidence is written before the ledger: until the new ledger is there the old one still finds
    its own.
    """
    old, new = evidence(), evidence((0.6, 0.7))
    before, after = Ledger([entry(old)]), Ledger([entry(new)])
    folder.keep([old], Ledger(), before)
    folder.keep([new], before, after)

    killed = EvidenceFolder(folder.path)
    assert (killed.of(entry(old)), killed.of(entry(new))) == (old, new)

    killed.prune(["6A.a"], after)
    assert list(EvidenceFolder(folder.path)) == [new]


def test_what_nothing_names_any_more_goes_with_its_file(folder):
    """Evidence of withdrawn verdicts is dropped, and a file without any is removed."""
    own = evidence()
    folder.keep([own], Ledger(), Ledger([entry(own)]))

    folder.prune(["6A.a"], Ledger())

    assert list(folder.path.iterdir()) == []


def test_an_entry_of_other_values_does_not_find_it(folder):
    """The digest ties an entry to its values: one that names others is refused."""
    own = evidence()
    folder.keep([own], Ledger(), Ledger([entry(own)]))

    with pytest.raises(
        LedgerError,
        match="take the file as it was committed with the ledger, or run the claim again",
    ):
        folder.of(replace(entry(own), evidence="0123456789abcdef"))
