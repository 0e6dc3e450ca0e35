"""A ledger of an earlier version is read as one of today's; one of a later version is refused."""

import json
from pathlib import Path

import msgspec
import pytest

from cbspec.committed import decode
from cbspec.errors import LedgerError
from cbspec.ledger import Key, Ledger
from cbspec.ledger.migration import STEPS, VERSION

VERSION_1 = Path(__file__).with_name("version_1.json")  # an entry of the first ledger on record


class Content(msgspec.Struct, forbid_unknown_fields=True):
    """A file of a made-up kind, whose third version has two names."""

    version: int
    first: str
    last: str


def _from_1(content):
    """Version 1 had the name under another key."""
    return {"name": content["names"][0]}


def _from_2(content):
    """Version 2 had one name."""
    first, _, last = content["name"].partition(" ")
    return {"first": first, "last": last}


def read(content):
    return decode(
        json.dumps(content),
        "names.json",
        Content,
        version=3,
        noun="list",
        steps={1: _from_1, 2: _from_2},
    )


def test_the_first_ledger_is_read():
    """An entry of version 1 is the entry that it was, and what came later it does not have."""
    ledger = Ledger.load(VERSION_1)

    entry = ledger.get(Key("3.a", "quick", "cpu"))
    [effect] = entry.assertions[0].effects
    assert len(ledger) == 1
    assert (entry.verdict, entry.seeds, entry.again) == ("holds", (42, 123, 456), None)
    assert (effect.label, effect.estimate, effect.reported) == ("deltaL - eT", 0.208275, 0.11)
    assert (entry.evidence, entry.adopted, entry.doubt) == (None, {}, None)
    assert ledger.withdrawn == ()


def test_it_is_written_in_the_version_of_today(tmp_path):
    """A ledger that was read from version 1 and saved is of today's version, and the same."""
    ledger = Ledger.load(VERSION_1)

    ledger.save(tmp_path / "ledger.json")

    assert json.loads((tmp_path / "ledger.json").read_text())["version"] == VERSION
    assert Ledger.load(tmp_path / "ledger.json") == ledger


def test_there_is_one_step_for_each_earlier_version():
    """The steps lead from version 1 to today's without a gap."""
    assert list(STEPS) == list(range(1, VERSION))


@pytest.mark.parametrize(
    "content",
    [
        {"version": 1, "names": ["grey wolf"]},
        {"version": 2, "name": "grey wolf"},
        {"version": 3, "first": "grey", "last": "wolf"},
    ],
)
def test_steps_are_taken_in_turn(content):
    """Content of any known version takes the steps from there on."""
    assert read(content) == Content(version=3, first="grey", last="wolf")


def test_a_mistake_in_an_older_file_is_told():
    """What a step leaves is checked as content of today's version."""
    with pytest.raises(LedgerError, match=r"names.json.*unknown field `size`"):
        read({"version": 3, "first": "grey", "last": "wolf", "size": "small"})
    with pytest.raises(LedgerError, match=r"names.json.*missing required field `last`"):
        read({"version": 3, "first": "grey"})


@pytest.mark.parametrize(
    ("version", "message"),
    [
        (
            4,
            "names.json: a list of version 4; this cbspec reads versions 1 to 3; install a newer cbspec",
        ),
        (0, "names.json: a list of version 0; this cbspec reads versions 1 to 3"),
    ],
)
def test_an_unknown_version_is_refused(version, message):
    """A newer version asks for a newer cbspec; one that never was is named."""
    with pytest.raises(LedgerError) as refusal:
        read({"version": version})

    assert str(refusal.value) == message
