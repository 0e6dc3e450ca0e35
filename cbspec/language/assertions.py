"""What a claim asserts, as written -> `cbspec.assertion`, each checked against the arms it speaks of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

import msgspec

from cbspec import assertion as kinds
from cbspec.assertion import Assertion, Kind
from cbspec.language import drawing
from cbspec.language.conform import conform, follow, unknown
from cbspec.language.mistakes import Mistakes, shown
from cbspec.language.node import Node
from cbspec.language.scope import Scope, UnknownName
from cbspec.stage import Call

KINDS: Mapping[str, type[Assertion]] = {kind.__struct_config__.tag: kind for kind in get_args(Kind)}

_MEANT = {  # what people call a kind before they know its name
    "monotone": "trend", "monotonic": "trend", "increasing": "trend", "decreasing": "trend", "page": "trend",
    "greater": "order", "less": "order", "larger": "order", "smaller": "order", "ordering": "order", "ranking": "order",
    "equal": "equivalence", "same": "equivalence", "tost": "equivalence", "close": "equivalence", "neutral": "equivalence",
    "between": "range", "interval": "range", "above": "threshold", "below": "threshold", "bound": "threshold",
    "max": "extremum", "min": "extremum", "best": "extremum", "worst": "extremum", "highest": "extremum", "lowest": "extremum",
    "positive": "sign", "negative": "sign", "factor": "ratio", "and": "all", "or": "any", "slope": "interaction",
    "plot": "figure", "drawing": "figure", "graph": "figure", "chart": "figure", "panel": "figure",
}  # fmt: skip
_ALL = tuple[Kind, ...]


class Arms:
    """The arms of a claim as assertions see them: their names, and what the stages of those that resolved measure."""

    def __init__(self, names: Iterable[str], calls: Mapping[str, Call | None]) -> None:
        self.names = list(names)
        self.calls = calls

    def measures(self, arm: str) -> list[str] | None:
        """The measures of an arm's stage; None when the arm did not resolve."""
        call = self.calls.get(arm)
        return None if call is None else list(call.stage.measures)


def read(nodes: list[Node], scope: Scope, arms: Arms | None, mistakes: Mistakes) -> tuple[Assertion, ...]:
    """The assertions at `nodes`; those with mistakes are noted and left out. Without arms, names are not checked."""
    values: list[Any] = []
    understood: list[Node] = []
    for node in nodes:
        try:
            values.append(_plain(node, scope))
            understood.append(node)
        except UnknownName:
            continue
    pairs = list(_converted(understood, values, mistakes))
    for node, assertion in pairs:
        _check(node, assertion, arms, mistakes)
        if isinstance(assertion, kinds.Figure):
            drawing.check(node, assertion, scope, mistakes)
    return tuple(assertion for _, assertion in pairs)


def _plain(node: Node, scope: Scope) -> Any:
    """Values of the matrix cell are filled in everywhere, sizes of the scale only where a level is meant."""
    if not isinstance(node.value, dict):
        return scope.plain(node)
    cell = scope.of_cell()
    plain: dict[str, Any] = {}
    for key, child in node.value.items():
        if key == "of" and isinstance(child.value, list):
            plain[key] = [_plain(part, scope) for part in child.value]
        else:
            plain[key] = (scope if key == "levels" else cell).plain(child)
    return plain


def _converted(nodes: list[Node], values: list[Any], mistakes: Mistakes) -> Iterator[tuple[Node, Assertion]]:
    try:
        together = msgspec.convert(values, type=_ALL)
        if not any(None in value.values() for value in values):
            yield from zip(nodes, together, strict=True)
            return
    except msgspec.ValidationError:
        pass
    for node, value in zip(nodes, values, strict=True):
        if (assertion := _one(node, value, mistakes)) is not None:
            yield node, assertion


