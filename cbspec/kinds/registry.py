"""The registry of assertion kinds: built-in ones, and those of the project's own modules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any as Value

import msgspec

from cbspec.config import Config
from cbspec.errors import ConfigError, suggestion
from cbspec.kinds.all import All
from cbspec.kinds.any import Any
from cbspec.kinds.assertion import Assertion
from cbspec.kinds.at_least import AtLeast
from cbspec.kinds.collapse import Collapse
from cbspec.kinds.correlation import Correlation
from cbspec.kinds.equivalence import Equivalence
from cbspec.kinds.extremum import Extremum
from cbspec.kinds.figure import Figure
from cbspec.kinds.interaction import Interaction
from cbspec.kinds.iqm import Iqm
from cbspec.kinds.names import fields_naming
from cbspec.kinds.order import Order
from cbspec.kinds.published import Published
from cbspec.kinds.quantile import Quantile
from cbspec.kinds.range import Range
from cbspec.kinds.rank_trend import RankTrend
from cbspec.kinds.ratio import Ratio
from cbspec.kinds.share import Share
from cbspec.kinds.sign import Sign
from cbspec.kinds.sooner import Sooner
from cbspec.kinds.stated import Stated
from cbspec.kinds.threshold import Threshold
from cbspec.kinds.trend import Trend
from cbspec.kinds.unpaired import Unpaired
from cbspec.kinds.z import Z
from cbspec.project_code import declarations

BUILT_IN: tuple[type[Assertion], ...] = (
    Order, Trend, Threshold, Range, Sign, Equivalence, Collapse, Ratio, Extremum, Interaction,
    Figure, All, Any, AtLeast, RankTrend, Share, Quantile, Iqm, Correlation, Published, Unpaired,
    Sooner, Z, Stated,
)  # fmt: skip


def word_of(kind: type[Assertion]) -> str:
    """Return the name of a kind in claim files, such as ``"order"``."""
    return str(kind.__struct_config__.tag)


_known = {word_of(kind): kind for kind in BUILT_IN}
KINDS: Mapping[str, type[Assertion]] = MappingProxyType(_known)
"""Name in claim files -> kind, for the project that was loaded last."""


def load(config: Config) -> None:
    """Register the kinds of a project beside the built-in ones.

    Raises:
        ConfigError: a module cannot be imported, is not the project's, has no ``KINDS``, or a kind
            lacks something.
    """
    kinds_by_word = {word_of(kind): kind for kind in BUILT_IN}
    for module in config.kinds:
        wanted = "a tuple of subclasses of cbspec.kinds.Assertion"
        for kind in declarations(config, module, "kinds", "KINDS", accepts=_is_kind, wanted=wanted):
            where = f"kinds {module}: {kind.__name__}"
            if word_of(kind) in kinds_by_word:
                taken = kinds_by_word[word_of(kind)].__module__
                raise ConfigError(f"{where}: the kind {word_of(kind)!r} is taken by {taken}")
            if lacks := next(_lacks(kind), ""):
                raise ConfigError(f"{where} {lacks}")
            kinds_by_word[word_of(kind)] = kind
    _known.clear()
    _known.update(kinds_by_word)


def hook(
    wanted: type,  # noqa: ARG001 - always that of `AnyKind`
    value: Value,
    *,
    strict: bool = True,
) -> Assertion:
    """Convert a value to an assertion of the kind that it names.

    msgspec calls this for fields of the type `AnyKind`.

    Raises:
        ValueError: the value is no assertion. The message ends with the path within it, as
            msgspec's own messages do.
    """
    word = None
    if isinstance(value, dict):
        word = value.get("kind")
    if not isinstance(word, str) or word not in KINDS:
        raise ValueError(f"Invalid value {word!r}{suggestion(word, list(KINDS))} - at `$.kind`")
    try:
        return msgspec.convert(
            value,
            KINDS[word],
            strict=strict,
            dec_hook=partial(hook, strict=strict),
        )
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None


def _is_kind(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Assertion)


def _lacks(kind: type[Assertion]) -> Iterator[str]:
    """Yield what a kind lacks that Python does not ask for, but that judging it needs."""
    try:
        msgspec.json.schema(kind)
    except Exception as error:  # an annotation may raise anything
        yield f"has fields that msgspec cannot read: {error!r}"
    if not kind.__dict__.get("__doc__"):
        yield "has no docstring, whose first line says what it asserts"
    if kind.sentence is Assertion.sentence:
        yield "has no sentence()"
    if kind.evidence is Assertion.evidence and kind.contrasts is Assertion.contrasts:
        yield "has neither contrasts() nor evidence(), of which one decides it"
    for noun, marker in (("arm", "Arm or Arms"), ("measure", "MeasureName")):
        if not fields_naming(kind, noun) and not fields_naming(kind, "assertion"):
            yield f"names no {noun}: mark the field that does as cbspec.kinds.{marker}"
