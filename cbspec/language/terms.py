"""The terms of the claim language: names, seeds, sizes and error rates, with what each may be."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from cbspec.kinds.names import NAMES

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$(?!\n)"  # Python's $ would let a final newline pass
NAME_PATTERN = r"^[A-Za-z0-9_][A-Za-z0-9_.+-]*$(?!\n)"
RANGE_PATTERN = r"^[0-9]{1,9}\.\.[0-9]{1,9}$(?!\n)"
DATE_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$(?!\n)"
SIZE_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]*$(?!\n)"

ClaimId = Annotated[
    str, Meta(pattern=ID_PATTERN, max_length=80, description="id of a claim, e.g. 6.5A.a")
]
ArmName = Annotated[str, Meta(pattern=NAME_PATTERN, max_length=80, description="name of an arm")]
KnownArm = Annotated[ArmName, Meta(extra_json_schema={NAMES: "arm"})]
ScaleName = Annotated[
    str, Meta(pattern=NAME_PATTERN, max_length=80, description="name of a scale in defaults.yaml")
]
KnownScale = Annotated[ScaleName, Meta(extra_json_schema={NAMES: "scale"})]
SizeName = Annotated[
    str,
    Meta(
        pattern=SIZE_PATTERN,
        max_length=80,
        description="name of a size, written $name where it is used",
    ),
]
Words = Annotated[str, Meta(min_length=1)]
Seed = Annotated[int, Meta(ge=0, le=2**63 - 1, description="a training seed")]
SeedList = Annotated[
    tuple[Seed, ...],
    Meta(min_length=1, description="the seeds, in the order in which they are drawn"),
]
SeedRange = Annotated[
    str, Meta(pattern=RANGE_PATTERN, description="seeds from the first to the last, as 1..20")
]
Alpha = Annotated[
    float,
    Meta(gt=0, lt=0.5, description="error rate of the claim, shared by its assertions (Holm)"),
]
Size = Annotated[int | float, Meta(description="a number that $name stands for")]
Sizes = dict[SizeName, Size]
