"""A subject with a verdict of a run, its values, and the page of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from cbspec.ledger import Evidence
from cbspec.model.values import Values
from cbspec.report import Record
from cbspec.report.html.subject import Subject

SEEDS = (42, 123, 456)


@pytest.fixture(scope="session")
def values() -> Values:
    """Two arms, two measures, three seeds; one value is missing."""
    return Values(
        seeds=SEEDS,
        arms={
            "dfa": {"gamma": (0.0, 0.1, 0.2), "rho": (0.3, None, 0.1)},
            "vec": {"gamma": (0.5, 0.6, 0.7), "rho": (0.4, 0.4, 0.4)},
        },
        undefined={"dfa": {"rho": {"123": "no variance"}}},
    )


@pytest.fixture(scope="session")
def subject(record: Callable[..., Record], values: Values) -> Callable[..., Subject]:
    """The subject of a record, as the page of a run has it."""

    def make(made: Record | None = None, **changes: Any) -> Subject:
        judged = made or record()
        evidence = Evidence(claim=judged.claim, scale="quick", device="cpu", values=values)
        judged = msgspec.structs.replace(judged, evidence=evidence)
        known = {
            "id": judged.claim,
            "title": judged.title,
            "phase": judged.phase,
            "status": judged.status,
            "path": judged.path,
            "line": judged.line,
            "about": judged.about,
            "record": judged,
            "values": {judged.entry.key: values},
        }
        return Subject(**{**known, **changes})

    return make
