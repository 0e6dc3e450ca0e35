"""Records of two claims whose files lie in a folder, and of a run that judged them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cbspec.claim import Claim
from cbspec.kinds import Order, Sign
from cbspec.ledger import compare
from cbspec.model.finding import Judgement
from cbspec.model.origin import Origin
from cbspec.report import Edit, Record, Run, Skipped, record_of
from tests.support.specimen import (
    make_claim,
    make_effect,
    make_entry,
    make_finding,
    make_judgement,
    make_provenance,
)

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
RHO = make_finding(
    key="assert[1]",
    kind="sign",
    effects=(make_effect(label="vec", measure="rho", reported=None),),
    reason="vec > 0",
)
REVERSED = make_finding(
    verdict="refuted",
    p=0.99,
    p_against=0.01,
    effects=(make_effect(estimate=-0.02, low=-0.032, high=-0.008, p=0.99, needed=None),),
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
            "assertions": (
                Order(measure="gamma", arms=("dfa", "vec"), direction="ascending"),
                Sign(measure="rho", arms=("vec",), sign="positive"),
            ),
            "controls": (Sign(measure="gamma", arms=("vec",), sign="positive"),),
            "path": path,
            "origins": {key: Origin(path, line, column) for key, (line, column) in places.items()},
        }
        return make_claim(**{**known, **changes})

    return make


@pytest.fixture(scope="session")
def record(root: Path, claim: Callable[..., Claim]) -> Callable[..., Record]:
    """A record of a verdict, beside an old verdict where one is given."""

    def make(
        verdict: str = "holds", old: str | None = None, edits: tuple[Edit, ...] = (), **changes: Any
    ) -> Record:
        told = {
            name: changes.pop(name)
            for name in ("reason", "findings", "controls")
            if name in changes
        }
        asserted = claim(**changes)

        def judged(verdict: str, **told: Any) -> Judgement:
            known = {"claim": asserted.id, "findings": (make_finding(verdict=verdict), RHO)}
            return make_judgement(verdict, **{**known, **told})

        new = judged(verdict, **told)
        before = make_entry(claim=asserted, judgement=judged(old)) if old else None
        comparison = compare(before, make_entry(claim=asserted, judgement=new))
        return record_of(
            asserted, new, comparison, device="cpu", root=root, seconds=1.25, edits=edits
        )

    return make


@pytest.fixture(scope="session")
def flipped(record: Callable[..., Record]) -> Record:
    """A claim that held and is now refuted, since a definition changed."""
    edit = Edit(path="engine/credit/vector.py", line=31, definition="fit", stage="vector_field")
    return record(
        "refuted",
        old="holds",
        findings=(REVERSED, RHO),
        reason="assert[0]: vec lies below dfa",
        edits=(edit,),
    )


@pytest.fixture(scope="session")
def run_of() -> Callable[..., Run]:
    def make(*records: Record, skipped: tuple[Skipped, ...] = ()) -> Run:
        return Run(
            scale="quick",
            device="cpu",
            provenance=make_provenance(),
            seconds=12.5,
            workers=4,
            records=records,
            skipped=skipped,
        )

    return make
