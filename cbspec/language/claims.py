"""One claim file -> its claims: one for each cell of its matrix, checked at every scale that the
file names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from cbspec.claim import Claim, Seeds, Source
from cbspec.kinds import Assertion
from cbspec.language import assertions, consistency, matrix, seeds
from cbspec.language.assertions import Arms
from cbspec.language.calls import Forms, Memory, Pool, Resolver, Trace
from cbspec.language.conform import conform, unknown
from cbspec.language.defaults import Defaults
from cbspec.language.diagnostics import Diagnostics
from cbspec.language.digest import digest
from cbspec.language.expansion import Expansion
from cbspec.language.grammar import ClaimWords, words
from cbspec.language.matrix import Cell, cell_id
from cbspec.language.node import Document, Node
from cbspec.language.parse import parse
from cbspec.language.scope import Scope
from cbspec.language.source_map import Origins, walk
from cbspec.stage import Call, Stage


@dataclass(frozen=True, slots=True)
class Setting:
    """What a claim file is read against."""

    catalog: Mapping[str, Stage]
    scale: str
    defaults: Defaults
    pool: Pool


@dataclass(frozen=True, slots=True)
class _Resolved:
    """One cell at one scale; an arm with mistakes is None."""

    arms: Mapping[str, Call | None]
    assertions: tuple[Assertion, ...]
    controls: tuple[Assertion, ...]
    used: set[str]  # names of the cell and sizes
    met: Forms

    @property
    def regular(self) -> bool:
        """Tell whether every arm resolved, and no size decides which stage is called or can set two
        calls at odds.
        """
        return None not in self.arms.values() and not any(
            form.named or form.stage.continues for form in self.met.values()
        )


class ClaimDocument:
    """One file, its shape checked; sections of a wrong shape are left out, so that the others can
    be read all the same.
    """

    def __init__(self, document: Document, setting: Setting, mistakes: Diagnostics) -> None:
        self.document = document
        self.setting = setting
        self.mistakes = mistakes
        root = document.root
        self.words = conform(root, words(root), ClaimWords, mistakes)
        wrong = (
            set()
            if self.words
            else {re.split(r"[.\[]", mistake.key)[0] for mistake in mistakes.in_order()}
        )
        self.sections = {key: node for key, node in root.entries.items() if key not in wrong}
        self.cells = (
            matrix.cells(self.sections.get("matrix"), mistakes) if "matrix" not in wrong else ()
        )
        self.decidable = self._decidable()
        self._memory = Memory(document)
        self._asserted: dict[
            tuple[object, ...], tuple[tuple[Assertion, ...], tuple[Assertion, ...]]
        ] = {}

    def claims(self, path: Path, *, every: bool = False) -> tuple[Claim, ...]:
        """Return one claim for each cell at the asked scale; none if there is any mistake.

        Args:
            every: return one at each scale at which it is decidable, instead of the asked one.
        """
        self.mistakes.extend(self.setting.defaults.mistakes)
        if self.setting.defaults.mistakes:  # without them every name would seem unknown
            return ()
        drawn = seeds.read(
            self.sections.get("seeds"),
            self.setting.defaults.seeds,
            self.document.root,
            self.mistakes,
        )
        alpha = self._alpha()
        resolved = self._every_scale(whole=every)
        if self.words is not None:
            consistency.status(self.words, self.sections, self.mistakes)
        if self.words is None or drawn is None or alpha is None or len(self.mistakes):
            return ()
        for at in resolved[self.setting.scale]:
            consistency.power(
                self.sections["assert"], at.assertions, drawn, alpha, self.mistakes, together=True
            )
            if at.controls:
                consistency.power(
                    self.sections["controls"], at.controls, drawn, alpha, self.mistakes
                )
        scales = (
            [scale for scale in resolved if scale in self.decidable]
            if every
            else [self.setting.scale]
        )
        return tuple(
            self._claim(self.words, path, cell, scale, resolved[scale][cell], drawn, alpha)
            for cell in range(len(self.cells))
            for scale in scales
        )

    def trace(self, cell: Cell) -> Trace:
        """Return every value of one cell's claim with the node that holds it, arms resolved and
        defaults filled in.
        """
        setting, root = self.setting, self.document.root
        values: Trace = {}
        scope = self._scope(cell, setting.scale)
        for key, node in root.entries.items():
            if key == "arms":
                self._arms(self._resolver(scope, values))
            elif key == "matrix":
                values |= {f"matrix.{name}": (value.value, value) for name, value in cell.items()}
            elif key not in ("experiment", "seeds"):
                values |= walk(
                    node, key, root.keys[key], scope if key in ("assert", "controls") else None
                )
        if drawn := seeds.merged(self.sections.get("seeds"), setting.defaults.seeds):
            values |= walk(drawn, "seeds", root.keys.get("seeds"))
        if setting.defaults.alpha is not None and "alpha" not in values:
            values |= walk(setting.defaults.alpha, "alpha")
        return values | {f"sizes.{name}": (size.value, size) for name, size in scope.sizes.items()}

    def _every_scale(self, *, whole: bool) -> Mapping[str, Sequence[_Resolved]]:
        """Return the cells at the asked scale and at every other one at which the file says they
        are decidable.

        Args:
            whole: resolve the calls of the other scales too, instead of only checking them.
        """
        asked = self.setting.scale
        resolved = {asked: [self._resolve(cell, asked) for cell in self.cells]}
        for scale in self.decidable:
            if scale != asked:
                self.mistakes.scale = scale
                resolved[scale] = [
                    self._resolve(cell, scale)
                    if whole or not at.regular
                    else self._check(at, cell, scale)
                    for cell, at in zip(self.cells, resolved[asked], strict=True)
                ]
        self.mistakes.scale = ""
        for cell, *versions in zip(self.cells, *resolved.values(), strict=True):
            if all(at.arms and None not in at.arms.values() for at in versions):
                for name in cell.keys() - set().union(*(at.used for at in versions)):
                    node = self.sections["matrix"].keys[name]
                    self.mistakes.add(
                        node, f"is used nowhere: no ${name} in experiment, arms or assertions"
                    )
        return resolved

    def _resolve(self, cell: Cell, scale: str) -> _Resolved:
        scope = self._scope(cell, scale)
        resolver = self._resolver(scope)
        calls = self._arms(resolver)
        return _Resolved(calls, *self._read(cell, scope, calls), set(scope.used), resolver.met)

    def _check(self, at: _Resolved, cell: Cell, scale: str) -> _Resolved:
        """Return what was resolved at another scale, after checking each value that depends on a
        size at this one.
        """
        scope = self._scope(cell, scale)
        self._resolver(scope).again(at.met)
        return _Resolved(at.arms, *self._read(cell, scope, at.arms), set(scope.used), at.met)

    def _read(
        self, cell: Cell, scope: Scope, calls: Mapping[str, Call | None]
    ) -> tuple[tuple[Assertion, ...], tuple[Assertion, ...]]:
        """Read assertions and controls.

        They are read once for all scales if they name none of its sizes and the arms measure the
        same.
        """
        named = self.sections.get("arms")
        arms = Arms(list(named.entries), calls) if named is not None else None
        key = (
            (id(cell), *((name, call and call.stage.name) for name, call in arms.calls.items()))
            if arms
            else (id(cell),)
        )
        if key in self._asserted:
            return self._asserted[key]
        looked_up, mistaken = len(scope.used), len(self.mistakes)
        asserted, controls = (
            assertions.read(
                self.sections[section].items if section in self.sections else [],
                scope,
                arms,
                self.mistakes,
            )
            for section in ("assert", "controls")
        )
        if arms is not None:
            consistency.figures(self.sections.get("source"), arms, self.mistakes)
        if (looked_up, mistaken) == (len(scope.used), len(self.mistakes)):
            self._asserted[key] = asserted, controls
        return asserted, controls

    def _scope(self, cell: Cell, scale: str) -> Scope:
        sizes = self._sizes(scale)
        other = {
            name: f"no size of scale {scale}"
            for known in self.setting.defaults.scales.values()
            for name in known
        }
        return Scope(cell, sizes, self.mistakes, other)

    def _arms(self, resolver: Resolver) -> dict[str, Call | None]:
        experiment, arms = self.sections.get("experiment"), self.sections.get("arms")
        if experiment is None or arms is None:
            return {}
        return {
            name: resolver.arm(experiment, override, f"arms.{name}")
            for name, override in arms.entries.items()
        }

    def _resolver(self, scope: Scope, trace: Trace | None = None) -> Resolver:
        setting = self.setting
        expansion = Expansion(setting.catalog, setting.defaults.stages, scope, self.mistakes)
        plain = not scope.cell and scope.sizes in setting.defaults.scales.values()
        shared = setting.pool.shared(setting.defaults.stages, scope.sizes) if plain else {}
        return Resolver(expansion, setting.pool, shared, self._memory, trace)

    def _decidable(self) -> list[str]:
        """Return the scales that the file names and the defaults know."""
        node = self.sections.get("scales")
        if node is None or self.setting.defaults.mistakes:
            return []
        named = {child.text: child for child in node.items} or node.keys
        known = self.setting.defaults.scales
        for name, place in named.items():
            if name not in known:
                none = "" if known else "; no defaults.yaml above this file has scales"
                self.mistakes.add(place, unknown("scale", name, list(known)) + none)
        return [name for name in named if name in known]

    def _sizes(self, scale: str) -> Mapping[str, Node]:
        """Return the sizes of a scale, with the file's changes."""
        sizes = self.setting.defaults.scales.get(scale, {})
        scales = self.sections.get("scales")
        if scales is None or scale not in scales.entries:
            return sizes
        changes = scales.entries[scale]
        for name in changes.entries:
            if name not in sizes:
                self.mistakes.add(
                    changes.keys[name], unknown("size", name, list(sizes), of=f"scale {scale}")
                )
        return {**sizes, **changes.entries} if changes.entries else sizes

    def _alpha(self) -> float | None:
        node = self.sections.get("alpha") or self.setting.defaults.alpha
        if node is None:
            self.mistakes.add(
                self.document.root,
                "missing alpha: neither the claim nor a defaults.yaml above it has one",
            )
        return (
            float(node.value) if node is not None and isinstance(node.value, int | float) else None
        )

    def _claim(
        self,
        words: ClaimWords,
        path: Path,
        cell: int,
        scale: str,
        at: _Resolved,
        drawn: Seeds,
        alpha: float,
    ) -> Claim:
        arms = {name: call for name, call in at.arms.items() if call is not None}
        figures: dict[str, dict[str, float]] = {}
        for measure, row in words.source.figures.items():
            figures[measure] = {arm: float(value) for arm, value in row.items()}
        return Claim(
            id=cell_id(words.id, self.cells[cell]),
            title=words.title,
            phase=self.sections["phase"].text,
            status=words.status,
            source=Source(words.source.memo, figures, words.source.note),
            arms=arms,
            seeds=drawn,
            assertions=at.assertions,
            controls=at.controls,
            alpha=alpha,
            scale=scale,
            decidable=tuple(self.decidable),
            sizes={name: node.value for name, node in self._sizes(scale).items()},  # type: ignore[misc]
            revises=words.revises,
            retracted_by=words.retracted_by,
            path=path,
            origins=Origins(
                partial(
                    _trace,
                    self.document.path,
                    self.document.text,
                    replace(self.setting, scale=scale),
                    cell,
                ),
                {"id": self.sections["id"].origin},
            ),
            digest=digest(at.assertions, at.controls, alpha, drawn, arms),
            discussion=" ".join(words.discussion.split()),
        )


def _trace(path: Path, text: str, setting: Setting, cell: int) -> Trace:
    """Trace by reading the same text again: thousands of claims need not keep the places of their
    values.
    """
    mistakes = Diagnostics()
    document = parse(Document(path, text), mistakes)
    assert document is not None, "the text was read before"
    file = ClaimDocument(document, setting, mistakes)
    return file.trace(file.cells[cell])
