"""Texts of claims, ledger and stages are shown as text, whatever they hold."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace

from cbspec.claim import Quarantine
from cbspec.config import Config
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
from cbspec.report.comment import comment
from cbspec.report.html import of_run, page

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


def read(text: str) -> tuple[str, set[str]]:
    """The text that a Markdown reader shows, and the kinds of its tokens."""
    shown, kinds = [], set()
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text):
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
    text = render(run.records[0] if render is failure_text else run)

    assert text.replace("\n", "").isprintable()
    text.encode()


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


BLANK = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
"""Signs that count as printable, and are not seen."""

BLOCKS = {
    "heading": "# one",
    "underline": "=====",
    "rule": "---",
    "stars": "* * *",
    "task": "- [ ] todo",
    "plus": "+ a",
    "numbered": "1. one",
    "bracket": "12) one",
    "quote": "> quote",
    "fence": "```sh",
    "tildes": "~~~",
    "indented": "    code",
    "reference": "[a]: http://b",
    "footnote": "[^1]: y",
    "cells": "a | b |---|---|",
    "broken": "a  \nb\\\nc<br>d",
    "folds": "</details><details open><summary>x",
    "end": "</style></script><img src=x onerror=alert(1)>",
    "comment": "<!-- --> --!> <![CDATA[ ]]> <?php ?>",
    "entities": "&lt;b&gt; &#60;i&#62; &amp;amp;",
    "attributes": "\" onmouseover=alert(1) x=' y=` {{ 7*7 }} {% raw %}",
    "links": "<https://a.example> ![a](b) [c][d]",
    "formulas": "$$x$$ \\(y\\) $`z`$",
    "hyperlink": "\x1b]8;;http://x\x07a\x1b]8;;\x07 \x1bP q\x1b\\ \x9d0;t\x9c",
    "overwriting": "good\rbad \b\b\b\x7f \x0c\x0b",
    "unseen": "a\u200bb\u2060c\ufeffd\u00ade\U000e0041f \u200e\u061c",
    "blank": f"a{BLANK}b",
    "commands": "::set-output name=a::b %0A::error::c ##vso[x]y ::stop-commands::z",
    "stacked": "e" + "\u0301" * 60,
    "long": "x" * 400,
}
"""What would begin, end or hide something where a text is handed on as it is."""


@pytest.fixture
def told(run_of, record, finding, effect):
    """Return a run in which a text is all that people wrote: titles, reasons, names and owners."""

    def run(text: str) -> Run:
        odd = finding(reason=text, effects=(effect(label=text, unit=text),))
        said = {"title": text, "findings": (odd,), "reason": text, "discussion": text}
        excused = record(
            "refuted", old="holds", quarantine=Quarantine(text, text, "2099-01-01"), **said
        )
        over = record(
            "refuted",
            old="holds",
            id="1.b",
            quarantine=Quarantine(text, text, "2001-01-01"),
            **said,
        )
        return run_of(excused, over)

    return run


def kinds(text: str) -> Counter[str]:
    """Count the tokens of a Markdown page by what they make of the text."""
    counts: Counter[str] = Counter()
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text):
        counts[token.type] += 1
        for part in token.children or ():
            counts[part.type] += 1
    del counts["text"]  # is cut at each escaped sign
    return counts


@pytest.mark.parametrize("name", BLOCKS)
def test_no_text_begins_anything(told, root, name):
    """A page, a summary and a comment have the paragraphs, lists and tables that they have with
    plain words, the HTML page the same tags; a terminal and GitHub's runner get printable lines
    without a command.
    """
    plain, odd = told("plain words"), told(BLOCKS[name])
    project = Config(root)

    for render in (markdown, job_summary, lambda run: comment(run, project, "https://h/p")):
        assert kinds(render(odd)) == kinds(render(plain))
    tags = [Counter(re.findall(r"<(\w+)", page(of_run(run, project)))) for run in (plain, odd)]
    assert tags[0] == tags[1]
    for line in annotations(odd):
        assert line.isprintable()
        assert re.match(r"::(error|warning) [^:]*::", line)
    for text in (failure_text(odd.records[0]), summary_table(odd.records, 200)):
        assert text.replace("\n", "").isprintable()
        assert not set(text) & set(BLANK)
        assert not re.search(r"^\s*::|##\[", text, re.MULTILINE)


def test_nobody_is_called_by_a_comment(told, root):
    """What GitHub would take for a person or another issue is shown as it stands and calls nobody;
    an address, a claim's part of the page among it, is left alone.
    """
    text = comment(told("@octocat (#12) ada@example.org a/b#3"), Config(root), "https://h/@p/?x=1")

    assert "@<!-- -->octocat (#<!-- -->12) ada@example.org a/b#3" in text
    assert "](https://h/@p/?x=1#claim-1.b)" in text
    assert not re.search(r"(?<![\w/])(@\w|#\d)", text)


@given(text=st.text())
def test_visible_texts_are_json_escapes(text):
    """What is made visible is read back by JSON, and what is printable is left alone."""
    shown = visible(text)

    assert shown.isprintable()
    unescaped = re.sub(r"(?:\\u[0-9a-f]{4})+", lambda match: json.loads(f'"{match[0]}"'), shown)
    assert "\\" in text or unescaped == text
    assert shown == text or not text.isprintable() or set(text) & set(BLANK)
    assert not set(shown) & set(BLANK)
