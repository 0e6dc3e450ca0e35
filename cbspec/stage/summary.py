"""The mean and spread of runs whose single values are unknown."""

from __future__ import annotations

import msgspec


class Summary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One measure of an arm whose single runs are unknown.

    Attributes:
        mean: the mean over the runs, in the measure's unit.
        sd: the standard deviation over the runs; None if it is not given.
        n: the number of runs; None if it is not given.
        digit: the value of the last printed digit of the mean, such as 0.1.
        n_source: where n is from, if the source of the mean does not say.
    """

    mean: float
    sd: float | None
    n: int | None
    digit: float = 0.0
    n_source: str = ""

    @property
    def text(self) -> str:
        """Return ``"mean 0.971, sd 0.006, n = 10"``."""
        if self.n is None:
            return f"{self.mean:.6g}, of a number of runs that is not given"
        spread = "no spread given" if self.sd is None else f"sd {self.sd:.6g}"
        origin = f" ({self.n_source})" if self.n_source else ""
        return f"mean {self.mean:.6g}, {spread}, n = {self.n}{origin}"
