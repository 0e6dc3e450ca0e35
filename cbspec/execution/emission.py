"""What a stage hands over for one result: checked before it is stored, and handed over once."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from cbspec.errors import StageError
from cbspec.execution.cell import Cell
from cbspec.execution.failure import printable
from cbspec.store import Store, StoredResult


@dataclass(frozen=True)
class Emission:
    """One result as a stage handed it over."""

    tensors: Mapping[str, Any]
    measures: Mapping[str, float]
    undefined: Mapping[str, str]
    series: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """Return the hex SHA-256 of everything but the tensors."""
        content = [self.measures, self.undefined, self.series]
        encoded = msgspec.json.encode(content, enc_hook=_plain, order="deterministic")
        return hashlib.sha256(encoded).hexdigest()


@dataclass(frozen=True)
class Emitted:
    """What is kept of an emission, to tell a second one for the same result from the first.

    Attributes:
        point: where on its trajectory.
        digest: of the emission.
        placed: whether the store took it; it does not where another process was first, whose
            tensors may differ in the last bit.
    """

    point: int
    digest: str
    placed: bool

    def check_same(self, cell: Cell, again: Emission, store: Store) -> None:
        """Refuse a second emission of a result that says something else; which of the two is right
        nobody knows, so that none is kept.

        Raises:
            StageError: it differs from the first.
        """
        if again.digest == self.digest and self._same_tensors(cell, again, store):
            return
        store.reject(cell.key)
        raise StageError(f"{cell}: was emitted before with other values; a result is emitted once")

    def _same_tensors(self, cell: Cell, again: Emission, store: Store) -> bool:
        entry = store.get(cell.key) if self.placed else None
        return entry is None or _digest(again.tensors) == _stored_digest(entry)


def checked(
    cell: Cell, measures: Mapping[str, float], undefined: Mapping[str, str]
) -> tuple[dict[str, float], dict[str, str]]:
    """Check that every measure of the catalog has either a finite value or a reason why it has
    none.
    """
    declared = cell.call.stage.measures
    if stray := sorted((set(measures) | set(undefined)) - set(declared)):
        raise StageError(
            f"{cell}: emits {', '.join(stray)}, which its catalog entry does not declare"
        )
    if absent := sorted(set(declared) - set(measures) - set(undefined)):
        raise StageError(
            f"{cell}: leaves out {', '.join(absent)}, which its catalog entry declares"
        )
    if both := sorted(set(measures) & set(undefined)):
        raise StageError(f"{cell}: gives {', '.join(both)} a value and a reason to have none")
    for name, reason in undefined.items():
        if not (isinstance(reason, str) and reason):
            raise StageError(
                f"{cell}: {name} is undefined for the reason {reason!r}, which is no text"
            )
    values: dict[str, float] = {}
    reasons = {name: printable(reason) for name, reason in undefined.items()}
    for name, value in measures.items():
        number = _number(cell, name, value)
        if math.isfinite(number):
            values[name] = number
        else:
            reasons[name] = f"{cell}: {name} is {number}"
    return values, reasons


def _number(cell: Cell, name: str, value: Any) -> float:
    try:
        return float(value)
    # torch raises a RuntimeError for a tensor of several elements.
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise StageError(
            f"{cell}: {name} is no number but a {type(value).__name__} ({error})"
        ) from None


def _digest(tensors: Mapping[str, Any]) -> str:
    if not tensors:
        return ""
    from cbspec import pytorch  # only stages that yield tensors need torch

    return hashlib.sha256(pytorch.dump(tensors)).hexdigest()


def _stored_digest(entry: StoredResult) -> str:
    file = entry.tensors.file
    if file is None:
        return ""
    return file.sha256


def _plain(value: Any) -> Any:
    """Convert arrays and scalars of numpy or torch, which the harness does not know."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return dict(value)
