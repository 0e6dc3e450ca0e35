"""The cells of one claim file, resolved at its scales: the calls of the arms, and what is asserted
of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cbspec.catalog import Catalog
from cbspec.kinds import Assertion
from cbspec.language import assertions, consistency
from cbspec.language.assertions import Arms
from cbspec.language.calls import Resolver
from cbspec.language.defaults import Defaults
from cbspec.language.diagnostics import Diagnostics
from cbspec.language.expansion import Expansion
from cbspec.language.forms import Forms, Memory, Pool, Trace
from cbspec.language.matrix import MatrixCell
from cbspec.language.node import Node
from cbspec.language.scales import Scales
from cbspec.language.scope import Scope
from cbspec.stage import Call, Measure

Asserted = tuple[tuple[Assertion, ...], tuple[Assertion, ...]]
"""Assertions and controls."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a claim file is read against."""

    catalog: Catalog
    scale: str
    defaults: Defaults
    pool: Pool


@dataclass(frozen=True, slots=True)
class ResolvedCell:
    """One cell at one scale; an arm with mistakes is None."""

    arms: Mapping[str, Call | None]
    assertions: tuple[Assertion, ...]
    controls: tuple[Assertion, ...]
    used: set[str]  # names of the cell and sizes
    met: Forms

    @property
    def calls(self) -> dict[str, Call]:
        """Return the calls of the arms without mistakes."""
        calls = {}
        for name, call in self.arms.items():
            if call is not None:
                calls[name] = call
        return calls

    @property
    def draws_seeds(self) -> bool:
        """Tell whether an arm is computed for seeds, or may be, for it has mistakes."""
        for call in self.arms.values():
            if call is None or (call.stage.runs is None and call.stage.items is None):
                return True
        return not self.arms

    @property
    def begins_with(self) -> int:
        """Return how many seeds the assertion that needs most begins with."""
        measures: dict[str, Measure] = {}
        for call in self.calls.values():
            measures |= call.stage.measures
        return max(assertion.begins_with(measures) for assertion in self.assertions)

    @property
    def resolved(self) -> bool:
        """Tell whether there are arms, all without mistakes."""
        return bool(self.arms) and None not in self.arms.values()

    @property
    def regular(self) -> bool:
        """Tell whether every arm resolved, and no size decides which stage is called or can set two
        calls at odds.
        """
        if None in self.arms.values():
            return False
        return not any(form.named or form.stage.continues for form in self.met.values())


@dataclass(frozen=True, slots=True)
class CellReader:
    """Resolves cells; notes every mistake.

    Attributes:
        sections: those of the file that have the right shape.
        memory: what the cells and scales have in common.
    """

    sections: Mapping[str, Node]
    context: Context
    scales: Scales
    mistakes: Diagnostics
    memory: Memory
    _asserted: dict[tuple[object, ...], Asserted] = field(default_factory=dict)

    def at_scales(
        self, cells: Sequence[MatrixCell], first: str, *, whole: bool
    ) -> Mapping[str, Sequence[ResolvedCell]]:
        """Return the cells at one scale, and at every other one at which the file says they are
        decidable.

        Args:
            whole: resolve the calls of the other scales too, instead of only checking them.
        """
        resolved = {first: [self.resolve(cell, first) for cell in cells]}
        # Most claims call the same stages at every scale, so that only values are checked again
        for scale in self.scales.decidable:
            if scale == first:
                continue
            self.mistakes.scale = scale
            resolved[scale] = []
            for cell, known in zip(cells, resolved[first], strict=True):
                if whole or not known.regular:
                    resolved[scale].append(self.resolve(cell, scale))
                else:
                    resolved[scale].append(self.check(known, cell, scale))
        self.mistakes.scale = ""
        for cell, *versions in zip(cells, *resolved.values(), strict=True):
            self._check_used(cell, versions)
        return resolved

    def resolve(self, cell: MatrixCell, scale: str) -> ResolvedCell:
        """Return a cell at a scale."""
        scope = self.scales.scope(cell, scale)
        resolver = self.resolver(scope)
        calls = self.arms(resolver)
        return ResolvedCell(
            calls, *self._read(cell, scope, calls), used=set(scope.used), met=resolver.met
        )

    def check(self, known: ResolvedCell, cell: MatrixCell, scale: str) -> ResolvedCell:
        """Return what was resolved at another scale, after checking each value that depends on a
        size at this one.
        """
        scope = self.scales.scope(cell, scale)
        self.resolver(scope).again(known.met)
        return ResolvedCell(
            known.arms, *self._read(cell, scope, known.arms), used=set(scope.used), met=known.met
        )

    def arms(self, resolver: Resolver) -> dict[str, Call | None]:
        """Return the call of each arm."""
        experiment, arms = self.sections.get("experiment"), self.sections.get("arms")
        calls: dict[str, Call | None] = {}
        if experiment is not None and arms is not None:
            for name, override in arms.entries.items():
                calls[name] = resolver.arm(experiment, override, f"arms.{name}")
        return calls

    def resolver(self, scope: Scope, trace: Trace | None = None) -> Resolver:
        """Return what resolves arms within a scope."""
        defaults, pool = self.context.defaults, self.context.pool
        expansion = Expansion(self.context.catalog, defaults.stages, scope, self.mistakes)
        shared: Forms = {}
        if not scope.cell and scope.sizes in defaults.scales.values():
            shared = pool.shared(defaults.stages, scope.sizes)
        return Resolver(expansion, pool, shared, self.memory, trace)

    def _read(self, cell: MatrixCell, scope: Scope, calls: Mapping[str, Call | None]) -> Asserted:
        """Read assertions and controls.

        They are read once for all scales if they name none of its sizes and the arms measure the
        same.
        """
        arms = None
        key: list[object] = [id(cell)]
        if "arms" in self.sections:
            arms = Arms(list(self.sections["arms"].entries), calls)
            for name, call in calls.items():
                key += [name, call and call.stage.name, call and tuple(call.stage.measures)]
        known = self._asserted.get(tuple(key))
        if known is not None:
            return known
        looked_up, mistaken = len(scope.used), len(self.mistakes)
        asserted = self._section("assert", scope, arms), self._section("controls", scope, arms)
        if arms is not None:
            consistency.reported(self.sections.get("source"), arms, self.mistakes)
        if (looked_up, mistaken) == (len(scope.used), len(self.mistakes)):
            self._asserted[tuple(key)] = asserted
        return asserted

    def _section(self, name: str, scope: Scope, arms: Arms | None) -> tuple[Assertion, ...]:
        if name not in self.sections:
            return ()
        return assertions.read(self.sections[name].items, scope, arms, self.mistakes)

    def _check_used(self, cell: MatrixCell, versions: Sequence[ResolvedCell]) -> None:
        """Check that every name of the matrix is used at one scale at least."""
        used: set[str] = set()
        for version in versions:
            used |= version.used
            if not version.resolved:
                return
        for name in cell.keys() - used:
            message = f"is used nowhere: no ${name} in experiment, arms or assertions"
            self.mistakes.add(self.sections["matrix"].keys[name], message)
