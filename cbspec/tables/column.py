"""The columns of a table that are measures, and those that name its test items."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from cbspec.stage import Noise

Cell = str | int | float | bool


class Column(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A column that is a measure."""

    unit: Annotated[str, Meta(description="its unit in words: accuracy, nats, s")]
    column: Annotated[str, Meta(description="the name of the column, where it is another one")] = ""
    doc: Annotated[str, Meta(description="what it means, with its source")] = ""
    resolution: Annotated[
        float,
        Meta(ge=0, description="the least difference of two values; 0: none repeat by chance"),
    ] = 0.0
    noise: Annotated[Noise, Meta(description="how it varies from run to run")] = "normal"
    why: Annotated[str, Meta(description="the reason for a noise other than normal")] = ""


class Resample(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What takes the place of runs where a claim is about test items."""

    item: Annotated[str, Meta(min_length=1, description="the column of the test item's id")]
    cluster: Annotated[
        str,
        Meta(
            description="the column of what items have in common, such as their passage: errors are "
            "those of whole clusters"
        ),
    ] = ""
