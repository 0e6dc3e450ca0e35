"""Every source that code and claims cite is in the repository or named there by title and hash."""

import re
from pathlib import Path

import pytest

from cbspec.language import claim_files
from cbspec.language.diagnostics import Diagnostics
from cbspec.language.node import plain
from cbspec.language.parse import read

ROOT = Path(__file__).parents[1]
DEFINITIONS = ROOT / "engine" / "DEFINITIONS.md"
SOURCES = ROOT / "claims" / "SOURCES.md"
SUFFIXES = {".py", ".yaml", ".md"}
NUMBERS = r"\d+(?:(?:, | and | to |, and )\d+)*"
SECTIONS = re.compile(rf"definitions, sections?\s+({NUMBERS})(, Validity)?")
MEMO = re.compile(r"phase (\d[\w.]*) memo(?:'s)?(?:, ([^;\"(]+))?")
ENTRY = re.compile(r"commit log, ([^;\"(]+)")


@pytest.fixture(scope="module")
def sources():
    """Title of a document -> its named parts, as SOURCES.md lists them."""
    part = re.compile(r"^- \*\*(.+?)\*\*: ", re.MULTILINE)
    named = (section.partition("\n") for section in documents())
    return {title: part.findall(text) for title, _, text in named}


def documents():
    """Return the section of SOURCES.md on each document."""
    return re.split(r"^## ", SOURCES.read_text(), flags=re.MULTILINE)[1:]


def texts():
    """Path -> text of every file of the engine, the harness and the claims that people write."""
    folders = (ROOT / name for name in ("engine", "cbspec", "claims"))
    files = (path for folder in folders for path in folder.rglob("*") if path.suffix in SUFFIXES)
    return {path: path.read_text() for path in files}


def cited_sections(text):
    """Return the numbers of the sections that a text cites; "2 to 7" are six of them."""
    numbers = set()
    for words, _ in SECTIONS.findall(text):
        for first, last in re.findall(r"(\d+)(?: to (\d+))?", words):
            numbers |= set(range(int(first), int(last or first) + 1))
    return numbers


def begins(words, names):
    """Return whether a citation begins with one of the names, as a whole word."""
    return any(re.match(rf"{re.escape(name)}(?![\w.])", words.strip()) for name in names)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("(definitions, section 4)", {4}),
        ("(definitions, section 7, Validity)", {7}),
        ("definitions, sections 5, 6 and 8", {5, 6, 8}),
        ("definitions, sections 2 to 4", {2, 3, 4}),
        ("the definitions write it", set()),
    ],
)
def test_citations_are_read(text, numbers):
    """A citation of one section, of several and of a range names each of them."""
    assert cited_sections(text) == numbers


def test_cited_sections_of_the_definitions_exist():
    """Each "definitions, section N" names a section of DEFINITIONS.md; Validity is part of 7."""
    text = DEFINITIONS.read_text()
    headings = re.findall(r"^## (\d+)\. ", text, flags=re.MULTILINE)
    cited = {path: cited_sections(content) for path, content in texts().items()}

    assert headings == [str(number) for number in range(1, len(headings) + 1)]
    assert sum(map(bool, cited.values())) > 10
    known = set(map(int, headings))
    assert [path for path, numbers in cited.items() if not numbers <= known] == []
    assert "**Validity.**" in text.partition("\n## 7. ")[2].partition("\n## ")[0]
    citations = [citation for content in texts().values() for citation in SECTIONS.findall(content)]
    assert {number for number, validity in citations if validity} == {"7"}


def test_every_mention_of_a_section_is_a_citation_that_is_checked():
    """No citation escapes the check above by another spelling."""
    loose = re.compile(r"definitions[,:]?\s+sections?\s+\d", re.IGNORECASE)

    assert {path: len(loose.findall(text)) for path, text in texts().items()} == {
        path: len(SECTIONS.findall(text)) for path, text in texts().items()
    }


@pytest.mark.parametrize("path", claim_files([ROOT / "claims"]), ids=lambda path: path.stem)
def test_the_source_of_a_claim_is_listed(path, sources):
    """Each memo, and each entry of the log, that a claim names is one that SOURCES.md lists."""
    words = plain(read(path, Diagnostics()).root)["source"]["memo"]
    memos, entries = MEMO.findall(words), ENTRY.findall(words)

    assert memos or entries, words
    for phase, part in memos:
        assert f"phase {phase} memo" in sources
        assert not part or begins(part, sources[f"phase {phase} memo"]), part
    for entry in entries:
        assert begins(entry, sources["commit log"]), entry


def test_the_memos_that_code_cites_are_listed(sources):
    """Each "memo of phase N" in engine and harness is one that SOURCES.md lists."""
    memo = re.compile(r"memo of (?:phase )?(\d[\w.]*\w|\d)")
    cited = {phase for text in texts().values() for phase in memo.findall(text)}

    assert cited
    assert {f"phase {phase} memo" for phase in cited} <= set(sources)


def test_each_source_has_its_hash():
    """Each document has a hash of its own, by which someone who has the document can check it."""
    hashes = [re.findall(r"blob\s+`([0-9a-f]{40})`", document) for document in documents()]

    assert [len(found) for found in hashes] == [1] * 6
    assert len({each for found in hashes for each in found}) == 6
