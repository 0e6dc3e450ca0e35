"""The input of ``cbspec new``, from flags and from answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import click

from cbspec.catalog import Catalog
from cbspec.cli import prompt
from cbspec.cli.draft import Draft


@dataclass(frozen=True, kw_only=True)
class Words:
    """The values of the flags; None or empty if a flag was not given."""

    claim: str | None
    title: str | None
    phase: str | None
    memo: str | None
    experiment: str | None
    arms: tuple[str, ...]
    asserted: tuple[str, ...]
    controls: tuple[str, ...]
    figures: tuple[str, ...]
    status: str | None
    revises: tuple[str, ...]
    retracted_by: tuple[str, ...]
    scales: str | None

    @property
    def missing(self) -> list[str]:
        """Return the required flags that were not given."""
        needed: dict[str, object] = {
            "ID": self.claim,
            "--title": self.title,
            "--phase": self.phase,
            "--memo": self.memo,
            "--experiment": self.experiment,
            "--arm": self.arms,
            "--assert": self.asserted,
        }
        return [flag for flag, value in needed.items() if not value]

    def asked(self, stages: Sequence[str], catalog: Catalog) -> Words:
        """Ask for the missing values, and return them together with these.

        Args:
            stages: the named stage calls of the defaults.
            catalog: the stages that claims may call.
        """
        words = replace(
            self,
            claim=self.claim or prompt.text("Id, e.g. 7A.a"),
            title=self.title or prompt.text("Title: the finding in one sentence"),
            phase=self.phase or prompt.text("Phase, e.g. 7A"),
            memo=self.memo or prompt.text("Memo: where it was reported"),
            experiment=self.experiment or prompt.experiment(stages, catalog),
            arms=self.arms or prompt.arms(),
        )
        if words.asserted:
            return words
        measures: set[str] = set()
        for stage in catalog.values():
            measures |= stage.measures.keys()
        asserted = prompt.assertion(list(_named(words.arms)), sorted(measures))
        return replace(words, asserted=(asserted,))

    def draft(self, scales: Sequence[str]) -> Draft:
        """Return the draft of the claim.

        Args:
            scales: the scales to use if none were given.

        Raises:
            click.UsageError: an arm or a reported value does not have the form that its flag needs.
        """
        arms = {}
        for name, words in _named(self.arms).items():
            arms[name] = _line(words) or "{}"
        if self.scales:
            scales = [scale.strip() for scale in self.scales.split(",")]
        return Draft(
            id=(self.claim or "").strip(),
            title=self.title or "",
            phase=self.phase or "",
            status=self.status or "active",
            memo=self.memo or "",
            experiment=_line(self.experiment or ""),
            arms=arms,
            asserted=list(map(_line, self.asserted)),
            controls=list(map(_line, self.controls)),
            scales=scales,
            revises=self.revises,
            retracted_by=self.retracted_by,
            figures=_figures(self.figures, list(arms)),
        )


def _line(words: str) -> str:
    """Join YAML into one line, since several would break the indentation of the file."""
    return " ".join(words.split())


def _named(pairs: Sequence[str]) -> dict[str, str]:
    """Parse ``NAME=YAML`` into name -> YAML."""
    arms = {}
    for pair in pairs:
        name, equals, words = pair.partition("=")
        if not equals or not name.strip():
            raise click.UsageError(
                f"--arm {pair}: expected NAME=YAML, e.g. dfa='{{estimator: dfa}}'"
            )
        arms[name.strip()] = words
    return arms


def _figures(words: Sequence[str], arms: Sequence[str]) -> Mapping[str, Mapping[str, float]]:
    """Parse ``MEASURE.ARM=VALUE`` into measure -> arm -> value. Both names may have dots."""
    figures: dict[str, dict[str, float]] = {}
    for word in words:
        wrong = partial(
            click.UsageError, f"--figure {word}: expected MEASURE.ARM=VALUE, e.g. gamma.dfa=0.006"
        )
        place, _, value = word.partition("=")
        measure, _, arm = place.partition(".")
        for name in arms:
            if place.endswith(f".{name}"):
                measure, arm = place.removesuffix(f".{name}"), name
        try:
            figures.setdefault(measure, {})[arm] = float(value)
        except ValueError:
            raise wrong() from None
        if not measure or not arm:
            raise wrong()
    return figures
