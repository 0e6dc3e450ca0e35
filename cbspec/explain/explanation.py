"""The explanation of a claim: the state of its stages, and what changed since its verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter

import msgspec

from cbspec.claim import Claim
from cbspec.execution.cell import Cell
from cbspec.explain.cause import Cause
from cbspec.explain.edits import changed, edits_since
from cbspec.explain.standing import Standings, State, at
from cbspec.ledger import Entry, seeds_taken
from cbspec.ledger.entry import short
from cbspec.model.edit import Edit
from cbspec.stage import Call, calls_of, stages_of
from cbspec.store import ADOPTED


class StageState(msgspec.Struct, frozen=True, kw_only=True):
    """The state of one stage call of a claim, for the seeds that share it."""

    stage: str
    arms: tuple[str, ...]
    seeds: tuple[int, ...]
    state: State
    causes: tuple[Cause, ...]
    adopted: str = ""
    """Which code computed an adopted result, and on what ground it was adopted; empty for any
    other.
    """


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The explanation of a claim at one scale.

    Attributes:
        decidable: the scales at which the claim is decidable.
        stages: the states of its stages, inputs first.
        recorded: the recorded verdict.
        edits: the definitions that changed since.
        remarks: further differences from the record, or what is unknown.
    """

    claim: str
    scale: str
    device: str
    decidable: tuple[str, ...]
    stages: tuple[StageState, ...]
    recorded: Entry | None
    edits: tuple[Edit, ...]
    remarks: tuple[str, ...]


def explain(claim: Claim, standings: Standings, recorded: Entry | None) -> Explanation:
    """Explain a claim, for the seeds of its recorded verdict, or else its first seeds."""
    edits: tuple[Edit, ...] = ()
    remarks: list[str] = []
    if recorded:
        code, history, root = standings.code, standings.history, standings.root
        arms = claim.arms.values()
        edits = edits_since(recorded, arms, code=code, history=history, root=root)
        remarks = list(_remarks(claim, standings, recorded))
    return Explanation(
        claim=claim.id,
        scale=claim.scale,
        device=standings.planner.numerics.device,
        decidable=claim.decidable,
        stages=_stages(claim, seeds_taken(claim, recorded), standings, recorded),
        recorded=recorded,
        edits=edits,
        remarks=tuple(remarks),
    )


def _stages(
    claim: Claim, seeds: tuple[int, ...], standings: Standings, recorded: Entry | None
) -> tuple[StageState, ...]:
    calls: dict[str, Call] = {}
    arms: dict[str, dict[str, None]] = {}
    for arm, call in claim.arms.items():
        for below in calls_of(call):
            calls.setdefault(below.digest, below)
            arms.setdefault(below.digest, {})[arm] = None
    states = []
    for digest, call in calls.items():
        of_call = [standings.planner.cell(call, seed) for seed in seeds]
        grouped = _by_state(of_call, standings, recorded)
        for (state, causes, adopted), cells in grouped.items():
            if adopted:
                roots = ", ".join(_root(cell, standings) for cell in cells)
                adopted = f"{adopted} (results {roots})"
            states.append(
                StageState(
                    stage=f"{call.stage.name}{at(call)}",
                    arms=tuple(arms[digest]),
                    seeds=tuple(map(attrgetter("seed"), cells)),
                    state=state,
                    causes=causes,
                    adopted=adopted,
                )
            )
    return tuple(states)


def _by_state(
    cells: Iterable[Cell], standings: Standings, recorded: Entry | None
) -> dict[tuple[State, tuple[Cause, ...], str], list[Cell]]:
    """Return (state, its causes, why the result was adopted) -> the cells that are in it."""
    grouped: dict[tuple[State, tuple[Cause, ...], str], list[Cell]] = {}
    for cell in cells:
        state, causes = standings.of(cell, recorded)
        grouped.setdefault((state, causes, _adopted(cell, standings)), []).append(cell)
    return grouped


def _adopted(cell: Cell, standings: Standings) -> str:
    """Describe from which code and why a result was adopted; empty if it was not."""
    adopted = _adoption(cell, standings)
    if not adopted:
        return ""
    return f"adopted {adopted['date']} from code {adopted['code'][:10]}: {adopted['ground']}"


def _root(cell: Cell, standings: Standings) -> str:
    """Return the first digits of the key that an adopted result had when it was computed."""
    return str(_adoption(cell, standings).get("key", "?"))[:10]


def _adoption(cell: Cell, standings: Standings) -> Mapping[str, str]:
    entry = standings.store.get(cell.key, touch=False)
    if entry is None:
        return {}
    adoption: Mapping[str, str] = entry.provenance.get(ADOPTED, {})
    return adoption


def _remarks(claim: Claim, standings: Standings, recorded: Entry) -> Iterator[str]:
    if recorded.digest != short(claim.digest):
        yield from _claim_edits(claim, standings, recorded)
    planner = standings.planner
    yield from recorded.moved(planner.numerics.torch, planner.dependencies(claim.arms.values()))
    if recorded.doubt:
        last = recorded.doubted
        yield f"{recorded.doubt} {last.date}: {last.reason}"
    for name, code in recorded.adopted.items():
        yield f"its results of {name} were adopted from code {code[:10]}, whose canary was identical"
    if recorded.provenance.edited:
        yield "it was recorded with uncommitted changes, which no commit has"
    lost = []
    for name, stage in stages_of(claim.arms.values()).items():
        known = changed(recorded, stage, standings.code, standings.history) is not None
        if name in recorded.code and not known:
            lost.append(name)
    if lost:
        yield f"the recorded code of {', '.join(lost)} is not known here{_where(recorded)}"


def _claim_edits(claim: Claim, standings: Standings, recorded: Entry) -> Iterator[str]:
    """Yield the known differences between a claim and its recorded version."""
    unknown: list[str] = []
    moved = False
    for arm, call in claim.arms.items():
        digest = recorded.arms.get(arm, "")
        if digest == short(call.digest):
            continue
        moved = True
        before = standings.past.of_digest(digest)
        if before is None:
            unknown.append(arm)
            continue
        for difference in standings.past.differences(before, call):
            yield f"arm {arm}: {difference}"
    what = f"arms {', '.join(unknown)}" if unknown else "assertions, seeds or error rate"
    if unknown or not moved:
        yield f"the claim itself is another one than recorded: {what}"


def _where(recorded: Entry) -> str:
    commit = recorded.provenance.commit
    if not commit:
        return ""
    return f"; commit {commit[:10]} may have it (git fetch --unshallow)"
