"""Emissions: what a stage hands over as one result. They are checked before they are stored."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from cbspec.errors import ContentError, StageError, printable
from cbspec.execution.cell import Cell
from cbspec.store import Store, StoredResult, plain

TEXTS = (str, bytes, bytearray, memoryview)  # `float` reads "1_000" and b"1"
NO_NUMBERS = "cSUOMm"  # kinds of NumPy's types: complex numbers, texts, objects, times


@dataclass(frozen=True)
class Emission:
    """One result as a stage has emitted it."""

    tensors: Mapping[str, Any]
    measures: Mapping[str, float]
    undefined: Mapping[str, str]
    series: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """Return the hex SHA-256 of everything but the tensors.

        Raises:
            ContentError: JSON cannot hold a value of the series.
        """
        content = [self.measures, self.undefined, plain("series", self.series)]
        encoded = msgspec.json.encode(content, order="deterministic")
        return hashlib.sha256(encoded).hexdigest()


@dataclass(frozen=True)
class Emitted:
    """A record of an emission, to compare a second one for the same result with.

    Attributes:
        point: the point on the trajectory.
        digest: the digest of the emission.
        placed: whether the store took it. If not, another process was first, and its tensors may
            differ in the last bit.
    """

    point: int
    digest: str
    placed: bool

    def check_same(self, cell: Cell, again: Emission, store: Store) -> None:
        """Check that a second emission of a result equals the first.

        If it does not, nobody knows which is right. So the stored one is taken away as well.

        Raises:
            StageError: the two differ.
            ContentError: JSON cannot hold the second.
        """
        try:
            if again.digest == self.digest and self._same_tensors(cell, again, store):
                return
        except ContentError:
            store.reject(cell.key)
            raise
        store.reject(cell.key)
        raise StageError(f"{cell}: was emitted before with other values; a result is emitted once")

    def _same_tensors(self, cell: Cell, again: Emission, store: Store) -> bool:
        entry = store.get(cell.key) if self.placed else None
        return entry is None or _digest(again.tensors) == _stored_digest(entry)


def checked(
    cell: Cell, measures: Mapping[str, float], undefined: Mapping[str, str]
) -> tuple[dict[str, float], dict[str, str]]:
    """Check that every declared measure has either a value or a reason why it has none.

    Args:
        cell: the cell that the measures belong to.
        measures: measure -> value.
        undefined: measure -> reason.

    Returns:
        The finite values as floats, and the reasons. A value that is not finite becomes a reason.

    Raises:
        StageError: a measure is undeclared, is left out, has both, or is no number.
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
    if isinstance(value, TEXTS) or _no_real_number(value):
        raise StageError(
            f"{cell}: {name} is no number but a {type(value).__name__} ({value!r:.60})"
        )
    try:
        return float(value)
    # torch raises a RuntimeError for a tensor of several elements.
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise StageError(
            f"{cell}: {name} is no number but a {type(value).__name__} ({error})"
        ) from None


def _no_real_number(value: Any) -> bool:
    """Tell whether `float` would read a text, or leave out the imaginary part, of an array's item."""
    dtype = getattr(value, "dtype", None)
    complex_tensor = getattr(dtype, "is_complex", False)  # torch
    return isinstance(value, complex) or complex_tensor or getattr(dtype, "kind", "f") in NO_NUMBERS


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