def _one(node: Node, value: Any, mistakes: Mistakes) -> Assertion | None:
    """One assertion by its kind, so that only what is wrong for this kind is reported."""
    if not isinstance(value, dict):
        mistakes.add(node, f"expected an assertion (a mapping with kind), got {shown(value)}")
        return None
    kind = value.get("kind")
    if "kind" not in value:
        mistakes.add(node, f"missing kind (one of {', '.join(KINDS)})")
        return None
    if not isinstance(kind, str) or kind not in KINDS:
        meant = _MEANT.get(kind.lower()) if isinstance(kind, str) else None
        mistakes.add(follow(node, ["kind"]), unknown("value", kind, list(KINDS), meant=meant))
        return None
    for key in value:
        if value[key] is None:
            mistakes.add(follow(node, [key]), "nothing stands here; give a value or remove the key")
            return None
    parts = value.get("of")
    if isinstance(parts, list):
        found = [_one(part, plain, mistakes) for part, plain in zip(follow(node, ["of"]).items, parts, strict=True)]
        if None in found:
            return None
    return conform(node, value, KINDS[kind], mistakes)


def _check(node: Node, assertion: Assertion, arms: Arms | None, mistakes: Mistakes) -> None:
    """Names that the claim does not have, and what the types cannot say."""
    if isinstance(assertion, kinds.All | kinds.Any):
        for part, inner in zip(follow(node, ["of"]).items, assertion.of, strict=True):
            _check(part, inner, arms, mistakes)
            if isinstance(inner, kinds.Figure):
                mistakes.add(follow(part, ["kind"]), "a figure is asserted by itself, not as a part of all or any")
        return
    if arms is not None:
        _check_names(node, assertion, arms, mistakes)
    for key, message in _senseless(assertion):
        mistakes.add(follow(node, [key]), message)


def _check_names(node: Node, assertion: Assertion, arms: Arms, mistakes: Mistakes) -> None:
    named = kinds.arms_of(assertion)
    for place in _words(node, ("arm", "reference", "arms", "among", "pairs")):
        if place.text in named and place.text not in arms.names:
            mistakes.add(place, unknown("arm", place.text, arms.names))
    for measure in kinds.measures_of(assertion):
        for arm in named:
            offered = arms.measures(arm)
            if offered is not None and measure not in offered:
                place = follow(node, ["axes"]).keys[measure] if isinstance(assertion, kinds.Figure) else follow(node, ["measure"])
                mistakes.add(place, unknown("measure", measure, offered, of=f"arm {arm}"))
                break


def _words(node: Node, keys: Iterable[str]) -> Iterator[Node]:
    for key in keys:
        stack = [child] if (child := follow(node, [key])) is not node else []
        while stack:
            word = stack.pop(0)
            if isinstance(word.value, list):
                stack += word.value
            else:
                yield word


def _senseless(assertion: Assertion) -> Iterator[tuple[str, str]]:
    """Key and message for whatever is of the right type and still asserts nothing."""
    for key in ("arms", "among"):
        arms = getattr(assertion, key, ())
        if len(set(arms)) < len(arms):
            yield key, "names an arm twice"
    match assertion:
        case kinds.Threshold(above=None, below=None) | kinds.Ratio(above=None, below=None):
            yield "kind", "needs above, below or both"
        case kinds.Threshold(above=float(above), below=float(below)) | kinds.Ratio(above=float(above), below=float(below)):
            if not above < below:
                yield "above", f"above must be the smaller of the two bounds, got above {above} and below {below}"
        case kinds.Range(low=low, high=high) if not low < high:
            yield "low", f"low must lie below high, got {low} and {high}"
        case kinds.Equivalence(to=None, arms=(_,)):
            yield "arms", "needs two arms to compare, or to: VALUE"
        case kinds.Collapse(reference=reference, arms=arms) if reference in arms:
            yield "reference", "is itself among the arms that collapse"
        case kinds.Extremum(arm=arm, among=among) if arm not in among:
            yield "arm", f"{arm} is not in among"
        case kinds.Interaction():
            yield from _senseless_interaction(assertion)


def _senseless_interaction(assertion: kinds.Interaction) -> Iterator[tuple[str, str]]:
    pairs, levels = assertion.pairs, assertion.levels
    if levels is None and len(pairs) != 2:
        yield "pairs", f"needs two pairs, or one level per pair; has {len(pairs)} pairs and no levels"
    if levels is not None and len(levels) != len(pairs):
        yield "levels", f"needs one level per pair, has {len(levels)} for {len(pairs)} pairs"
    if levels is not None and len(set(levels)) < 2:
        yield "levels", "needs at least two different levels"
    if assertion.reverses and (levels is not None or len(pairs) != 2):
        yield "reverses", "a sign reverses between two pairs without levels"
    for pair in pairs:
        if len(set(pair)) < 2:
            yield "pairs", f"compares {pair[0]} with itself"
