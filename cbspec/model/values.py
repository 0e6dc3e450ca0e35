"""The measured values of a claim: one for each arm, measure and seed. Committed as JSON."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from cbspec.stage import Summary

if TYPE_CHECKING:
    from pandas import DataFrame


class Value(NamedTuple):
    """One measured value; None, with the reason, if it is missing.

    The mean of runs whose single values are unknown has no seed.
    """

    arm: str
    measure: str
    seed: int | None
    value: float | None
    reason: str | None


class Values(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Every measure of every arm over the same seeds.

    Attributes:
        seeds: in the order in which they were drawn.
        arms: arm -> measure -> one value for each seed, in the measure's unit; None for no value.
        undefined: arm -> measure -> seed -> why the measure has no value.
        diverged: arm -> seed -> where the run left the finite numbers. None of its measures has a
            value.
        own: arm -> its number of runs, for an arm that shares its runs with no other. It has no
            values at the seeds beyond them.
        summaries: arm -> measure -> mean, spread and n, for an arm whose single runs are not known.
            Such an arm is not among `arms`.
    """

    seeds: tuple[int, ...]
    arms: dict[str, dict[str, tuple[float | None, ...]]]
    undefined: dict[str, dict[str, dict[str, str]]] = {}
    diverged: dict[str, dict[str, str]] = {}
    own: dict[str, int] = {}
    summaries: dict[str, dict[str, Summary]] = {}

    def __post_init__(self) -> None:
        """Raise ValueError if an arm has more or fewer values than there are seeds."""
        for arm, measures in self.arms.items():
            for measure, column in measures.items():
                if len(column) != len(self.seeds):
                    message = (
                        f"arm {arm}, {measure}: {len(column)} values for {len(self.seeds)} seeds"
                    )
                    raise ValueError(message)

    @property
    def digest(self) -> str:
        """Return the hex SHA-256 of all values."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()

    def reason(self, arm: str, measure: str, seed: int) -> str | None:
        """Return why an arm has no value of a measure at a seed; None if it has one."""
        key = str(seed)
        if key in self.diverged.get(arm, {}):
            return f"diverged ({self.diverged[arm][key]})"
        return self.undefined.get(arm, {}).get(measure, {}).get(key)

    def records(self) -> list[Value]:
        """Return every value with its arm, measure and seed, in that order."""
        records = []
        for arm, measures in self.arms.items():
            for measure, column in measures.items():
                runs = self.own.get(arm, len(self.seeds))
                for seed, value in zip(self.seeds[:runs], column[:runs], strict=True):
                    reason = self.reason(arm, measure, seed) if value is None else None
                    records.append(Value(arm, measure, seed, value, reason))
        return records

    def frame(self) -> DataFrame:
        """Return `records` as a data frame.

        Raises:
            ImportError: pandas is not installed.
        """
        from pandas import DataFrame

        return DataFrame(self.records(), columns=Value._fields)
