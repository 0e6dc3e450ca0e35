"""A claim, its judgement and its entry as tests need them, each to be varied by keyword."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from cbspec.canary import Calibration, Figures, Unheld
from cbspec.claim import Claim, Seeds, Source
from cbspec.kinds import Order
from cbspec.ledger import Entry, EvidenceFolder, Ledger, Provenance, accept, entry_of
from cbspec.model.finding import Effect, Finding, Judgement
from cbspec.model.values import Values
from cbspec.report import Record
from cbspec.stage import Call, Measure, Stage

MEASURES = {"gamma": Measure("cosine", ""), "rho": Measure("correlation", "")}
STAGE = Stage(name="local_descent", doc="", implementation="nowhere:nothing", measures=MEASURES)
UNDEFINED = {"undefined": {"vec": {"gamma": {"2": "reference norm 3.1e-09 below 1e-07"}}}}
ORDER = Order(measure="gamma", arms=("dfa", "vec"), direction="ascending", margin=0.1)


def make_effect(**changes: Any) -> Effect:
    known = {
        "label": "vec - dfa",
        "measure": "gamma",
        "unit": "cosine",
        "estimate": 0.36912345678,
        "low": 0.31,
        "high": 0.43,
        "confidence": 0.95,
        "p": 0.0012,
        "n": 3,
        "reported": 0.369,
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


def make_judgement(verdict: str = "holds", **changes: Any) -> Judgement:
    known = {
        "claim": "6A.a",
        "scale": "quick",
        "verdict": verdict,
        "reason": f"it {verdict}",
        "seeds": (42, 123, 456),
        "findings": (make_finding(verdict=verdict),),
        "controls": (),
        "again": 0.99,
    }
    return Judgement(**{**known, **changes})


def make_claim(**changes: Any) -> Claim:
    """The digest follows from what is asserted and measured, as it does in a real claim, unless
    given.
    """
    known: dict[str, Any] = {
        "id": "6A.a",
        "title": "Gamma orders the estimators",
        "phase": "6A",
        "status": "active",
        "source": Source(memo="phase 6A", reported={"gamma": {"dfa": 0.009, "vec": 0.378}}),
        "arms": {"dfa": Call(STAGE, STAGE.parameters()), "vec": Call(STAGE, STAGE.parameters())},
        "seeds": Seeds(pool=(42, 123, 456, 789), start=3),
        "assertions": (ORDER,),
        "controls": (),
        "alpha": 0.05,
        "scale": "quick",
        "decidable": ("quick", "memo"),
        "sizes": {},
        "revises": (),
        "retracted_by": (),
        "path": Path("claims/phase6/6A.a.yaml"),
        "origins": {},
    }
    claim = {**known, **changes}
    asserted = [claim[name] for name in ("assertions", "controls", "alpha", "seeds")]
    measured = sorted((name, call.digest) for name, call in claim["arms"].items())
    derived = {
        "digest": _digest(asserted, measured),
        "due": claim["scale"] in claim["decidable"],
    }
    return Claim(**{**derived, **claim})


def make_entry(verdict: str = "holds", claim: Claim | None = None, **changes: Any) -> Entry:
    judgement = changes.pop("judgement", None) or make_judgement(verdict)
    known = {
        "device": "cpu",
        "code": {"local_descent": "c0de" * 16, "train_bp": "ab" * 32},
        "provenance": make_provenance(),
    }
    return entry_of(claim or make_claim(), judgement, **{**known, **changes})


def make_provenance(**changes: Any) -> Provenance:
    return Provenance(
        **{
            "commit": "3f2a1c" + "0" * 34,
            "dirty": False,
            "torch": "2.11",
            "date": "2026-01-02",
            **changes,
        }
    )


def make_figures(gamma: tuple[float | None, ...] = (0.5, 0.25), **changes: Any) -> Figures:
    """The canary of one claim with one arm, over two seeds."""
    values = {"seeds": (1, 2), "arms": {"vec": {"gamma": gamma}}, **changes.pop("values", {})}
    known = {
        "claim": "6A.a",
        "calls": {"vec": "c0de"},
        "code": {"fit": "ab12"},
        "provenance": make_provenance(),
    }
    return Figures(**{**known, **changes}, values=Values(**values))


def make_calibration(*unheld: Unheld, **changes: Any) -> Calibration:
    """A calibration that holds every other figure to arithmetic alone."""
    known: dict[str, Any] = {
        "date": "2026-01-02",
        "commit": None,
        "factor": 10.0,
        "method": "",
        "platforms": (),
        "tolerances": (),
        "unheld": unheld,
    }
    return Calibration(**known | changes)


def _digest(*content: object) -> str:
    return hashlib.sha256(repr(content).encode()).hexdigest()


def put_on_record(
    reports: Path, records: Iterable[Record], reason: str = "as found", **changed: Any
) -> Ledger:
    """Put verdicts on record, with their evidence; entries changed as the keywords say."""
    path, folder = reports / "ledger.json", EvidenceFolder(reports / "evidence")
    records = list(records)
    before = Ledger.load(path)
    entries = [msgspec.structs.replace(record.entry, **changed) for record in records]
    after = accept(before, entries, reason)
    device = {"device": changed["device"]} if "device" in changed else {}
    evidence = [
        msgspec.structs.replace(record.evidence, **device) for record in records if record.evidence
    ]
    folder.keep(evidence, before, after)
    after.save(path)
    return after
