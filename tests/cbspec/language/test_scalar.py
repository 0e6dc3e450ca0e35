"""Plain YAML words by the core schema of YAML 1.2."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbspec.language.scalar import number_of, resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E3", 1000),
        ("1e4", 10_000),
        (".5", 0.5),
        ("5.", 5.0),
        ("-0.25", -0.25),
        ("+7", 7),
        ("007", 7),
        ("0x1F", 31),
        ("0o17", 15),
        ("true", True),
        ("False", False),
        ("", None),
        ("~", None),
        ("null", None),
    ],
)
def test_numbers_and_words(text, value):
    """A word of the core schema has its value, and that value's type."""
    found = resolve(text)

    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "no",
        "on",
        "off",
        "y",
        "N",
        "12:30",
        "2024-01-01",
        "1_000",
        "6.5A",
        "t",
        "0b1",
        "1.2.3",
        "-",
        ".",
    ],
)
def test_text_that_yaml_1_1_would_change(text):
    """A word that YAML 1.1 would turn into a truth value, a date or a number stays text."""
    assert resolve(text) == text


@pytest.mark.parametrize(
    "text", [".nan", ".inf", "-.INF", "1e999", "-1e400", str(2**63), "9" * 5000, "0." + "1" * 5000]
)
def test_numbers_that_cannot_be_used(text):
    """A number that is not finite, or too long for 64 bits, is refused in a short message."""
    with pytest.raises(ValueError, match=r"finite|too large|64 bits|digits") as caught:
        resolve(text)

    assert len(str(caught.value)) < 100


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_survives(number):
    """A float written by Python is read as the same number."""
    assert resolve(repr(number)) == number


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_integer_survives(number):
    """An integer of 64 bits is read as itself."""
    found = resolve(str(number))

    assert (found, type(found)) == (number, int)


@pytest.mark.parametrize(("text", "number"), [("0x3e8", 1000.0), ("1e2", 100.0), ("0.5", 0.5)])
def test_a_value_on_an_axis_is_the_number_that_it_stands_for(text, number):
    """A value of the matrix is drawn where it is, however it is written."""
    assert number_of(text) == number
