"""The canaries of the unchanged code, which every mutant is compared with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from cbspec.claim import base
from cbspec.config import Config
from cbspec.execution.cell import closure
from cbspec.project import Project
from cbspec.trials.mutant import Mutant
from cbspec.trials.process import own_time
from cbspec.trials.trial import Canary, copied, measured, opened, run_canary


class Baseline(msgspec.Struct, frozen=True):
    """The canaries of the unchanged code, run one by one, cheapest first.

    Attributes:
        canary: their values, and the lines that they executed.
        executing: file -> line -> the claims that execute it, in the order in which they ran.
        seconds: claim -> the `own_time` from the start of the process until the claim had ended.
    """

    canary: Canary
    executing: Mapping[str, Mapping[int, Sequence[str]]]
    seconds: Mapping[str, float]

    def executes(self, mutant: Mutant) -> bool:
        """Tell whether the lines that a mutant changes were executed."""
        return any(line in mutant.lines for arc in self.canary.arcs[mutant.path] for line in arc)

    def witnesses(self, mutant: Mutant, reaching: Collection[str]) -> list[str]:
        """Return the claims that can notice a mutant, the cheapest first: those that execute what
        it changes, or, of what runs on import and acts later, all that reach it.
        """
        if not mutant.in_function:
            return [claim for claim in self.seconds if claim in reaching]
        executing: set[str] = set()
        for line in mutant.lines:
            executing.update(self.executing[mutant.path].get(line, ()))
        return [claim for claim in self.seconds if claim in executing]


def baseline_of(
    config: Config, folder: Path, store: Path, claims: Sequence[str], files: Collection[str]
) -> Baseline:
    """Run canaries in an unchanged copy of the project, in this order, on an empty store.

    A claim that reads stored results of an earlier one counts as executing what computed them.

    Args:
        files: the files whose executed lines are recorded.
    """
    began = own_time()
    copied(config, folder)
    project = opened(folder, store)
    canary = Canary({}, {}, {})
    seconds: dict[str, float] = {}
    with measured(folder, files) as measuring:
        _ = project.catalog  # what runs on its import is no claim's alone
        for claim in claims:
            measuring.switch_context(claim)
            canary = canary.with_another(run_canary(project, claim))
            seconds[claim] = own_time() - began
    data = measuring.get_data()
    shared = _shared(project, claims)
    arcs = {}
    executing: dict[str, dict[int, Sequence[str]]] = {}
    for path in files:
        name = str(folder / path)
        arcs[path] = frozenset(data.arcs(name) or ())
        executing[path] = {}
        for line, contexts in data.contexts_by_lineno(name).items():
            executing[path][line] = _claims_of(contexts, shared)
    return Baseline(msgspec.structs.replace(canary, arcs=arcs), executing, seconds)


def _shared(project: Project, claims: Sequence[str]) -> dict[str, set[str]]:
    """Return claim -> the claims that computed its results, itself among them, where each result is
    left by the first.
    """
    canaries = project.canaries(project.planner("cpu"))
    assert canaries is not None  # they were run
    first: dict[str, str] = {}
    shared: dict[str, set[str]] = {}
    for claim in claims:
        shared[claim] = set()
        for cell in project.claims(claim, project.config.canary):
            assert base(cell.id) == claim
            for result in closure(canaries.cells(cell).values()):
                shared[claim].add(first.setdefault(result.key, claim))
    return shared


def _claims_of(contexts: Iterable[str], shared: Mapping[str, set[str]]) -> list[str]:
    """Return the claims that execute a line, given the claims that were running when it ran."""
    computed = set(contexts)
    if "" in computed:
        return list(shared)
    return [claim for claim, others in shared.items() if not computed.isdisjoint(others)]
