"""The golden file of what people read, and how it is written again."""

import ast
from pathlib import Path

import pytest

from tests.support.golden import COMMAND_LINE, GoldenFile

TESTS = Path(__file__).parent


def test_every_section_has_its_test():
    """No text is left over from a test that is gone."""
    for section in GoldenFile(COMMAND_LINE).sections():
        file, _, name = section.partition("::")
        module = ast.parse((TESTS / "cbspec" / file).read_text())
        functions = [node.name for node in module.body if isinstance(node, ast.FunctionDef)]

        assert name.partition("[")[0].partition(" ")[0] in functions, section


@pytest.fixture
def golden(tmp_path):
    path = tmp_path / "golden.txt"
    path.write_text("=== b\nfirst line\n\nthird line\n=== c\nalone\n")
    return path


def test_a_text_is_compared_with_its_section(golden):
    """The very text passes; another one, or one without a section, fails with the section's name."""
    GoldenFile(golden).check("b", "first line\n\nthird line\n")

    with pytest.raises(AssertionError, match=r"golden\.txt: c"):
        GoldenFile(golden).check("c", "together\n")
    with pytest.raises(AssertionError, match=r"golden\.txt: a"):
        GoldenFile(golden).check("a", "alone\n")


def test_only_the_section_in_question_is_written_again(golden):
    """A changed and a new text take their places in the order of the names; others stay."""
    GoldenFile(golden, rewrite=True).check("c", "together\n")
    GoldenFile(golden, rewrite=True).check("a", "new\n")

    assert golden.read_text() == ("=== a\nnew\n=== b\nfirst line\n\nthird line\n=== c\ntogether\n")


def test_a_text_that_looks_like_two_is_refused(golden):
    """A line that begins as the head of a section does would split the text."""
    with pytest.raises(AssertionError, match="head of a section"):
        GoldenFile(golden, rewrite=True).check("a", "one\n=== two\n")
