"""Committed files that were damaged, or made to do harm: one located error, safe for a terminal."""

import pytest

from cbspec.canary import CanaryRecord
from cbspec.canary.teeth import teeth_on_record
from cbspec.committed import checked, dumps
from cbspec.committed.scan import unprintable
from cbspec.errors import LedgerError
from cbspec.ledger import EvidenceFolder, Ledger
from cbspec.ledger.measured_noise import NoiseRecord


def load_evidence(path):
    list(EvidenceFolder(path.parent))


HARM = [
    ("NaN", "NaN is no JSON number"),
    ("-Infinity", "-Infinity is no JSON number"),
    ("1e999", "the number 1e999 is too large"),
    ("-1e999", "the number -1e999 is too large"),
    ("9" * 5000, "the number 99999999999999999999... of 5000 characters does not fit 64 bits"),
    ("9223372036854775808", "the number 9223372036854775808 does not fit 64 bits"),
    (r'"\u001b[31m"', "a string with the control character U+001B"),
    (r'"\u009b2J"', "a string with the control character U+009B"),
    ('"\x9b2J"', "a string with the control character U+009B"),
    (r'"\r"', "a string with the control character U+000D"),
    (r'"\ud800"', "a string with the control character U+D800"),
    (r'{"\u001b]0;": 1}', "a string with the control character U+001B"),
    ('{"a": 1, "\\u0061": 2}', "key 'a' stands twice in one mapping; keep one of the two"),
    ("[" * 101 + "]" * 101, "nested more than 100 levels deep"),
    ("[" * 200_000 + "]" * 200_000, "nested more than 100 levels deep"),
]


@pytest.mark.parametrize("load", [Ledger.load, CanaryRecord.load, load_evidence])
@pytest.mark.parametrize(("value", "message"), HARM, ids=range(len(HARM)))
def test_harm_is_one_located_error(tmp_path, load, value, message):
    """A value that no committed file may have is one line with its place, and can be printed."""
    path = tmp_path / "file.json"
    path.write_text(f'{{\n "version": 1,\n "extra": {value}\n}}\n', encoding="utf-8")

    with pytest.raises(LedgerError) as refusal:
        load(path)

    place, _, told = str(refusal.value).partition(": ")
    assert told == message
    assert place.startswith(f"{path}:3:")
    assert unprintable(str(refusal.value)) == ""


@pytest.mark.parametrize("load", [Ledger.load, CanaryRecord.load, load_evidence])
def test_raw_control_characters_are_shown_escaped(tmp_path, load):
    """A raw control character is no JSON; the line is shown without it, cut to what can be read."""
    path = tmp_path / "file.json"
    path.write_text('{\n "version": "' + "x" * 500 + "\x1b[2J" + "y" * 500 + '"}')

    with pytest.raises(LedgerError) as refusal:
        load(path)

    first, shown, caret = str(refusal.value).split("\n")
    assert first == f"{path}:2:514: not JSON: Invalid control character at"
    assert shown == "    " + "x" * 60 + r"\u001b[2J" + "y" * 56
    assert caret == "    " + " " * 60 + "^"


@pytest.mark.parametrize(
    "load", [Ledger.load, CanaryRecord.load, load_evidence, NoiseRecord.load, teeth_on_record]
)
def test_what_is_no_text_is_told(tmp_path, load):
    """A file that is no UTF-8 cannot be read, whichever of the committed files it is."""
    path = tmp_path / "file.json"
    path.write_bytes(b'{"version": 1, "x": "\xff"}')

    with pytest.raises(LedgerError, match=r"file\.json cannot be read: 'utf-8' codec can't decode"):
        load(path)


@pytest.mark.parametrize("word", ["true", '"1"', "1.0", "null", "[1]"])
def test_a_version_is_a_whole_number(tmp_path, word):
    """A version that only looks like one is told at its place."""
    path = tmp_path / "ledger.json"
    path.write_text(f'{{"version": {word}, "entries": []}}')

    with pytest.raises(LedgerError, match=r"ledger\.json:1:13: version: Expected `int`"):
        Ledger.load(path)


def test_a_long_text_of_quotes_is_read_in_one_pass(tmp_path):
    """A megabyte of escapes takes no more than one look at each character."""
    path = tmp_path / "ledger.json"
    path.write_text('{"version": 1, "x": "' + r"\\" * 500_000 + r'", "y": "\u001b"}')

    with pytest.raises(LedgerError, match=r"ledger\.json:1:1000030: a string with the control"):
        Ledger.load(path)


def test_no_control_character_is_written():
    """Text that could not be read back is refused before anything is written."""
    with pytest.raises(LedgerError, match=r"cannot go on record: .* U\+001B"):
        checked(dumps({"reason": "\x1b[0m"}))
    with pytest.raises(LedgerError, match=r"cannot go on record: .* U\+009B"):
        checked(dumps({"\x9b": 1}))
    assert checked(dumps({"reason": "é"})) == dumps({"reason": "é"})


def test_text_of_every_language_is_written():
    """Letters, signs and line feeds of any language are left as they are."""
    words = "Überprüfung 検証 🙂\n\tdone"

    assert dumps([words]) == '["Überprüfung 検証 🙂\\n\\tdone"]\n'
