"""The words of claim files and defaults files, as types. Files are checked by them, and their JSON
Schema is made from them.

Stage calls and assertions are left as `Node` here. `cbspec.language.calls` and
`cbspec.language.assertions` read them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from cbspec.kinds.names import MeasureKey
from cbspec.language.node import Node, plain
from cbspec.language.terms import (
    DATE_PATTERN,
    ID_PATTERN,
    Alpha,
    ArmName,
    ClaimId,
    KnownArm,
    KnownScale,
    ScaleName,
    SeedList,
    SeedRange,
    SizeName,
    Sizes,
    Words,
)

OPEN = ("#/$defs/call", "#/$defs/arm", "#/$defs/assertion")
"""The schema's references to what is left as `Node`."""
StageCall = Annotated[Node, Meta(extra_json_schema={"$ref": OPEN[0]})]
ArmOverrides = Annotated[Node, Meta(extra_json_schema={"$ref": OPEN[1]})]
AssertionWords = Annotated[Node, Meta(extra_json_schema={"$ref": OPEN[2]})]


class SourceWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the finding was reported, and the figures it was reported with."""

    memo: Annotated[str, Meta(min_length=1, description="the memo and the table or section in it")]
    figures: Annotated[
        dict[Annotated[MeasureKey, Meta(min_length=1)], dict[KnownArm, int | float]],
        Meta(description="measure -> arm -> the value that the memo reports"),
    ] = msgspec.field(default_factory=dict)
    note: Annotated[str, Meta(description="what a reader of the figures should know")] = ""


class SeedWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many seeds are drawn, and from where."""

    pool: (
        Annotated[SeedList | SeedRange, Meta(description="the seeds, in the order of drawing")]
        | UnsetType
    ) = UNSET
    start: Annotated[int, Meta(ge=1, description="seeds drawn at first")] | UnsetType = UNSET
    max: (
        Annotated[
            int, Meta(ge=1, description="seeds drawn at most while the claim is inconclusive")
        ]
        | UnsetType
    ) = UNSET
    looks: (
        Annotated[
            tuple[Annotated[int, Meta(ge=1)], ...],
            Meta(
                min_length=1,
                description="seeds after which a verdict is taken, in place of start doubled",
            ),
        ]
        | UnsetType
    ) = UNSET


class QuarantineWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For the time being the claim does not fail a run; it is run all the same."""

    owner: Annotated[str, Meta(min_length=1, max_length=80, description="who mends it")]
    reason: Annotated[
        str, Meta(min_length=1, max_length=400, description="why it is not trusted for now")
    ]
    until: Annotated[
        str,
        Meta(
            pattern=DATE_PATTERN,
            description="the last day (UTC), as 2027-01-31; after it the claim fails",
        ),
    ]


class ClaimWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One claim: what was reported, the experiment that repeats it, and what is asserted of its
    arms.
    """

    id: Annotated[
        str,
        Meta(pattern=ID_PATTERN, max_length=80, description="unique over all claims, e.g. 6.5A.a"),
    ]
    title: Annotated[
        str, Meta(min_length=1, max_length=200, description="the finding in one sentence")
    ]
    phase: Annotated[
        Words | int | float,
        Meta(description="phase of the research log, e.g. 7A; pytest -m phase7a selects by it"),
    ]
    status: Annotated[
        Literal["active", "retracted", "open-question"],
        Meta(
            description="active: stands; retracted: taken back by those in retracted_by, still run; open-question: asked only"
        ),
    ]
    source: Annotated[
        SourceWords, Meta(description="where the finding was reported, and with which figures")
    ]
    discussion: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=800,
            description="where what was found differs from what was reported, and the likely reason, in a few sentences",
        ),
    ] = ""
    revises: Annotated[
        tuple[ClaimId, ...], Meta(description="claims that this one corrects, or reads anew")
    ] = ()
    retracted_by: Annotated[
        tuple[ClaimId, ...], Meta(description="claims that took this one back")
    ] = ()
    experiment: Annotated[StageCall, Meta(description="the stage call that all arms share")]
    arms: Annotated[
        dict[ArmName, ArmOverrides],
        Meta(
            min_length=1,
            description="name -> overrides of the experiment; a mapping with stage or use replaces, any other is merged",
        ),
    ]
    assert_: Annotated[
        tuple[AssertionWords, ...],
        Meta(min_length=1, max_length=64, description="all must hold for the claim to hold"),
    ] = msgspec.field(name="assert")
    controls: Annotated[
        tuple[AssertionWords, ...],
        Meta(
            max_length=64,
            description="assertions about the experiment itself; one that does not hold makes the verdict invalid",
        ),
    ] = ()
    seeds: (
        Annotated[
            SeedList | SeedRange | SeedWords,
            Meta(description="a list, 1..20, or {start, max}; else those of the defaults"),
        ]
        | UnsetType
    ) = UNSET
    alpha: (
        Annotated[Alpha, Meta(description="error rate of the claim; else that of the defaults")]
        | UnsetType
    ) = UNSET
    timeout: (
        Annotated[
            float,
            Meta(
                gt=0,
                description="seconds that a replica of any of its stages may take, in place of the catalog's limit",
            ),
        ]
        | UnsetType
    ) = UNSET
    matrix: Annotated[
        dict[SizeName, Annotated[tuple[str | int | float | bool, ...], Meta(min_length=1)]],
        Meta(
            description="name -> values; the claim stands once for each combination, $name being the value"
        ),
    ] = msgspec.field(default_factory=dict)
    scales: (
        Annotated[
            Annotated[tuple[KnownScale, ...], Meta(min_length=1)]
            | Annotated[dict[KnownScale, Sizes | None], Meta(min_length=1)],
            Meta(
                description="scales that can decide it, or the only one; as a mapping: scale -> sizes that differ from the defaults"
            ),
        ]
        | UnsetType
    ) = UNSET
    on_change: Annotated[
        Literal["fail", "warn"],
        Meta(
            description="what another verdict than recorded does to a run: fail it, or warn; moved goalposts and errors fail it in any case"
        ),
    ] = "fail"
    quarantine: Annotated[
        QuarantineWords | None,
        Meta(
            description="owner, reason and last day: until then the claim is run and fails nothing"
        ),
    ] = None


class DefaultsWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the claims in and below a folder share; the nearest defaults.yaml wins, key by key."""

    alpha: Alpha | UnsetType = UNSET
    seeds: (
        Annotated[
            SeedList | SeedRange | SeedWords,
            Meta(description="the pool of seeds, and how many are drawn at first"),
        ]
        | UnsetType
    ) = UNSET
    scales: Annotated[dict[ScaleName, Sizes], Meta(description="scale -> its sizes")] = (
        msgspec.field(default_factory=dict)
    )
    stages: Annotated[
        dict[ArmName, StageCall],
        Meta(description="named stage calls, for `use: NAME` or NAME where an input is expected"),
    ] = msgspec.field(default_factory=dict)


_CALLS = ("experiment",)
_NAMED_CALLS = ("arms", "stages")
_ASSERTIONS = ("assert", "controls")


def words(root: Node) -> Any:
    """Return the plain value of a file, with stage calls and assertions left as nodes."""
    if not isinstance(root.value, dict):
        return plain(root)
    bare: dict[str, Any] = {}
    for key, child in root.value.items():
        if key in _CALLS:
            bare[key] = child
        elif (key in _NAMED_CALLS and isinstance(child.value, dict)) or (
            key in _ASSERTIONS and isinstance(child.value, list)
        ):
            bare[key] = child.value
        else:
            bare[key] = plain(child)
    return bare
