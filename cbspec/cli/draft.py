"""Writing the text of a new claim file."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cbspec.language.scalar import resolve

# Text that needs no quotes in YAML, unless it reads as a number or, with a comma, stands in {} or []
_PLAIN = re.compile(r"\w[\w .,;<>()/+=%^-]*")


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The parts of a new claim. Experiment, arms, assertions and controls are YAML on one line.

    Attributes:
        most: the greatest number of seeds to draw; 0 for that of the defaults.
    """

    id: str
    title: str
    phase: str
    status: str
    memo: str
    experiment: str
    arms: Mapping[str, str]
    asserted: Sequence[str]
    controls: Sequence[str] = ()
    scales: Sequence[str]
    revises: Sequence[str] = ()
    retracted_by: Sequence[str] = ()
    figures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    most: int = 0

    def text(self, schema: str) -> str:
        """Return the text of the file.

        Args:
            schema: the path of the JSON Schema relative to the file, for editors.
        """
        return "\n".join([f"# yaml-language-server: $schema={schema}", *self._lines()]) + "\n"

    def _lines(self) -> Iterator[str]:
        yield f"id: {scalar(self.id)}"
        yield f"title: {scalar(self.title)}"
        yield f"phase: {scalar(self.phase)}"
        yield f"status: {self.status}"
        if self.revises:
            yield f"revises: {_flow(self.revises)}"
        if self.retracted_by:
            yield f"retracted_by: {_flow(self.retracted_by)}"
        yield "source:"
        yield f"  memo: {scalar(self.memo)}"
        yield from self._figures()
        yield f"experiment: {self.experiment}"
        yield "arms:"
        for name, words in self.arms.items():
            yield f"  {scalar(name)}: {words}"
        for key, assertions in (("assert", self.asserted), ("controls", self.controls)):
            if assertions:
                yield f"{key}:"
            for assertion in assertions:
                yield f"  - {assertion}"
        if self.most:
            yield f"seeds: {{max: {self.most}}}"
        if self.scales:
            yield f"scales: {_flow(self.scales)}"

    def _figures(self) -> Iterator[str]:
        if not self.figures:
            yield "  figures: {}"
            return
        yield "  figures:"
        for measure, values in self.figures.items():
            arms = ", ".join(f"{scalar(arm, flow=True)}: {value}" for arm, value in values.items())
            yield f"    {scalar(measure)}: {{{arms}}}"


def scalar(text: str, *, flow: bool = False) -> str:
    """Return a text as YAML, in quotes only if it needs them.

    Args:
        text: the text.
        flow: whether it stands in braces or brackets.
    """
    text = " ".join(text.split())
    plain = _PLAIN.fullmatch(text) and isinstance(_meaning(text), str)
    if plain and not (flow and "," in text):
        return text
    return json.dumps(text, ensure_ascii=False)


def _flow(names: Sequence[str]) -> str:
    """Return names as a YAML list on one line."""
    return f"[{', '.join(scalar(name, flow=True) for name in names)}]"


def place(folder: Path, phase: str, claim: str) -> Path:
    """Return the path of a claim file: ``phase6_5/6.5A.a.yaml`` for 6.5A.a of phase 6.5A.

    A phase without a number has a folder of its own.
    """
    name = re.sub(r"\W+", "_", phase.strip().lower())
    if number := re.match(r"\d+(?:\.\d+)?", phase.strip()):
        name = f"phase{number[0].replace('.', '_')}"
    return folder / name / f"{claim}.yaml"


def schema_seen_from(path: Path, schema: Path) -> str:
    """Return the path of the schema relative to the claim file at `path`."""
    return Path(os.path.relpath(schema.resolve(), path.resolve().parent)).as_posix()


def _meaning(text: str) -> object:
    try:
        return resolve(text)
    except ValueError:
        return None
