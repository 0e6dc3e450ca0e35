"""Texts of claims, ledger and stages are shown as text, whatever they hold."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace

from cbspec.model.visible import visible
from cbspec.report import (
    Run,
    Skipped,
    annotations,
    decode,
    encode,
    failure_text,
    job_summary,
    markdown,
    summary_table,
    write_pages,
)

TEXT = (
    '<script>alert("x")</script> <b>b</b> &lt; **c** _d_ ~~e~~ `f` |g| [h](i) ![j](k) $l$ \\'
    " ::error file=x::m ##[error]n =1+1 \x1b[31mo\x1b[0m \u202ep\u2066 \x07 \x9b q\ud800 '\"\nr\u2028s"
)
SHOWN = (
    '<script>alert("x")</script> <b>b</b> &lt; **c** _d_ ~~e~~ `f` |g| [h](i) ![j](k) $l$ \\'
    r" ::error file=x::m ##[error]n =1+1 \u001b[31mo\u001b[0m \u202ep\u2066 \u0007 \u009b q\ud800"
    " '\" r s"
)


@pytest.fixture
def run(run_of, record, finding, effect) -> Run:
    """A run in which every text of a claim, an effect and a skipped claim is odd."""
    odd = finding(reason=TEXT, effects=(effect(label=TEXT, unit=TEXT),))
    skipped = Skipped(claim="9.a", title=TEXT, path="claims/9.yaml", line=3, reason=TEXT)
    judged = record("refuted", old="holds", title=TEXT, findings=(odd,), reason=TEXT)
    return replace(run_of(judged, skipped=(skipped,)), broken=(skipped,))


def read(page: str) -> tuple[str, set[str]]:
    """The text that a Markdown reader shows, and the kinds of its tokens."""
    shown, kinds = [], set()
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(page):
        kinds.add(token.type)
        for part in token.children or ():
            kinds.add(part.type)
            shown.append(part.content)
    return "".join(shown), kinds


@pytest.mark.parametrize("render", [markdown, job_summary])
def test_a_text_is_shown_as_it_stands_in_markdown(run, render):
    """A reader of Markdown sees the title letter by letter, on one line, and no markup of its own."""
    shown, kinds = read(render(run))

    assert SHOWN in shown
    assert not kinds & {"html_inline", "link_open", "image", "em_open", "s_open", "math_inline"}
    assert "<b>" not in render(run)


@pytest.mark.parametrize("render", [markdown, job_summary, failure_text])
def test_nothing_hidden_reaches_a_page(run, render):
    """No control sequence, mark of direction or broken letter stands in a page or a failure."""
    page = render(run.records[0] if render is failure_text else run)

    assert page.replace("\n", "").isprintable()
    page.encode()


@pytest.mark.parametrize("label", ["言葉" * 14, "x" * 40, "été", "-0.0", "+1"])
def test_a_long_label_of_a_cell_is_shown_whole(run_of, record, label):
    """The id of a matrix cell is the same in table, page, JSON and failure, however long and in
    whatever letters.
    """
    name = f"1.b[label={label}]"
    judged = record("refuted", id=name)
    run = run_of(judged)

    assert decode(encode(run), Run).records[0].claim == name
    assert name in read(markdown(run))[0]
    assert summary_table(run.records, 200).splitlines()[-1].startswith(name)
    assert failure_text(judged).startswith(f"{name}: ")


def test_a_failure_is_no_workflow_command(record):
    """A line of a failure that would be a command to GitHub's runner is text, and a title stays one
    line.
    """
    text = failure_text(
        record("refuted", title="a\n::error::b", discussion="::stop-commands::c ##[add-mask]d")
    )

    assert text.startswith("6A.a: a ::error::b\n")
    assert "\n  : :stop-commands::c ## [add-mask]d\n" in text
    assert not re.search(r"^\s*::|##\[", text, re.MULTILINE)


def test_nothing_hidden_reaches_an_annotation(run):
    """Each annotation is one printable line that begins with its own command, whatever a title
    holds.
    """
    lines = annotations(run)

    assert [line[:8] for line in lines] == ["::error ", "::error "]
    assert all(line.isprintable() for line in lines)


def test_a_page_for_programs_hides_nothing_and_loses_nothing(run, tmp_path):
    """The JSON page is readable in a terminal, and gives the very texts back; half of a letter is
    its escape.
    """
    data, _ = write_pages(run, tmp_path)
    text = data.read_text(encoding="utf-8")

    assert text.replace("\n", "").isprintable()
    assert json.loads(text)["records"][0]["title"] == TEXT.replace("\ud800", r"\ud800")
    assert encode(decode(text, Run)) == encode(run)


@given(text=st.text())
def test_visible_texts_are_json_escapes(text):
    """What is made visible is read back by JSON, and what is printable is left alone."""
    shown = visible(text)

    assert shown.isprintable()
    unescaped = re.sub(r"(?:\\u[0-9a-f]{4})+", lambda match: json.loads(f'"{match[0]}"'), shown)
    assert "\\" in text or unescaped == text
    assert shown == text or not text.isprintable()
