"""Text -> values with places, within bounds."""

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cbspec.language import compose, parse
from cbspec.language.diagnostics import LIMIT, Diagnostics, TooMany
from cbspec.language.node import Document, plain


def parsed(text):
    mistakes = Diagnostics()
    document = parse.parse(Document(Path("claim.yaml"), text), mistakes)
    return document, [str(mistake).splitlines()[0] for mistake in mistakes.in_order()]


class Dumper(yaml.SafeDumper):
    """PyYAML, which writes YAML 1.1, told what is a number in YAML 1.2 (section 10.3.2), so that
    text like it is quoted.
    """


Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$|0o[0-7]+$"),
    list("-+.0123456789"),
)

_NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
_TEXTS = st.text(st.characters(exclude_categories=["C"]), max_size=6) | st.text(
    "-+.0123456789eEox", max_size=6
)
_VALUES = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _TEXTS,
    lambda part: (
        st.lists(part, max_size=4) | st.dictionaries(st.text("abc", max_size=3), part, max_size=4)
    ),
    max_leaves=20,
)


@settings(max_examples=100)
@given(_VALUES)
@example("0E0")
def test_what_is_dumped_is_read(value):
    """Plain data that is written as YAML 1.2, with numbers bare and text quoted that would be one,
    is read as the same data.
    """
    document, mistakes = parsed(yaml.dump(value, Dumper=Dumper, allow_unicode=True))

    assert mistakes == []
    assert plain(document.root) == value


def test_places_count_from_one():
    """Every key and value knows its line and column, an aliased one those of its anchor."""
    document, _ = parsed("a: &x [1,\n  two]\nb: *x\n")

    root = document.root
    assert (root.keys["b"].line, root.keys["b"].column) == (3, 1)
    assert [(item.line, item.column) for item in root.entries["b"].items] == [(1, 8), (2, 3)]


def test_keys_are_text():
    """A key is the text that stands there, whatever it would mean as a value."""
    document, _ = parsed("no: 1\n1: 2\nnull: 3\n2024-01-01: 4\n")

    assert plain(document.root) == {"no": 1, "1": 2, "null": 3, "2024-01-01": 4}


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "a: &x [", '["', "&a ", "!t "])
def test_a_huge_opening_is_bounded(opening):
    """A quarter of a megabyte of one opening ends in one located mistake and no recursion."""
    document, mistakes = parsed((opening * parse.LARGEST)[: parse.LARGEST])

    assert document is None
    assert len(mistakes) >= 1
    assert all(mistake.startswith("claim.yaml:1:") and len(mistake) < 200 for mistake in mistakes)


def test_aliases_count_as_what_they_stand_for():
    """A file may use aliases freely up to the number of values that they expand to."""
    line = "a: &a [" + ", ".join("1" * 99) + "]\n"
    uses = [f"k{i}: *a\n" for i in range(compose.MOST // 101 - 2)]

    assert parsed(line + "".join(uses))[1] == []
    assert parsed(line + "".join(uses) + "z: [*a, *a, *a, *a]\n")[1][0].endswith(
        "more than 20000 values, aliases expanded"
    )


def test_anchored_depth_counts():
    """Aliases within aliases cannot nest deeper than brackets can."""
    text = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 40))

    assert parsed(text)[1] == [
        f"claim.yaml:{compose.DEEPEST}:12: nested deeper than {compose.DEEPEST} levels"
    ]


def test_a_large_file_is_not_read(tmp_path):
    """A file of 100 MB is refused by its size, without being read."""
    path = tmp_path / "large.yaml"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    mistakes = Diagnostics()

    assert parse.read(path, mistakes) is None
    assert [m.message for m in mistakes.in_order()] == [
        "cannot be read: the file has 100000000 bytes; a claim file has at most 262144"
    ]


def test_what_is_no_file_is_refused(tmp_path):
    """A folder and a missing file are mistakes of their own, at line 1."""
    mistakes = Diagnostics()

    assert parse.read(tmp_path, mistakes) is None
    assert parse.read(tmp_path / "none.yaml", mistakes) is None
    assert [(m.message, m.origin.line) for m in mistakes.in_order()] == [
        ("cannot be read: not a regular file", 1),
        ("cannot be read: No such file or directory", 1),
    ]


def test_a_byte_order_mark_is_skipped(tmp_path):
    """UTF-8 with a byte order mark reads as without."""
    path = tmp_path / "bom.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")

    document = parse.read(path, Diagnostics())

    assert plain(document.root) == {"a": 1}
    assert document.root.keys["a"].column == 1


def test_mistakes_are_limited():
    """After a number of mistakes that nobody reads to the end, one more says that there are more."""
    mistakes = Diagnostics()
    with pytest.raises(TooMany):
        parse.parse(
            Document(Path("claim.yaml"), "".join(f"k{i}: .nan\n" for i in range(LIMIT + 9))),
            mistakes,
        )

    found = mistakes.in_order()
    assert len(found) == LIMIT + 1
    assert found[-1].message == f"there are more mistakes; {LIMIT} are shown"


def test_paths_are_shown_from_the_working_directory(tmp_path, monkeypatch):
    """A path inside the working directory is shown relative to it, any other as it is."""
    monkeypatch.chdir(tmp_path)

    assert parse.display(tmp_path / "claims" / "a.yaml") == Path("claims/a.yaml")
    assert parse.display(Path("/elsewhere/a.yaml")) == Path("/elsewhere/a.yaml")
