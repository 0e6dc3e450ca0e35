"""Text that no claim can mean ends in one located mistake, which hides nothing itself."""

from __future__ import annotations

import pytest

from cbspec.errors import ClaimError
from cbspec.language import load_file
from tests.support.broken_text import CLAIM

TITLE = "title: Same-batch loss decrease is monotone in credit quality"
WIDTH = "directions: $m"


def title(text: str) -> bytes:
    return CLAIM.replace(TITLE, f"title: {text}").encode("utf-8", "surrogatepass")


def width(text: str) -> bytes:
    return CLAIM.replace(WIDTH, f"directions: {text}").replace("matrix: {m: [4, 8]}\n", "").encode()


HOSTILE = {
    "escape sequence": (title('"a\\e[31mb"'), 2, "an escape for a control character"),
    "raw escape sequence": (title("a\x1b[31mb"), 2, "control character U+001B"),
    "delete": (title("a\x7fb"), 2, "control character U+007F"),
    "C1 control": (title("a\x9bb"), 2, "control character U+009B"),
    "line separator": (title("a\u2028b"), 2, "control character U+2028"),
    "escaped surrogate": (title('"a\\ud800b"'), 2, "not YAML: "),
    "raw surrogate": (title("a\ud800b"), 2, "byte 0xed is not UTF-8"),
    "nul": (title('"a\\0b"'), 2, "an escape for a control character"),
    "5000 digits": (width("1" * 5000), 16, "has too many digits"),
    "-5000 digits": (width("-" + "1" * 5000), 16, "has too many digits"),
    "hexadecimal": (width("0x" + "f" * 5000), 16, "has too many digits"),
    "5000 decimals": (width("0." + "1" * 5000), 16, "has too many digits"),
    "beyond float64": (width("1e999"), 16, "is too large"),
    "beyond 64 bits": (width("9223372036854775808"), 16, "does not fit 64 bits"),
    "infinity": (width("-.inf"), 16, "is not a finite number"),
    "not a number": (width(".nan"), 16, "is not a finite number"),
    "deep list": (width("[" * 5000 + "]" * 5000), 16, "nested deeper than 32 levels"),
    "deep mapping": (width("{a: " * 5000 + "}" * 5000), 16, "nested deeper than 32 levels"),
    "deep unclosed list": (width("[" * 100_000), 16, "nested deeper than 32 levels"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_one_located_mistake(project, name):
    """Control characters, halves of letters, endless numbers and depth are each one mistake in
    their line, in printable words.
    """
    content, line, words = HOSTILE[name]
    with pytest.raises(ClaimError) as caught:
        load_file(project.write("claim.yaml", content), catalog=project.catalog, scale="quick")
    [mistake] = caught.value.mistakes

    assert mistake.origin.line == line
    assert words in mistake.message
    assert str(mistake).replace("\n", "").isprintable()
    assert len(str(mistake)) < 700


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\u200b", "\ufeff"])
def test_a_mark_of_direction_is_shown_in_a_message(project, mark):
    """A key with a mark that turns text around is quoted with the mark's escape."""
    text = CLAIM.replace("phase: 6.5A\n", f"phase: 6.5A\npha{mark}se: 1\n")
    with pytest.raises(ClaimError) as caught:
        project.claims(text=text)
    [mistake] = caught.value.mistakes

    assert mistake.key == f"pha\\u{ord(mark):04x}se"
    assert str(mistake).replace("\n", "").isprintable()
