"""Reading one claim file: one claim for each cell of its matrix, checked at all its scales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter
from pathlib import Path

from cbspec.claim import Claim, Quarantine, Source
from cbspec.language import consistency, matrix, seeds
from cbspec.language.cells import CellReader, Context, ResolvedCell
from cbspec.language.conform import conform, unknown
from cbspec.language.diagnostics import Diagnostics
from cbspec.language.digest import digest
from cbspec.language.forms import Memory, Trace
from cbspec.language.grammar import ClaimWords, QuarantineWords, SourceWords, words
from cbspec.language.matrix import MatrixCell, cell_id
from cbspec.language.node import Document, Node
from cbspec.language.parse import parse
from cbspec.language.replication import Replication, replication
from cbspec.language.scales import Scales
from cbspec.language.source_map import Origins, walk


@dataclass(frozen=True, slots=True)
class Common:
    """What all claims of a file share: the words of the file and its error rate."""

    words: ClaimWords
    alpha: float


class ClaimDocument:
    """One file whose shape is checked. Sections with a wrong shape are left out of the reading."""

    def __init__(self, document: Document, context: Context, mistakes: Diagnostics) -> None:
        self.document = document
        self.context = context
        self.mistakes = mistakes
        self.words = conform(document.root, words(document.root), ClaimWords, mistakes)
        self.sections = dict(document.root.entries)
        self.cells: tuple[MatrixCell, ...] = ()
        wrong: set[str] = set()
        if self.words is None:
            wrong = mistakes.sections
        if "matrix" not in wrong:
            self.cells = matrix.cells(self.sections.get("matrix"), mistakes)
        for section in wrong:
            self.sections.pop(section, None)
        named, canary = self.sections.get("scales"), context.catalog.canary
        self.scales = Scales(named, context.defaults, mistakes, canary)
        if self.sections and "scales" not in document.root.entries and context.defaults.named:
            self.scales.imply(context.scale, document.root)
        self._reader = CellReader(self.sections, context, self.scales, mistakes, Memory(document))

    def claims(self, path: Path, *, every: bool = False, exact: bool = False) -> list[Claim]:
        """Return one claim for each cell at the asked scale; none if there is any mistake.

        Args:
            path: the path of the file.
            every: return a claim at each scale at which it is decidable, not only the asked one.
            exact: return claims at the asked scale even if they are not decidable there.
        """
        defaults = self.context.defaults
        self.mistakes.extend(defaults.mistakes)
        if not defaults.named:  # every name would seem unknown
            return []
        asked = self.context.scale
        if exact and defaults.scales and asked not in defaults.scales:
            message = unknown("scale", asked, list(defaults.scales))
            self.mistakes.add(self.document.root, message)
            return []
        first = asked if exact else self.scales.read_at(asked)
        common = self._common()
        resolved = self._reader.at_scales(self.cells, first, whole=every)
        replicated = {scale: self._replicated(cells) for scale, cells in resolved.items()}
        if self.words is not None:
            consistency.status(self.words, self.sections, self.mistakes)
            consistency.quarantine(self.words, self.sections, self.mistakes)
        if common is None or len(self.mistakes):
            return []
        for cell, runs in zip(resolved[first], replicated[first], strict=True):
            self._check_power(cell, runs, common.alpha)
        scales = [first]
        if every:
            scales = [scale for scale in resolved if scale in self.scales.decidable]
        claims = []
        for index in range(len(self.cells)):
            for scale in scales:
                cell, runs = resolved[scale][index], replicated[scale][index]
                claims.append(self._claim(common, path, index, scale, cell, runs))
        if every or first == asked:
            return claims
        # The claim takes no part in the asked scale, but it can be shown and its record checked
        return [replace(claim, due=False) for claim in claims]

    @property
    def draws_seeds(self) -> bool:
        """Tell whether an arm of any cell is computed for seeds."""
        scale = self.scales.read_at(self.context.scale)
        cells = [self._reader.resolve(cell, scale) for cell in self.cells]
        return any(map(attrgetter("draws_seeds"), cells))

    def trace(self, cell: MatrixCell) -> Trace:
        """Return key path -> value and its node, for every value of the claim of one cell.

        Arms are resolved, and defaults filled in.
        """
        defaults, root = self.context.defaults, self.document.root
        values: Trace = {}
        scope = self.scales.scope(cell, self.context.scale)
        for key, node in root.entries.items():
            if key == "arms":
                self._reader.arms(self._reader.resolver(scope, values))
            elif key == "matrix":
                values |= _scalars("matrix", cell)
            elif key in ("assert", "controls"):
                values |= walk(node, key, root.keys[key], scope)
            elif key not in ("experiment", "seeds"):
                values |= walk(node, key, root.keys[key])
        if drawn := seeds.merged(self.sections.get("seeds"), defaults.seeds):
            values |= walk(drawn, "seeds", root.keys.get("seeds"))
        if defaults.alpha is not None and "alpha" not in values:
            values |= walk(defaults.alpha, "alpha")
        return values | _scalars("sizes", scope.sizes)

    def _common(self) -> Common | None:
        defaults, root = self.context.defaults, self.document.root
        alpha = self.sections.get("alpha") or defaults.alpha
        if alpha is None and not defaults.mistakes and not self._mistaken("alpha"):
            nowhere = "missing alpha: neither the claim nor a defaults.yaml above it has one"
            self.mistakes.add(root, nowhere)
        if self.words is None or alpha is None:
            return None
        return Common(self.words, float(alpha.value))  # type: ignore[arg-type]

    def _mistaken(self, section: str) -> bool:
        """Tell whether a section is there and unreadable, which is told with its place."""
        root = self.document.root
        absent = isinstance(root.value, dict) and section not in root.entries
        return not absent and section not in self.sections

    def _replicated(self, cells: Sequence[ResolvedCell]) -> list[Replication]:
        """Return the replicates of each cell, and note mistakes."""
        root, defaults = self.document.root, self.context.defaults
        written = self.sections.get("seeds")
        drawn = None
        if any(map(attrgetter("draws_seeds"), cells)):
            if defaults.mistakes or self._mistaken("seeds"):
                return []
            drawn = seeds.read(written, defaults.seeds, root, self.mistakes)
        elif written is not None:
            self.mistakes.add(written, "no arm draws seeds: the runs are those of the tables")
        replications = []
        for cell in cells:
            files, places = self.context.catalog.files, self.sections.get("arms", root)
            replicated = replication(cell.calls, drawn, files, places, self.mistakes)
            if replicated is not None:
                replications.append(replicated)
        return replications

    def _check_power(self, cell: ResolvedCell, replicated: Replication, alpha: float) -> None:
        drawn = replicated.seeds.beginning_with(cell.begins_with)
        runs, mistakes = replicated.independent_runs, self.mistakes
        for name, asserted in (("assert", cell.assertions), ("controls", cell.controls)):
            if asserted:
                section = self.sections[name]
                consistency.measures(section, asserted, cell.calls, mistakes)
                consistency.pairing(section, asserted, replicated, cell.arms, mistakes)
                consistency.power(section, asserted, drawn, alpha, cell.measures, runs, mistakes)

    def _claim(
        self,
        common: Common,
        path: Path,
        index: int,
        scale: str,
        cell: ResolvedCell,
        replicated: Replication,
    ) -> Claim:
        words, alpha = common.words, common.alpha
        arms = cell.calls
        return Claim(
            id=cell_id(words.id, self.cells[index]),
            title=words.title,
            phase=self.sections["phase"].text,
            status=words.status,
            source=_source(words.source),
            arms=arms,
            seeds=replicated.seeds.beginning_with(cell.begins_with),
            assertions=cell.assertions,
            controls=cell.controls,
            alpha=alpha,
            scale=scale,
            decidable=tuple(self.scales.decidable),
            due=scale in self.scales.decidable,
            sizes={name: node.value for name, node in self.scales.sizes(scale).items()},  # type: ignore[misc]
            revises=words.revises,
            retracted_by=words.retracted_by,
            path=path,
            origins=self._origins(index, scale),
            digest=digest(cell.assertions, cell.controls, alpha, replicated.asserted, arms),
            discussion=" ".join(words.discussion.split()),
            on_change=words.on_change,
            quarantine=_quarantine(words.quarantine),
            cells=len(self.cells),
            independent_runs=replicated.independent_runs,
            excluded=replicated.excluded,
            unread=replicated.unread,
            drawn=replicated.drawn,
            timeout=float(words.timeout) if words.timeout else None,
        )

    def _origins(self, index: int, scale: str) -> Origins:
        context = replace(self.context, scale=scale)
        trace = partial(_trace, self.document.path, self.document.text, context, index)
        return Origins(trace, {"id": self.sections["id"].origin})


def _scalars(section: str, nodes: Mapping[str, Node]) -> Trace:
    return {f"{section}.{name}": (node.value, node) for name, node in nodes.items()}


def _source(words: SourceWords) -> Source:
    reported: dict[str, dict[str, float]] = {}
    for measure, by_arm in words.figures.items():
        reported[measure] = dict(zip(by_arm, map(float, by_arm.values()), strict=True))
    return Source(words.memo, reported, words.note)


def _quarantine(words: QuarantineWords | None) -> Quarantine | None:
    if words is None:
        return None
    return Quarantine(words.owner, " ".join(words.reason.split()), words.until)


def _trace(path: Path, text: str, context: Context, index: int) -> Trace:
    """Trace the values of a claim by reading its text again.

    So thousands of claims need not keep the places of all their values.
    """
    mistakes = Diagnostics()
    document = parse(Document(path, text), mistakes)
    assert document is not None, "the text was read before"
    file = ClaimDocument(document, context, mistakes)
    return file.trace(file.cells[index])
