"""What makes a claim, its judgement and its entry, each to be varied by keyword."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cbspec.claim import Claim
from cbspec.ledger import Entry, Ledger
from cbspec.model.finding import Judgement
from tests.support.specimen import make_claim, make_entry, make_judgement


@pytest.fixture(scope="session")
def judgement() -> Callable[..., Judgement]:
    return make_judgement


@pytest.fixture(scope="session")
def claim() -> Callable[..., Claim]:
    return make_claim


@pytest.fixture(scope="session")
def entry() -> Callable[..., Entry]:
    return make_entry


@pytest.fixture
def three(entry: Callable[..., Entry], claim: Callable[..., Claim]) -> Ledger:
    """A ledger of three claims."""
    return Ledger([entry(claim=claim(id=name)) for name in ("6A.c", "6A.a", "6A.b")])
