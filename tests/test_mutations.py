"""The edits that the claims must notice still apply to the engine as it is, and what the benchmark
makes of a run.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import cbspec
from cbspec.ledger import Comparison, Outcome
from cbspec.model.finding import Judgement
from cbspec.report import Edit, Record, failure_text
from cbspec.store import Store
from tests.bench.mutation import Mutation, definition_of, mutations
from tests.bench.mutations import Failure, Observation, claims, duplicate, expected, judged
from tests.support.specimen import make_entry

ROOT = Path(__file__).parents[1]
ALL = mutations()
SIGN = Mutation(
    name="sign",
    title="the sign flipped",
    definition="engine/rules.py:inner_product",
    old="return credit",
    new="return -credit",
    noticed_by=("6A.a", "8.b"),
    because="it must",
)
each = pytest.mark.parametrize("mutation", ALL, ids=lambda mutation: mutation.name)


@pytest.fixture(scope="module")
def code():
    """The engine's code, which all edits are looked up in."""
    return cbspec.Project(ROOT).code


@pytest.fixture(scope="module")
def decidable():
    """Id -> claim, for the claims that the benchmark runs."""
    return {claim.id: claim for claim in claims()}


def definition(text: str, name: str) -> str:
    """The text of a function or method, given by its qualified name."""
    return ast.get_source_segment(text, definition_of(text, name))


def test_edits_are_many_and_differ():
    """There are at least ten, each of its own name, and no two are of the same text."""
    assert len(ALL) >= 10
    assert len({mutation.name for mutation in ALL}) == len(ALL)
    assert len({(mutation.definition, mutation.new) for mutation in ALL}) == len(ALL)


@each
def test_edit_applies_and_changes_its_definition_alone(mutation):
    """The text is there once, the edited file is Python, and what differs is the code of the
    definition that is named.
    """
    text = (ROOT / mutation.path).read_text(encoding="utf-8")
    name = mutation.definition.partition(":")[2]
    edited = mutation.edited(text)
    before, after = definition(text, name), definition(edited, name)

    assert ast.dump(ast.parse(before.lstrip())) != ast.dump(ast.parse(after.lstrip()))
    assert edited == text.replace(before, after)


@each
def test_claims_that_must_notice_reach_the_edit(mutation, code, decidable):
    """Each is a claim that the benchmark runs, with a stage whose code fingerprint holds the edited
    definition.
    """
    assert mutation.noticed_by
    assert [claim for claim in mutation.noticed_by if claim not in decidable] == []
    assert [
        claim for claim in mutation.noticed_by if not mutation.reaches(decidable[claim], code)
    ] == []


@pytest.mark.parametrize(("text", "count"), [("", 0), ("return credit\nreturn credit\n", 2)])
def test_edit_that_no_longer_applies_says_so(text, count):
    """A text that is gone, or there twice, is an error that names the edit and its file."""
    with pytest.raises(
        ValueError,
        match=f"mutation sign no longer applies: engine/rules.py has {count} times, not once",
    ):
        SIGN.edited(text)


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        (
            Edit(
                path="engine/rules.py", line=23, definition="inner_product", stage="local_descent"
            ),
            True,
        ),
        (
            Edit(path="engine/rules.py", line=29, definition="target_shift", stage="local_descent"),
            False,
        ),
        (
            Edit(path="engine/nets.py", line=23, definition="inner_product", stage="local_descent"),
            False,
        ),
    ],
)
def test_failure_names_the_edit(edit, named):
    """The text that a failed claim shows names the edited definition, and no other will do."""
    judgement = Judgement(
        claim="6A.a",
        scale="quick",
        verdict="refuted",
        reason="",
        seeds=(1,),
        findings=(),
        controls=(),
    )
    record = Record(
        claim="6A.a",
        title="",
        phase="6A",
        status="active",
        scale="quick",
        device="cpu",
        path="claims/6A.a.yaml",
        line=1,
        memo="",
        quotes=(),
        judgement=judgement,
        comparison=Comparison(change="flip", old=None, new=make_entry("refuted")),
        outcome=Outcome(kind="failed", reason="flip"),
        seconds=1.0,
        edits=(edit,),
    )

    assert SIGN.named_in(failure_text(record)) is named


