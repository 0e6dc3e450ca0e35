"""What claims, ledgers and stages say has no control of the terminal, the shell or a CI log."""

import json

import pytest
from click.shell_completion import ShellComplete

from cbspec.cli import main
from tests.support.specimen import put_on_record

HOSTILE = (
    "a\x1b[31mred\x1b[0m \u202eback\u2069\x9b2J\r::error::x\n::add-mask::y\n  ::error::z ##[error]w"
)


def commands(text):
    """Return the lines that GitHub would take for workflow commands."""
    return [line for line in text.splitlines() if line.lstrip().startswith("::") or "##[" in line]


@pytest.fixture
def hostile(laboratory):
    """The project with a hostile text in a claim and in the ledger, verdicts on record."""
    laboratory.edit(
        "claims/phase1/1.a.yaml",
        "title: More light makes taller plants",
        'title: "More light\\n::error::x\\n##[error]y\\u202ez"',
    )
    laboratory.edit("claims/phase1/1.a.yaml", "gardening log", '"log\\n::warning::\\u2066"')
    put_on_record(laboratory.root / "reports", laboratory.run().records)
    return laboratory


@pytest.mark.parametrize(
    "words",
    [
        ("list",),
        ("list", "--graph"),
        ("show", "1.a"),
        ("status",),
        ("plan",),
        ("explain", "1.a"),
        ("interim",),
        ("judge",),
        ("validate",),
        ("publish",),
        ("accept", "--all"),
    ],
)
def test_no_command_hands_a_control_on(hostile, words):
    """Nothing that a claim says is a control or a command in what any command prints."""
    for more in ((), ("--json",)):
        if words == ("list", "--graph") and more:
            continue
        result = hostile.cbspec(*words, *more)

        assert result.exit_code == 0, result.output
        assert commands(result.output) == []
        assert all(sign == "\n" or sign.isprintable() for sign in result.output)


def test_json_keeps_what_it_escapes(hostile):
    """A JSON document has every sign, in its own escapes."""
    [claim] = [claim for claim in hostile.json("list") if claim["id"] == "1.a"]

    assert claim["title"] == "More light\n::error::x\n##[error]y\u202ez"


def test_the_ledger_has_no_control(hostile):
    """An id and a reason on record that are controls are refused or shown as escapes."""
    path = hostile.root / "reports" / "ledger.json"
    text = path.read_text().replace('"claim": "2.a"', f'"claim": {json.dumps("2.b" + HOSTILE)}')
    assert text != path.read_text()
    path.write_text(text)

    for words in (("status",), ("status", "--json"), ("list",), ("judge",), ("publish", "--check")):
        result = hostile.cbspec(*words)
        assert commands(result.output) == []
        assert all(sign == "\n" or sign.isprintable() for sign in result.output)
    shell = ShellComplete(main, {}, "cbspec", "_CBSPEC_COMPLETE")
    offered = [item.value for item in shell.get_completions(["withdraw"], "2")]
    assert all(value.isprintable() for value in offered)


def test_a_wrong_word_is_no_control(laboratory):
    """What a person types comes back spelled."""
    result = laboratory.cbspec("show", "9\x1b[31m\n::error::x")

    assert result.exit_code == 2
    assert commands(result.output) == []
    assert "\x1b" not in result.output
