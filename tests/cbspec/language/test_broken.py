"""Broken claim files: each ends in located mistakes, in the words of its golden file, and nothing
else.
"""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from cbspec.errors import ClaimError
from cbspec.language import load_file, schema
from cbspec.language.diagnostics import Diagnostics
from cbspec.language.node import plain
from cbspec.language.parse import read
from tests.support.broken_text import altered_claims, broken_claims

FOLDER = Path(__file__).parent / "broken"
CASES = sorted(path for path in FOLDER.glob("*.yaml") if path.name != "defaults.yaml")
EXAMPLES = int(os.environ.get("CBSPEC_BROKEN_CLAIMS", "300"))


@pytest.fixture(scope="module")
def validator(catalog):
    return Draft202012Validator(schema.build(catalog))


def outcome(path, catalog):
    """The claims of a file, or its mistakes."""
    try:
        return load_file(path, catalog=catalog, scale="quick"), ()
    except ClaimError as error:
        return (), error.mistakes


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_golden(path, catalog, monkeypatch):
    """A broken claim is answered by the very text beside it."""
    monkeypatch.chdir(FOLDER)
    with pytest.raises(ClaimError) as caught:
        load_file(Path(path.name), catalog=catalog, scale="quick")

    assert str(caught.value) + "\n" == path.with_suffix(".txt").read_text(encoding="utf-8")


def test_every_golden_text_has_its_claim():
    """No expected text is left over from a claim that is gone."""
    assert {path.stem for path in FOLDER.glob("*.txt")} == {path.stem for path in CASES}
    assert len(CASES) >= 50


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(content=broken_claims() | altered_claims())
def test_no_claim_breaks_the_reader(project, validator, content):
    """Whatever is done to a claim file, it is a claim, by the schema too, or it has mistakes, each
    in a line of the file.
    """
    path = project.write("claim.yaml", content)
    lines = len(content.splitlines()) + 1
    claims, mistakes = outcome(path, project.catalog)

    assert bool(claims) != bool(mistakes)
    assert all(
        1 <= mistake.origin.line <= lines and mistake.origin.column >= 1 for mistake in mistakes
    )
    assert all(len(mistake.message) < 700 for mistake in mistakes)
    assert len(mistakes) <= 51
    assert all(claim.origins["id"].line <= lines for claim in claims)
    assert not claims or validator.is_valid(plain(read(path, Diagnostics()).root))


@settings(max_examples=max(30, EXAMPLES // 10), suppress_health_check=list(HealthCheck))
@given(content=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_bytes_break_the_reader(project, content):
    """Bytes that were never a claim end in a located mistake."""
    path = project.write("claim.yaml", content)
    with pytest.raises(ClaimError) as caught:
        load_file(path, catalog=project.catalog, scale="quick")

    assert all(mistake.origin.line >= 1 for mistake in caught.value.mistakes)
