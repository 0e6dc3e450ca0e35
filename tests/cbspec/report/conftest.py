"""Records of two claims whose files lie in a folder, and of a run that judged them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cbspec.assertion import Order, Sign
from cbspec.claim import Claim, Origin, Seeds, Source
from cbspec.finding import Effect, Finding, Judgement
from cbspec.ledger import Provenance, compare, entry_of
from cbspec.report import Edit, Record, Run, Skipped, record_of
from cbspec.stage import Call, Stage

YAML = """\
id: 6A.a
title: Gamma orders the estimators
assert:
  - kind: order
    measure: gamma
    arms: [dfa, vec]

    direction: ascending
  - kind: sign
    measure: rho
    arms: [vec]
    sign: positive
controls:
  - {kind: sign, measure: gamma, arms: [vec], sign: positive}
scales: [quick, memo]
"""
STAGE = Stage(name="local_descent", doc="", implementation="nowhere:nothing")
NOW = Provenance(commit="3f2a1c" + "0" * 34, dirty=False, torch="2.11", date="2026-01-02")


def make_effect(**changes: Any) -> Effect:
    known = {
        "label": "vec - dfa",
        "measure": "gamma",
        "unit": "cosine",
        "estimate": 0.369,
        "low": 0.31,
        "high": 0.43,
        "confidence": 0.95,
        "p": 0.0012,
        "n": 3,
        "headroom": 5.0,
        "reported": 0.378,
    }
    return Effect(**{**known, **changes})


def make_finding(**changes: Any) -> Finding:
    known = {
        "key": "assert[0]",
        "kind": "order",
        "verdict": "holds",
        "p": 0.0012,
        "p_against": 0.999,
        "effects": (make_effect(),),
        "reason": "vec exceeds dfa",
    }
    return Finding(**{**known, **changes})


RHO = make_finding(
    key="assert[1]", kind="sign", effects=(make_effect(label="vec", measure="rho", reported=None),), reason="vec > 0"
)
REVERSED = make_finding(
    verdict="refuted",
    p=0.99,
    p_against=0.01,
    effects=(make_effect(estimate=-0.02, low=-0.032, high=-0.008, p=0.99, headroom=-7.0, needed=None),),
    reason="vec lies below dfa",
)


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one claim file."""
    folder = tmp_path_factory.mktemp("repository")
    (folder / "claims").mkdir()
    (folder / "claims" / "6A.a.yaml").write_text(YAML)
    return folder


@pytest.fixture(scope="session")
def claim(root: Path) -> Callable[..., Claim]:
    path = root / "claims" / "6A.a.yaml"
    places = {"id": (1, 5), "assert[0]": (4, 5), "assert[1]": (9, 5), "controls[0]": (14, 5)}

    def make(**changes: Any) -> Claim:
        known: dict[str, Any] = {
            "id": "6A.a",
            "title": "Gamma orders the estimators",
            "phase": "6A",
            "status": "active",
            "source": Source(memo="phase 6A", figures={}),
            "arms": {"dfa": Call(STAGE, STAGE.parameters())},
            "seeds": Seeds(pool=(42, 123, 456), start=3),
            "assertions": (
                Order(measure="gamma", arms=("dfa", "vec"), direction="ascending"),
                Sign(measure="rho", arms=("vec",), sign="positive"),
            ),
            "controls": (Sign(measure="gamma", arms=("vec",), sign="positive"),),
            "alpha": 0.05,
            "scale": "quick",
            "decidable": ("quick", "memo"),
            "sizes": {},
            "revises": (),
            "retracted_by": (),
            "path": path,
            "origins": {key: Origin(path, line, column) for key, (line, column) in places.items()},
            "digest": "ab" * 32,
        }
        return Claim(**{**known, **changes})

    return make


@pytest.fixture(scope="session")
def record(root: Path, claim: Callable[..., Claim]) -> Callable[..., Record]:
    """A record of a verdict, beside an old verdict where one is given."""

    def make(verdict: str = "holds", old: str | None = None, edits: tuple[Edit, ...] = (), **changes: Any) -> Record:
        told = {name: changes.pop(name) for name in ("reason", "findings", "controls") if name in changes}
        asserted = claim(**changes)

        def judged(verdict: str, **told: Any) -> Judgement:
            known = {"reason": f"it {verdict}", "findings": (make_finding(verdict=verdict), RHO), "controls": ()}
            seeds, headroom = (42, 123, 456), 5.0
            return Judgement(
                claim=asserted.id, scale="quick", verdict=verdict, seeds=seeds, headroom=headroom, **{**known, **told}
            )

        def entry(judgement: Judgement) -> Any:
            return entry_of(asserted, judgement, device="cpu", code={"local_descent": "c0de" * 4}, provenance=NOW)

        new = judged(verdict, **told)
        comparison = compare(entry(judged(old)) if old else None, entry(new))
        return record_of(asserted, new, comparison, device="cpu", root=root, seconds=1.25, edits=edits)

    return make


@pytest.fixture(scope="session")
def flipped(record: Callable[..., Record]) -> Record:
    """A claim that held and is now refuted, since a definition changed."""
    edit = Edit(path="engine/credit/vector.py", line=31, definition="fit", stage="vector_field")
    return record("refuted", old="holds", findings=(REVERSED, RHO), reason="assert[0]: vec lies below dfa", edits=(edit,))


@pytest.fixture(scope="session")
def run_of() -> Callable[..., Run]:
    def make(*records: Record, skipped: tuple[Skipped, ...] = ()) -> Run:
        return Run(scale="quick", device="cpu", provenance=NOW, seconds=12.5, workers=4, records=records, skipped=skipped)

    return make


@pytest.fixture(scope="session")
def effect() -> Callable[..., Effect]:
    return make_effect


@pytest.fixture(scope="session")
def finding() -> Callable[..., Finding]:
    return make_finding
