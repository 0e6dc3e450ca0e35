"""The graph of revisions."""

import msgspec
import pytest

from cbspec.report.html.chain import RETRACTED, REVISED, graph
from cbspec.report.html.subject import Subject


@pytest.fixture
def revision(record):
    about = record().about

    def made(name, revises=(), retracted_by=()):
        said = msgspec.structs.replace(about, revises=revises, retracted_by=retracted_by)
        return Subject(id=name, title=f"Finding {name}", about=said)

    return made


def places(drawn):
    return {node.claim: (node.x, node.y) for node in drawn.nodes}


def test_later_findings_stand_to_the_right(revision):
    """A chain runs in one row from left to right; who revises two stands right of both, and no two
    claims share a place.
    """
    drawn = graph(
        [
            revision("6A.b"),
            revision("7A.a", ("6A.b",)),
            revision("7A.g"),
            revision("8.a", ("7A.a", "7A.g")),
            revision("9.z"),
        ]
    )
    at = places(drawn)

    assert at["6A.b"][0] < at["7A.a"][0] < at["8.a"][0]
    assert at["7A.g"][0] == at["7A.a"][0]
    assert at["6A.b"][1] == at["7A.a"][1] == at["8.a"][1]
    assert len(set(at.values())) == len(at) == 4
    assert all(x + 196 <= drawn.width and y + 66 <= drawn.height for x, y in at.values())


def test_a_retraction_is_told_from_a_revision(revision):
    """Where a claim both revises another and retracts it, it retracts it."""
    drawn = graph(
        [
            revision("1.a", retracted_by=("2.a",)),
            revision("2.a", ("1.a",)),
            revision("3.a", ("2.a",)),
        ]
    )

    assert {(edge.before, edge.after): edge.how for edge in drawn.edges} == {
        ("1.a", "2.a"): RETRACTED,
        ("2.a", "3.a"): REVISED,
    }


def test_a_circle_and_a_stranger(revision):
    """Claims that revise each other are drawn once each, and one that no claim file has is named."""
    drawn = graph([revision("1.a", ("2.a",)), revision("2.a", ("1.a", "gone"))])

    assert sorted(places(drawn)) == ["1.a", "2.a", "gone"]
    assert [node.href for node in drawn.nodes if node.claim == "gone"] == [""]


def test_nothing_was_revised(revision):
    """Without a revision there is no graph."""
    assert graph([revision("1.a")]) is None
