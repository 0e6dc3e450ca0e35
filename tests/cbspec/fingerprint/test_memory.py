"""Which functions of a module Python keeps results of."""

from functools import cache, lru_cache, wraps

import pytest

from cbspec.fingerprint.memory import remembers


def plain():
    """Nobody keeps what it returns."""


def beneath():
    """Cached by another name."""


@cache
def cached():
    """Cached by its own name."""


@lru_cache(maxsize=2)
@wraps(plain)
def over():
    """Cached, and taken for `plain`."""


class Field:
    @lru_cache(maxsize=1)  # noqa: B019 - the case in question
    def method(self):
        """Cached for each field."""

    @staticmethod
    @cache
    def static():
        """Cached once."""


by_hand = cache(beneath)


@pytest.mark.parametrize(
    "function",
    [cached.__wrapped__, beneath, Field.method.__wrapped__, Field.static.__wrapped__, plain],
    ids=["function", "by hand", "method", "static", "beneath a wrapper"],
)
def test_a_function_that_is_cached_is_found(function):
    """However it is, and whatever lies between."""
    assert remembers(globals(), function.__code__)


def test_no_other_function_is_found():
    """A test function is not cached."""
    assert not remembers(globals(), test_no_other_function_is_found.__code__)
