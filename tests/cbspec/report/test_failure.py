from __future__ import annotations

from math import inf, nan

import pytest
from msgspec.structs import replace

from cbspec.model.origin import Origin
from cbspec.report import failure_text
from cbspec.report.failure import effect_text

FLIP = """\
6A.a: Gamma orders the estimators

flip: holds -> refuted: assert[0]: vec lies below dfa

claims/6A.a.yaml:4: assert[0]
  4 |   - kind: order
  5 |     measure: gamma
  6 |     arms: [dfa, vec]
  7 |
  8 |     direction: ascending
  refuted: vec lies below dfa
    vec - dfa of gamma: -0.020 [-0.032, -0.008] cosine (95% interval, n = 3); memo 0.369

Ledger (quick, cpu)
  flip: holds -> refuted
    recorded 2026-01-02 at 3f2a1c0000, torch 2.11: it holds
    now: assert[0]: vec lies below dfa
    assert[0] holds -> refuted
    vec - dfa of gamma: 0.369 [0.310, 0.430] (n = 3) -> -0.020 [-0.032, -0.008] (n = 3)

Changed in the code
  engine/credit/vector.py:31: fit (stage vector_field)

Next
  cbspec explain 6A.a   (what changed since the verdict on record)
  cbspec accept 6A.a --reason "..."   (if the change is right)"""

SENTENCE = "The memo had one seed, which may be why."


def test_text_of_a_flip(flipped):
    """A flip shows the assertion from its file, the effect beside the memo's figure, the record,
    the edit and the next step.
    """
    assert failure_text(flipped) == FLIP


def test_the_discussion_stands_before_the_record(record):
    """What a person says of memo and findings is part of the text, wrapped; without it there is no
    such part.
    """
    text = failure_text(record("refuted", discussion=f"{SENTENCE} " * 4))

    assert (
        "; memo 0.369\n\nAgainst the memo\n"
        f"  {SENTENCE} {SENTENCE} The memo had one seed, which may be\n"
        f"  why. {SENTENCE}\n\nLedger (quick, cpu)\n"
    ) in text
    assert "Against the memo" not in failure_text(record("refuted"))


def test_an_error_points_to_the_claim(record):
    """An error has no finding to quote: the text names the claim's place and does not offer to
    accept it.
    """
    text = failure_text(record("error", old="holds", findings=(), reason="no data"))

    assert "error: no data\n\nclaims/6A.a.yaml:1\n" in text
    assert "cbspec accept" not in text


def test_a_failed_control_is_quoted(record, finding):
    """Of an invalid claim it is the failed control that is quoted, not the assertions."""
    control = finding(key="controls[0]", kind="sign", verdict="refuted", reason="vec is negative")

    text = failure_text(record("invalid", old="holds", controls=(control,)))

    assert (
        "claims/6A.a.yaml:14: controls[0]\n  14 |   - {kind: sign, measure: gamma, arms: [vec], sign: positive}\n"
        in text
    )
    assert "claims/6A.a.yaml:4" not in text


def test_only_what_made_the_verdict_is_quoted(record, finding):
    """An inconclusive claim quotes the inconclusive assertion, not the one that holds."""
    second = finding(key="assert[1]", kind="sign", verdict="inconclusive", reason="too few seeds")

    text = failure_text(record("inconclusive", old="holds", findings=(finding(), second)))

    assert "claims/6A.a.yaml:9: assert[1]\n   9 |   - kind: sign\n  10 |     measure: rho\n" in text
    assert ": assert[0]\n" not in text


def test_a_matrix_cell_is_quoted_for_the_shell(record):
    """The next commands can be pasted into a shell whatever the id holds."""
    text = failure_text(record("refuted", id="1.b[depth=4]"))

    assert "  cbspec explain '1.b[depth=4]'   (which stages it stands on)\n" in text


def test_a_source_file_that_is_gone_does_not_hide_the_verdict(record, tmp_path):
    """Without its file an assertion is told by its place alone."""
    origins = {"assert[0]": Origin(tmp_path / "gone.yaml", 4, 5)}

    text = failure_text(record("refuted", origins=origins))

    assert f"{tmp_path}/gone.yaml:4: assert[0]\n  refuted: vec exceeds dfa\n" in text


@pytest.mark.parametrize(
    ("ends", "text"),
    [
        ({"low": -inf, "high": nan, "n": 1}, "0.5 (unbounded: one run tells no spread) cosine"),
        ({"low": -inf, "high": inf, "label": "vec / dfa"},
         "0.5 (unbounded: the denominator may be zero) cosine"),
        ({"low": -inf, "high": inf}, "0.5 (unbounded) cosine"),
        ({"low": -inf, "high": 0.7}, "0.5 [unbounded, 0.7] cosine"),
        ({"low": nan, "high": nan, "estimate": nan, "n": 0}, "no value cosine"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_an_interval_without_ends_says_so_in_words(effect, ends, text):
    """An interval that bounds nothing, or one side alone, is told in words, with the reason."""
    bare = effect(**{"estimate": 0.5, "p": nan, "reported": None, "needed": (4, 7), **ends})

    assert f": {text} (95% interval, p = ?, n = {bare.n}); 4 to 7 seeds would decide" in (
        effect_text(bare)
    )


def test_a_refuted_assertion_shows_no_p_that_it_would_hold_by(effect):
    """The p of the assertion itself is left out; the reason has that of the refutation."""
    bare = effect(p=0.99, reported=None, needed=None)

    assert "p = 0.99" in effect_text(bare)
    assert effect_text(bare, refuted=True).endswith(f"(95% interval, n = {bare.n})")


def test_long_assertions_are_cut(record, tmp_path):
    """An assertion of many lines is quoted up to sixteen, with a mark."""
    path = tmp_path / "long.yaml"
    path.write_text("assert:\n  - kind: all\n    of:\n" + "      - {}\n" * 30)
    origins = {"assert[0]": Origin(path, 2, 5)}

    [quote] = record(origins=origins).quotes

    assert (len(quote.lines), quote.lines[15], quote.lines[16]) == (17, "      - {}", "...")


def test_without_known_edits(flipped):
    """Where no changed definition is known, the text has no part on code."""
    assert "Changed in the code" not in failure_text(replace(flipped, edits=()))
