"""Five findings: one on record at two scales, one that is several claims, one retracted, one drawn,
one open question.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cbspec.claim import Claim, Seeds, Source
from cbspec.kinds import Figure
from cbspec.ledger import Entry, Ledger
from tests.support.specimen import make_claim, make_effect, make_entry, make_finding, make_judgement

DRAWN = Figure(axes={"gamma": (-1, 1)}, arms=("dfa", "vec"))
SIZES = {"quick": {"width": 128, "epochs": 20}, "memo": {"width": 256, "epochs": 100}}


def versions(
    root: Path, id: str, file: str, *, wide: int | None = None, **changes: Any
) -> list[Claim]:
    """A claim at each scale at which it can be decided; `wide`: its own width at the memo's scale."""
    own = {scale: dict(sizes) for scale, sizes in SIZES.items()}
    if wide:
        own["memo"]["width"] = wide
    known = {
        "id": id,
        "path": root / "claims" / file,
        "seeds": Seeds(pool=(1, 2, 3, 4), start=3),
        **changes,
    }
    scales = known.setdefault("decidable", ("quick", "memo"))
    return [make_claim(**known, scale=scale, sizes=own[scale]) for scale in scales]


def entry(
    claim: Claim,
    verdict: str,
    *effects: dict[str, Any],
    reason: str = "",
    again: float = 0.99,
    **changes: Any,
) -> Entry:
    """A verdict on record whose reason names the first effect, unless another one is given."""
    made = tuple(make_effect(**effect) for effect in effects)
    told = reason or (
        f"{made[0].measure}: {made[0].label} = {made[0].estimate}" if made else f"it {verdict}"
    )
    judged = make_judgement(
        verdict,
        claim=claim.id,
        scale=claim.scale,
        reason=told,
        again=again,
        findings=(make_finding(verdict=verdict, effects=made),),
        seeds=changes.pop("seeds", (1, 2, 3)),
    )
    return make_entry(claim=claim, judgement=judged, **changes)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with a README."""
    (tmp_path / "README.md").touch()
    return tmp_path


@pytest.fixture
def claims(root: Path) -> list[Claim]:
    none = Source(memo="memo", reported={})
    note = Source(memo="memo", reported={}, note="a factor of 2 | more")
    return [
        *versions(
            root, "10A.a", "10A.a.yaml", status="retracted", retracted_by=("6A.a",), phase="10A"
        ),
        *versions(
            root,
            "1.b.deep",
            "1.b.deep.yaml",
            phase="1",
            source=none,
            decidable=("memo",),
            wide=512,
            title="And deep",
        ),
        *versions(root, "1.b[depth=2]", "1.b.yaml", phase="1", source=note, title="CB > SB"),
        *versions(root, "1.b[depth=4]", "1.b.yaml", phase="1", source=note, title="CB > SB"),
        *versions(root, "6A.a", "6A.a.yaml", revises=("1.b",), discussion="The memo had one seed."),
        *versions(
            root,
            "F.1",
            "F.1.yaml",
            phase="figures",
            source=none,
            decidable=("memo",),
            title="Figure",
            assertions=(DRAWN,),
        ),
        *versions(
            root,
            "N.a",
            "N.a.yaml",
            phase="next",
            status="open-question",
            source=none,
            seeds=Seeds(pool=(1, 2), start=2),
            title="?",
        ),
    ]


@pytest.fixture
def at(claims: list[Claim]) -> Callable[[str, str], Claim]:
    """A claim by id and scale."""
    return lambda id, scale: next(
        claim for claim in claims if (claim.id, claim.scale) == (id, scale)
    )


@pytest.fixture
def ledger(at: Callable[[str, str], Claim]) -> Ledger:
    gamma = {"label": "vec - dfa", "estimate": 0.369, "low": 0.31, "high": 0.43, "reported": 0.378}
    rho = {
        "measure": "rho",
        "label": "vec - dfa",
        "estimate": -0.2,
        "low": -0.3,
        "high": -0.1,
        "reported": 0.4,
    }
    more = {"measure": "rho", "label": "vec", "reported": None}
    depth = {"label": "cb - sb", "estimate": 0.5, "low": 0.4, "high": 0.6, "reported": None}
    return Ledger(
        [
            entry(
                at("6A.a", "quick"),
                "holds",
                rho,
                gamma,
                more,
                reason="gamma: vec - dfa = 0.369 lies above 0",
                again=0.7,
            ),
            entry(at("6A.a", "memo"), "inconclusive", gamma, device="cuda", seeds=(1, 2, 3, 4)),
            entry(at("1.b[depth=2]", "quick"), "holds", depth),
            entry(
                at("1.b[depth=4]", "quick"),
                "refuted",
                {**depth, "estimate": -0.5, "low": -0.6, "high": -0.4},
                seeds=(1, 2, 3, 4),
            ),
            entry(at("1.b[depth=2]", "memo"), "holds", depth),
        ]
    )
