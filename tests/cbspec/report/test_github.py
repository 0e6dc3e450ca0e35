from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cbspec.claim import Quarantine
from cbspec.report import annotations, failure_text
from cbspec.report.github import command


def parsed(line):
    """A workflow command as the runner reads it (actions/runner, ActionCommand.TryParseV2)."""
    name, listed, message = re.fullmatch(r"::(\w+) ([^\r\n]*?)::([^\r\n]*)", line).groups()
    properties = dict(item.split("=", 1) for item in listed.split(","))
    return (
        name,
        {key: _unescaped(value, ",:") for key, value in properties.items()},
        _unescaped(message, ""),
    )


def _unescaped(text, more):
    for character in more:
        text = text.replace(f"%{ord(character):02X}", character)
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def test_a_flip_is_marked_on_its_line_and_on_the_changed_definition(flipped, run_of):
    """The error stands on the YAML line of the assertion, the warning on the definition that
    changed.
    """
    error, warning = map(parsed, annotations(run_of(flipped)))

    assert error == (
        "error",
        {"file": "claims/6A.a.yaml", "line": "4", "title": "6A.a: flip: holds -> refuted"},
        failure_text(flipped),
    )
    assert warning == (
        "warning",
        {"file": "engine/credit/vector.py", "line": "31", "title": "fit changed: 1 claim with it"},
        "stage vector_field\n6A.a: flip: holds -> refuted",
    )


def test_one_warning_per_definition(flipped, run_of):
    """A definition that several claims reach is marked once, with all of them."""
    found = annotations(run_of(flipped, replace(flipped, claim="7A.a")))

    assert [parsed(line)[0] for line in found] == ["error", "error", "warning"]
    assert parsed(found[-1])[2].splitlines()[1:] == [
        "6A.a: flip: holds -> refuted",
        "7A.a: flip: holds -> refuted",
    ]


def test_what_acts_on_a_terminal_is_named(record, run_of):
    """An escape in a claim's reason reaches no log: what names it does."""
    [line] = annotations(run_of(record("refuted", old="holds", reason="\x1b[31mred\u202e")))

    assert r"\u001b[31mred\u202e" in line
    assert not {"\x1b", "\u202e"} & set(line)


def test_what_did_not_fail_is_not_marked(record, run_of):
    """Claims that passed or failed as expected have no annotation."""
    assert annotations(run_of(record(old="holds"), record("refuted", old="refuted"))) == []


def test_an_error_is_marked_on_the_claim(record, run_of):
    """A claim without findings is marked on the line of its id."""
    [line] = annotations(run_of(record("error", findings=())))

    assert parsed(line)[1]["line"] == "1"


def test_escapes():
    """Percent signs and line ends are escaped everywhere, colons and commas in properties."""
    assert (
        command("error", "5%\r\na: b, c", file="a,b:c%")
        == "::error file=a%2Cb%3Ac%25::5%25%0D%0Aa: b, c"
    )


@given(message=st.text(), title=st.text())
def test_any_text_arrives(message, title):
    """The runner reads back exactly the texts that were sent, and no text starts a command of its
    own.
    """
    line = command("error", message, title=title)

    assert not set(line) & {"\n", "\r"}
    assert parsed(line) == ("error", {"title": title}, message)


def test_a_quarantine_that_is_over_heads_its_annotation(record, run_of):
    """A claim that fails by its quarantine alone is not said to be as recorded."""
    over = record(old="holds", quarantine=Quarantine("Ada", "it is mended", "2001-01-01"))
    [error] = map(parsed, annotations(run_of(over)))

    assert error[1]["title"] == "6A.a: quarantine ended"
    assert "the quarantine ended on 2001-01-01: Ada mends the claim" in error[2]


def test_paths_begin_at_the_repository(flipped, run_of):
    """A project in a folder of its repository is marked there."""
    error, warning = map(parsed, annotations(run_of(flipped), "studies/credit"))

    assert error[1]["file"] == "studies/credit/claims/6A.a.yaml"
    assert warning[1]["file"] == "studies/credit/engine/credit/vector.py"
