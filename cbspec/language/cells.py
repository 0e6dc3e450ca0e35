"""Resolving the matrix cells of one claim file at its scales: calls, assertions and controls."""

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
from cbspec.stage import Call, Measure, declared_by

Asserted = tuple[tuple[Assertion, ...], tuple[Assertion, ...]]
"""The assertions and the controls of a cell."""


@dataclass(frozen=True, slots=True)
class Context:
    """The surroundings that a claim file is read in: catalog, defaults and files."""

    catalog: Catalog
    scale: str
    defaults: Defaults
    pool: Pool


@dataclass(frozen=True, slots=True)
class ResolvedCell:
    """One matrix cell at one scale. An arm with mistakes is None."""

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
        """Tell whether an arm is computed for seeds. An arm with mistakes counts as such."""
        for call in self.arms.values():
            if call is None or (call.stage.runs is None and call.stage.items is None):
                return True
        return not self.arms

    @property
    def measures(self) -> dict[str, Measure]:
        """Return the measures of all arms, as the catalog declares them."""
        return declared_by(self.calls.values())

    @property
    def begins_with(self) -> int:
        """Return the fewest seeds of a first analysis, by the assertion that needs most."""
        measures = self.measures
        return max(assertion.begins_with(measures) for assertion in self.assertions)

    @property
    def resolved(self) -> bool:
        """Tell whether there are arms, all without mistakes."""
        return bool(self.arms) and None not in self.arms.values()

    @property
    def regular(self) -> bool:
        """Tell whether other scales need only check values: sizes decide nothing but parameters."""
        if None in self.arms.values():
            return False
        return not any(form.named or form.stage.continues for form in self.met.values())


@dataclass(frozen=True, slots=True)
class CellReader:
    """Resolves the cells of a file, and notes every mistake.

    Attributes:
        sections: the sections of the file that have the right shape.
        memory: calls that cells and scales have in common.
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
        """Resolve the cells at one scale, and check them at every other scale of the file.

        Args:
            cells: the cells of the matrix.
            first: the scale to resolve at.
            whole: resolve at the other scales as well, not only check.
        """
        resolved = {first: [self.resolve(cell, first) for cell in cells]}
        # Most claims call the same stages at every scale, so only their values are checked again
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
        """Resolve a cell at a scale."""
        scope = self.scales.scope(cell, scale)
        resolver = self.resolver(scope)
        calls = self.arms(resolver)
        return ResolvedCell(
            calls, *self._read(cell, scope, calls), used=set(scope.used), met=resolver.met
        )

    def check(self, known: ResolvedCell, cell: MatrixCell, scale: str) -> ResolvedCell:
        """Check the values that depend on a size, for a cell that was resolved at another scale."""
        scope = self.scales.scope(cell, scale)
        self.resolver(scope).again(known.met)
        return ResolvedCell(
            known.arms, *self._read(cell, scope, known.arms), used=set(scope.used), met=known.met
        )

    def arms(self, resolver: Resolver) -> dict[str, Call | None]:
        """Resolve the call of each arm."""
        experiment, arms = self.sections.get("experiment"), self.sections.get("arms")
        calls: dict[str, Call | None] = {}
        if experiment is not None and arms is not None:
            for name, override in arms.entries.items():
                calls[name] = resolver.arm(experiment, override, f"arms.{name}")
        return calls

    def resolver(self, scope: Scope, trace: Trace | None = None) -> Resolver:
        """Return a resolver for the names of a scope."""
        defaults, pool = self.context.defaults, self.context.pool
        expansion = Expansion(self.context.catalog, defaults.stages, scope, self.mistakes)
        shared: Forms = {}
        if not scope.cell and scope.sizes in defaults.scales.values():
            shared = pool.shared(defaults.stages, scope.sizes)
        return Resolver(expansion, pool, shared, self.memory, trace)

    def _read(self, cell: MatrixCell, scope: Scope, calls: Mapping[str, Call | None]) -> Asserted:
        """Read assertions and controls.

        If they name no size, and the arms have the same measures at every scale, they are read once
        for all scales.
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
        """Check that every name of the matrix is used, at one scale at least."""
        used: set[str] = set()
        for version in versions:
            used |= version.used
            if not version.resolved:
                return
        for name in cell.keys() - used:
            message = f"is used nowhere: no ${name} in experiment, arms or assertions"
            self.mistakes.add(self.sections["matrix"].keys[name], message)
