"""The page of a run and of the record."""

import json
import re
from html.parser import HTMLParser
from importlib import import_module

import msgspec
import pytest

from cbspec.canary import CanaryCheck
from cbspec.canary.comparison import Difference
from cbspec.claim import Quarantine
from cbspec.config import Config
from cbspec.ledger import Acceptance, EvidenceFolder, Ledger, Outcome
from cbspec.report import Check, Skipped, Upheld, write_pages
from cbspec.report.formats import load
from cbspec.report.html import of_record, of_run, page
from cbspec.report.html.page import packed
from cbspec.report.html.standing import standing_of
from tests.support.specimen import make_entry, put_on_record

HOSTILE = "<script>alert(1)</script> \"'&|` \x1b[31m \u202e ::error::=1+1"


class Tags(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.words = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


def shown(subjects, root, run=None):
    from cbspec.report.html.contents import Contents

    return page(Contents(run=run, subjects=tuple(subjects)))


@pytest.fixture
def project(root):
    return Config(root)


def test_a_run_is_one_file_that_needs_nothing(run_of, record, flipped, project, tmp_path):
    """The format writes latest.html beside the others; nothing in it points outside of it."""
    paths = write_pages(run_of(record(id="1.b"), flipped), tmp_path, load(project))
    text = (tmp_path / "latest.html").read_text()
    tags = Tags(text).found

    assert paths[-1].name == "latest.html"
    assert all(attrs.get("href", "#").startswith(("#", "data:")) for _, attrs in tags)
    assert not [attrs for _, attrs in tags if attrs.keys() & {"src", "action", "srcset"}]
    assert "default-src 'none'" in text
    assert "url(http" not in text


def test_every_element_is_closed_and_named_once(run_of, flipped, record, project):
    """Ids are unique, each link inside the page leads to one, and each table has its caption."""
    text = page(of_run(run_of(flipped, record(id="1.b")), project))
    tags = Tags(text).found
    ids = [attrs["id"] for _, attrs in tags if "id" in attrs]
    links = {attrs["href"][1:] for tag, attrs in tags if tag == "a" and attrs["href"] != "#"}

    assert len(ids) == len(set(ids))
    assert links <= set(ids)
    assert text.count("<table") == text.count("<caption")
    assert text.count("<svg") == text.count("</svg>") + len(re.findall("<svg[^>]*/>", text))


def test_what_flipped_heads_the_page(run_of, flipped, record, project):
    """The claim that turned comes before all, with old and new verdict, memo's value, reason and
    the definition that was edited.
    """
    text = page(of_run(run_of(record(id="1.b", old="holds"), flipped), project))
    words = " ".join(" ".join(Tags(text).words).split())
    first = words[words.index("What changed") : words.index("All claims")]

    assert "1 claim needs a look" in words
    for part in ("6A.a", "flip", "holds", "refuted", "memo 0.369", "vec lies below dfa", "fit"):
        assert part in first
    assert "1.b" not in first
    assert text.index('href="#claim-6A.a"') < text.index('href="#claim-1.b"')


def test_hostile_text_is_shown(run_of, record, project):
    """Markup is text, and characters that act on a terminal or on the order of reading are named."""
    judged = record(title=HOSTILE, discussion=HOSTILE, reason=HOSTILE)
    text = page(of_run(run_of(judged), project))
    parsed = Tags(text)

    assert len([tag for tag, _ in parsed.found if tag == "script"]) == 2
    assert "<script>alert(1)</script> \"'&|` \\u001b[31m \\u202e ::error::=1+1" in "".join(
        parsed.words
    )
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_what_was_not_recomputed_says_how_it_was_checked(run_of, record, project):
    """A verdict in doubt needs a look and shows the canary values that differ; one by record does
    not; one that was never run says so.
    """
    base = record()
    difference = Difference(
        arm="vec", measure="gamma", seed=42, before=0.5, after=0.6, allowed=0.05
    )
    doubt = Check(
        scale="memo",
        device="cpu",
        verdict="holds",
        way="in doubt",
        reason="the code of fit changed",
        differences=(difference,),
    )
    calm = Check(scale="memo", device="cpu", verdict="holds", way="canary equal")
    told = []
    for name, checks in (("1.a", (doubt,)), ("1.b", (calm,)), ("1.c", ())):
        told.append(
            Upheld(
                claim=name,
                title="T",
                phase="1",
                status="active",
                path="claims/a.yaml",
                line=1,
                checks=checks,
                outcome=Outcome(kind="failed" if checks == (doubt,) else "passed", reason="so"),
                about=base.about,
            )
        )
    run = msgspec.structs.replace(run_of(), upheld=tuple(told))
    contents = of_run(run, Config(project.root, canary="canary"))
    standings = {one.id: standing_of(one, of_run=True) for one in contents.subjects}
    text = page(contents)

    assert {name: (one.change, one.way, one.urgent) for name, one in standings.items()} == {
        "1.a": ("in doubt", "in doubt", True),
        "1.b": ("same", "canary equal", False),
        "1.c": ("never run", "never run", False),
    }
    row = re.search(r"<th scope=\"row\">gamma.*?</tr>", text, re.DOTALL)[0]
    assert re.findall(r">([^<]+)<", row) == ["gamma", "vec", "42", "0.5", "0.6", "0.05", "2×"]


def test_a_run_of_canaries(run_of, project):
    """A canary that differs or broke needs a look; one that is equal does not."""
    canaries = (
        CanaryCheck(claim="1.a", state="equal", title="T", path="claims/a.yaml"),
        CanaryCheck(
            claim="1.b", state="error", reason="fit broke", title="T", path="claims/a.yaml"
        ),
    )
    run = msgspec.structs.replace(run_of(), canaries=canaries)
    text = page(of_run(run, project))

    assert "1 claim needs a look" in text
    assert "computed 2 canaries: 1 equal, 1 broke." in " ".join("".join(Tags(text).words).split())


def test_what_has_no_verdict_says_why(run_of, project):
    """A claim whose file cannot be read is on the page with the reason."""
    broken = Skipped(claim="a.yaml", title="", path="claims/a.yaml", line=3, reason="not YAML")
    run = msgspec.structs.replace(run_of(), broken=(broken,))
    text = page(of_run(run, project))

    assert "no verdict could be reached" in text.lower()
    assert "not YAML" in text


def test_the_record_follows_from_what_is_committed(claim, record, root, tmp_path):
    """The page of the record has each verdict with its history, the file's lines with numbers, and
    is the same text every time.
    """
    entry = make_entry(claim=claim())
    accepted = Acceptance(
        date="2026-01-03", outcome="flip", before="refuted", after="holds", reason="<b>mended</b>"
    )
    ledger = Ledger([msgspec.structs.replace(entry, accepted=(accepted,))])
    folder = EvidenceFolder(tmp_path / "evidence")
    contents = of_record([claim(), claim(scale="memo")], ledger, folder, root)
    text = page(contents)
    words = " ".join(" ".join(Tags(text).words).split())

    assert text == page(of_record([claim(), claim(scale="memo")], ledger, folder, root))
    assert "flip: refuted → holds" in words
    assert "<b>mended</b>" in words
    assert "Gamma orders the estimators" in words
    assert 'id="time"' not in text


def test_values_on_record_are_drawn(claim, record, values, root, tmp_path):
    """Evidence beside the ledger gives the dots of the record's page."""
    from cbspec.ledger import Evidence, entry_of

    judged = record()
    evidence = Evidence(claim="6A.a", scale="quick", device="cpu", values=values)
    entry = entry_of(
        claim(),
        judged.judgement,
        device="cpu",
        code={},
        provenance=judged.entry.provenance,
        values=values,
    )
    kept = msgspec.structs.replace(
        judged,
        evidence=evidence,
        comparison=msgspec.structs.replace(judged.comparison, new=entry),
    )
    ledger = put_on_record(tmp_path, [kept])
    text = page(of_record([claim()], ledger, EvidenceFolder(tmp_path / "evidence"), root))

    drawn = [json.loads(rows) for rows in re.findall("data-rows='([^']*)'", text)]
    assert [len(dots) for _, dots, *_ in drawn[0]] == [3, 3]
    assert "dfa, seed 123: no variance" in text


def test_scripts_are_packed():
    """A page carries no comment and no indentation of its script, and no blank beside a sign of its
    style sheet; texts between quotes stay.
    """
    assert packed("a();\n\n  // why\n  b(); // how\n") == "a();\nb(); // how"
    assert packed('/* why */\na > b { content: " x"; top: 0; }\n', style=True) == (
        'a > b{content:" x";top:0;}'
    )


def test_a_quarantine_decides_what_needs_a_look(run_of, record, project):
    """A verdict that turned in quarantine needs no look and stands after what does; one that is as
    recorded needs one from the day after its quarantine's last.
    """
    excused = record("refuted", old="holds", quarantine=Quarantine("Ada", "<i>", "2026-01-02"))
    over = record(id="1.b", old="holds", quarantine=Quarantine("Eve", "<i>", "2026-01-01"))
    warned = record("refuted", old="holds", id="1.c", on_change="warn")
    contents = of_run(run_of(excused, over, warned), project)
    standings = {one.id: standing_of(one, of_run=True) for one in contents.subjects}
    text = page(contents)

    assert {name: (one.change, one.urgent, one.excused) for name, one in standings.items()} == {
        "1.b": ("overdue", True, False),
        "6A.a": ("flip", False, True),
        "1.c": ("flip", False, True),
    }
    assert re.findall(r'<small class="tag([ a-z]*)" data-until=([0-9-]+)>([^<]+)<', text)[:3] == [
        (" over", "2026-01-01", "quarantine ended 2026-01-01 (Eve)"),
        ("", "2026-01-02", "in quarantine until 2026-01-02 (Ada)"),
        (" over", "2026-01-01", "quarantine ended 2026-01-01 (Eve)"),
    ]
    assert "changes only warn" in text
    assert "&lt;i&gt;" in text
    assert "1 claim needs a look" in text


def test_a_page_of_the_record_knows_no_day(claim, root, tmp_path):
    """It names the last day of a quarantine and leaves it to the reader's clock whether that is
    past.
    """
    held = claim(quarantine=Quarantine("Ada", "it is mended", "2001-01-01"))
    text = page(of_record([held], Ledger(), EvidenceFolder(tmp_path), root))

    assert '<small class="tag" data-until=2001-01-01>in quarantine until 2001-01-01 (Ada)<' in text
    assert "Quarantine: it is mended" in text
    assert "quarantine ended 2001" not in text


def test_a_new_claim_that_does_not_hold_needs_a_look(run_of, record, project):
    """Whatever fails the run heads the page, new claims among it."""
    text = page(of_run(run_of(record("refuted")), project))

    assert "1 claim needs a look" in text


def test_a_page_of_many_claims_shows_each_in_short(subject, flipped, monkeypatch, run_of, record):
    """Beyond a number of claims one that needs no look has its decisive effects and seeds and names
    its file, without headings over nothing; one that needs a look has all.
    """
    judged = record(id="1.b", old="holds")
    run = run_of(judged, flipped)
    subjects = [subject(judged), subject(flipped)]
    whole = shown(subjects, None, run)
    monkeypatch.setattr(import_module("cbspec.report.html.page"), "MANY", 1)
    text = shown(subjects, None, run)
    calm, urgent = (article(text, name) for name in ("1.b", "6A.a"))

    assert len(text) < len(whole)
    assert urgent == article(whole, "6A.a")
    assert "Assertions and controls" in urgent
    assert "Assertions and controls" not in calm
    assert "<table class=effects>" in calm
    assert "data-many" in calm
    assert "data-many" not in urgent


def article(text, claim):
    """The part of a page that shows a claim."""
    return text.partition(f'id="claim-{claim}"')[2].partition("</article>")[0]


def test_a_run_says_no_more_than_it_found(run_of, record, project):
    """A page is headed as recorded where all is on record; a new claim that holds needs no look and
    is not that.
    """
    equal = CanaryCheck(claim="1.a", state="equal", title="T", path="claims/a.yaml")
    calm = msgspec.structs.replace(run_of(), canaries=(equal,))

    assert "Everything is as recorded</h2>" in page(of_run(calm, project))
    assert "No claim needs a look</h2>" in page(of_run(run_of(record()), project))