def seen(**failed: str) -> Observation:
    """A run in which the given claims failed with these texts."""
    names = {
        claim.replace("_", "."): Failure("flip: holds -> refuted", text)
        for claim, text in failed.items()
    }
    return Observation(
        status=int(bool(failed)), failed=names, computed=frozenset({"a", "b"}), seconds=61.2
    )


NAMES = "  engine/rules.py:23: inner_product (stage local_descent)"


def test_edit_is_noticed_when_each_claim_fails_and_names_it():
    """The row says who noticed and how, and that another failed besides, which is no fault."""
    row = judged(SIGN, seen(**{"6A_a": NAMES, "8_b": NAMES, "1_f": ""}), disturbed=[])

    assert row.met
    assert row.measured == "sign: the sign flipped"
    assert row.figure == (
        "noticed by 6A.a (flip: holds -> refuted), 8.b (flip: holds -> refuted); failed besides 1.f; 2 results computed; 61 s"
    )


@pytest.mark.parametrize("mutation", ALL, ids=lambda mutation: mutation.name)
def test_expected_claims_are_those_that_must_notice_and_those_out_of_reach(mutation, code):
    """Left out are the claims that the edit reaches and that need not notice it, no others."""
    chosen, every = (
        {claim.id for claim in expected(mutation)},
        {claim.id: claim for claim in claims()},
    )
    reached = {name for name, claim in every.items() if mutation.reaches(claim, code)}

    assert chosen >= set(mutation.noticed_by)
    assert every.keys() - chosen == reached - set(mutation.noticed_by)


def test_row_tells_how_many_claims_were_left_out():
    """A run of the expected claims alone does not pass for one of all."""
    row = judged(SIGN, seen(**{"6A_a": NAMES, "8_b": NAMES}), disturbed=[], left_out=16)

    assert row.met
    assert "; 16 claims that it reaches left out; " in row.figure


@pytest.mark.parametrize(
    ("run", "disturbed", "told"),
    [
        (seen(), [], "not noticed by 6A.a, 8.b"),
        (seen(**{"6A_a": NAMES}), [], "not noticed by 8.b"),
        (seen(**{"6A_a": NAMES, "8_b": "no edits"}), [], "not named by 8.b"),
        (seen(**{"6A_a": NAMES, "8_b": NAMES}), ["4A.a"], "untouched and not as before 4A.a"),
    ],
)
def test_edit_is_missed_otherwise(run, disturbed, told):
    """Nobody or not everybody fails, a text does not name the edit, or a claim moves that the edit
    does not reach.
    """
    row = judged(SIGN, run, disturbed)

    assert not row.met
    assert told in row.figure.split("; ")


def test_copy_of_a_store_is_a_store_of_its_own(tmp_path):
    """What is put into the copy, removed from it or found damaged in it leaves the original as it
    was.
    """
    keys = [digit * 64 for digit in "ab"]
    store = Store(tmp_path / "own")
    for key in keys:
        store.put(
            key, measures={"gamma": 0.5}, provenance={"stage": "x", "seconds": 2.0, "cost": 1.0}
        )
    duplicate(tmp_path / "own", tmp_path / "copy")
    copy = Store(tmp_path / "copy")

    assert [holding.key for holding in copy.ls()] == keys
    copy.put(
        "c" * 64, measures={"gamma": 0.7}, provenance={"stage": "x", "seconds": 9.0, "cost": 1.0}
    )
    assert [holding.key for holding in copy.gc(0)] != []
    assert list(copy.ls()) == []
    assert [store.get(key).measures for key in keys] == [{"gamma": 0.5}] * 2
    assert store.rate("x") == 2.0
    assert store.verify() == []
