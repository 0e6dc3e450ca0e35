"""A claim as it was at a commit, whose files are in a folder of their own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from cbspec.canary import Figures
from cbspec.errors import CbspecError, StageError
from cbspec.project import Project
from cbspec.stage import stages_of


class ClaimCode(msgspec.Struct, frozen=True):
    """A claim at one commit: what it asserts and measures, its data and its code.

    Attributes:
        scale: where its verdict is computed.
        claims: scale and id of each cell -> digest of what is asserted and measured.
        files: file that it names -> digest; empty if one of them is not there.
        stages: stage -> digest of its code.
        definitions: definition -> short hash.
    """

    scale: str
    claims: Mapping[str, str]
    files: Mapping[str, str]
    stages: Mapping[str, str]
    definitions: Mapping[str, str]

    @property
    def key(self) -> tuple[Any, ...]:
        """Return a key that is equal for commits between which nothing of the claim changed."""
        parts = (self.claims, self.files, self.stages)
        return tuple(tuple(sorted(part.items())) for part in parts)


def code_at(folder: Path, claim: str, scale: str | None) -> ClaimCode:
    """Return a claim of the project in a folder: as its canary is computed, and at a scale."""
    project = _project(folder)
    cells = list(project.claims(claim, scale))
    at = cells[0].scale
    if canary := project.config.canary:
        cells += project.claims(claim, canary)
    digests: dict[str, str] = {}
    files: dict[str, str] = {}
    stages: dict[str, str] = {}
    definitions: dict[str, str] = {}
    planner = project.planner("cpu")
    for cell in cells:
        digests[f"{cell.scale} {cell.id}"] = cell.digest
        with suppress(StageError):  # a file that the commit lacks
            files |= planner.dependencies(cell.arms.values()).files
        stages |= planner.code(cell.arms.values())
        for stage in stages_of(cell.arms.values()).values():
            definitions |= project.code.fingerprint(stage.implementation).definitions
    return ClaimCode(at, digests, files, stages, definitions)


def canary_at(folder: Path, claim: str, scale: str) -> tuple[Figures, ...]:
    """Compute the canary of a claim in the project in a folder, for all cells of its matrix."""
    run = _project(folder).run(claim, scale, "cpu", adopt="never", backend="inline")
    broken = [check.reason for check in run.canaries if check.figures is None]
    if broken:
        raise CbspecError(broken[0])
    return tuple(check.figures for check in run.canaries if check.figures)


def verdicts_at(folder: Path, claim: str, scale: str) -> dict[str, str]:
    """Compute the verdicts of a claim in the project in a folder, for all cells of its matrix."""
    run = _project(folder).run(claim, scale, "cpu", adopt="never", backend="inline")
    return {record.claim: record.judgement.verdict for record in run.records}


def _project(folder: Path) -> Project:
    os.chdir(folder)
    return Project(folder)
