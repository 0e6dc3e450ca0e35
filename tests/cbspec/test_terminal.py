"""Text without control over the terminal or the log that shows it."""

import json

import pytest

from cbspec import terminal


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, with umlauts: größer, 日本", "plain text, with umlauts: größer, 日本"),
        ("\x1b]0;title\x07", "\\u001b]0;title\\u0007"),
        ("\u202egnp.exe\u2066", "\\u202egnp.exe\\u2066"),
        ("a\x9b2Jb\x7f", "a\\u009b2Jb\\u007f"),
        ("\ud800", "\\ud800"),
        ("over\rwritten", "over\\u000dwritten"),
        ("::error::a", ": :error::a"),
        ("a\n \t::set-env name=A::b", "a\n \t: :set-env name=A::b"),
        ("see ##[error]a", "see ## [error]a"),
        ("claims/a.yaml::1.a", "claims/a.yaml::1.a"),
    ],
)
def test_controls_are_spelled(text, shown):
    """Controls and marks of direction are shown as escapes, a workflow command is none."""
    assert terminal.lines(text) == shown


def test_a_line_is_one_line():
    """Line ends and tabs are spelled where a text has to be one line."""
    assert terminal.line("a\n::error::b\tc") == "a\\u000a::error::b\\u0009c"
    assert terminal.line("::error::b") == ": :error::b"


def test_a_json_document_keeps_its_value():
    """A document with every control escaped reads back as it was."""
    value = {"a\u202e": ["##[error]x", "\x9b2J", "plain"]}

    text = terminal.json(json.dumps(value, ensure_ascii=False))

    assert text.isprintable()
    assert "##[" not in text
    assert json.loads(text) == value
