"""``reports/noise.json``: how far each measure moves where nothing has changed, by other seeds and by
other rounding.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from cbspec.committed import Committed, checked, decode, dumps, text_of, write
from cbspec.ledger.entry import Date, Device

VERSION = 1

Size = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=1)]


class SeedNoise(Committed, frozen=True, kw_only=True):
    """How far a measure moves from seed to seed, in its unit.

    Attributes:
        sd: standard deviation over seeds, pooled over arms.
        arms: how many, no two with the same values.
        values: how many values these have.
        least_difference: of the differences of two arms of a claim, whose seeds are paired: the
            standard deviation that a quarter of them do not exceed; None where no claim has two.
        differences: how many.
    """

    scale: str
    device: Device
    sd: Size
    arms: Count
    values: Count
    least_difference: Size | None = None
    differences: int = 0


class RoundingNoise(Committed, frozen=True, kw_only=True):
    """How far a measure moves by rounding alone, on a CPU at the canary's sizes, in its unit.

    Attributes:
        usual: the spread over platforms that three quarters of the claims do not exceed.
        largest: of all claims.
        platforms: instruction sets, thread counts and versions of torch.
    """

    usual: Size
    largest: Size
    claims: Count
    platforms: Count


class MeasureNoise(Committed, frozen=True, kw_only=True):
    """How far one measure moves."""

    measure: str
    unit: str
    seeds: tuple[SeedNoise, ...] = ()
    rounding: RoundingNoise | None = None


class _NoiseFile(Committed, frozen=True, kw_only=True):
    version: int
    date: Date
    measures: tuple[MeasureNoise, ...]


class NoiseRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The noise on record; without a file there is none.

    Attributes:
        date: when it was derived; empty where nothing is on record.
    """

    date: str = ""
    measures: tuple[MeasureNoise, ...] = ()

    @classmethod
    def load(cls, path: Path) -> NoiseRecord:
        """Return the record at `path`; an empty one where there is no file.

        Raises:
            LedgerError: the file cannot be read or is damaged.
        """
        text = text_of(path)
        if text is None:
            return cls()
        content = decode(text, str(path), _NoiseFile, version=VERSION, noun="record of noise")
        return cls(date=content.date, measures=content.measures)

    def save(self, path: Path) -> None:
        """Write the record in one step."""
        content = _NoiseFile(version=VERSION, date=self.date, measures=self.measures)
        write(path, checked(dumps(msgspec.to_builtins(content, order="deterministic"))))

    def rounding(self, measure: str, unit: str, device: Device) -> float:
        """Return how far rounding usually moves a figure in a measure's unit; 0 where that is not
        known.
        """
        noise = self._of(measure)
        if noise is None or noise.rounding is None or noise.unit != unit or device != "cpu":
            return 0.0
        return noise.rounding.usual

    def least_difference(self, measure: str, scale: str, unit: str | None = None) -> float | None:
        """Return the spread over seeds of a difference of two arms that hardly any falls below, of
        the device family where it is smallest; None where none is known in the measure's unit.
        """
        least = None
        noise = self._of(measure)
        if noise and unit not in (None, noise.unit):
            return None
        for seeds in noise.seeds if noise else ():
            if seeds.scale == scale and seeds.least_difference is not None:
                least = min(seeds.least_difference, least or seeds.least_difference)
        return least

    def _of(self, measure: str) -> MeasureNoise | None:
        for noise in self.measures:
            if noise.measure == measure:
                return noise
        return None
