"""Reading assertions, and checking them against the arms and measures of the claim."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from cbspec.kinds import KINDS, Assertion, Compound
from cbspec.kinds.names import Mention, arms_of, fields_naming, mentions
from cbspec.language.conform import conform, follow, unknown
from cbspec.language.diagnostics import Diagnostics, shown
from cbspec.language.node import Node
from cbspec.language.scope import Scope, UnknownName
from cbspec.stage import Call, declared_by


@dataclass(frozen=True, slots=True)
class Arms:
    """The names of a claim's arms, and the measures of those without mistakes."""

    names: list[str]
    calls: Mapping[str, Call | None]

    def lacks(self, arm: str, measure: str) -> str:
        """Return the message that an arm lacks a measure; empty if it has it or is not resolved."""
        call = self.calls.get(arm)
        if call is None or measure in call.stage.measures:
            return ""
        return unknown("measure", measure, list(call.stage.measures), of=f"arm {arm}")


def read(
    nodes: list[Node], scope: Scope, arms: Arms | None, mistakes: Diagnostics
) -> tuple[Assertion, ...]:
    """Read the assertions at `nodes`. One with mistakes is left out, and its mistakes are noted.

    Without arms, names are not checked.
    """
    assertions: list[Assertion] = []
    levels = frozenset[str]().union(*(fields_naming(kind, "level") for kind in KINDS.values()))
    for node in nodes:
        try:
            assertion = _one(node, _plain(node, scope, levels), mistakes)
        except UnknownName:
            continue
        if assertion is not None:
            _check(node, assertion, arms, scope, mistakes)
            assertions.append(assertion)
    return tuple(assertions)


def _plain(node: Node, scope: Scope, levels: frozenset[str]) -> Any:
    """Return the plain value of a node, with ``$name`` replaced.

    Values of the matrix cell may stand anywhere, sizes of the scale only in a level.
    """
    if not isinstance(node.value, dict):
        return scope.plain(node)
    cell = scope.of_cell()
    plain: dict[str, Any] = {}
    for key, child in node.value.items():
        if key == "of" and isinstance(child.value, list):
            plain[key] = [_plain(part, scope, levels) for part in child.value]
        else:
            known = scope if key in levels else cell
            plain[key] = known.plain(child)
    return plain


def _one(node: Node, value: Any, mistakes: Diagnostics) -> Assertion | None:
    """Read one assertion by its kind, so that only mistakes for this kind are reported."""
    if not isinstance(value, dict):
        mistakes.add(node, f"expected an assertion (a mapping with kind), got {shown(value)}")
        return None
    kind = value.get("kind")
    if "kind" not in value:
        mistakes.add(node, f"missing kind (one of {', '.join(KINDS)})")
        return None
    if not isinstance(kind, str) or kind not in KINDS:
        message = unknown("value", kind, list(KINDS), meant=_meant(kind))
        mistakes.add(follow(node, ["kind"]), message)
        return None
    for key in value:
        if value[key] is None:
            mistakes.add(follow(node, [key]), "nothing stands here; give a value or remove the key")
            return None
    parts = value.get("of")
    if isinstance(parts, list):
        read = list(map(partial(_one, mistakes=mistakes), follow(node, ["of"]).items, parts))
        if None in read:
            return None
        value = {**value, "of": read}
    return conform(node, value, KINDS[kind], mistakes)


def _meant(word: object) -> str | None:
    """Return the kind that has a word among its synonyms; None if there is none."""
    for name, kind in KINDS.items():
        if isinstance(word, str) and word.lower() in kind.synonyms:
            return name
    return None


def _check(
    node: Node, assertion: Assertion, arms: Arms | None, scope: Scope, mistakes: Diagnostics
) -> None:
    """Check what types cannot express, and that the claim has all names, in every part."""
    problems = [*assertion.problems(), *assertion.misplaced(scope.cell)]
    if assertion.test not in assertion.tests:
        problems.append((("test",), f"says nothing of {assertion.kind}, {assertion.tested_by}"))
    for path, message in problems:
        place = follow(node, path)
        name = str(path[0])
        if name.startswith("$"):
            place = scope.cell[name[1:]]
        mistakes.add(place, message)
    if isinstance(assertion, Compound):
        for inner, part in zip(follow(node, ["of"]).items, assertion.of, strict=True):
            _check_part(inner, part, arms, scope, mistakes)
        return
    _check_names(node, assertion, arms, mistakes)
    if arms is not None and not problems:
        _check_noise(node, assertion, arms, mistakes)


def _check_part(
    node: Node, part: Assertion, arms: Arms | None, scope: Scope, mistakes: Diagnostics
) -> None:
    """Check an assertion that stands in another one, and so needs a p-value."""
    if not part.tested:
        message = f"{part.kind} is asserted by itself, not as a part of all or any"
        mistakes.add(follow(node, ["kind"]), message)
    _check(node, part, arms, scope, mistakes)


def _check_names(
    node: Node, assertion: Assertion, arms: Arms | None, mistakes: Diagnostics
) -> None:
    named = list(mentions(assertion))
    for key, names in _lists(named).items():
        if len(set(names)) < len(names):
            mistakes.add(follow(node, [key]), "names an arm twice")
    if arms is None:
        return
    for mention in named:
        if mention.noun == "measure":
            _check_measure(_place(node, mention), mention.name, arms_of(assertion), arms, mistakes)
        elif mention.noun == "arm" and mention.name not in arms.names:
            mistakes.add(_place(node, mention), unknown("arm", mention.name, arms.names))


def _check_measure(
    place: Node, measure: str, named: Iterable[str], arms: Arms, mistakes: Diagnostics
) -> None:
    """Check that every arm of an assertion has the measure."""
    for arm in named:
        if lacks := arms.lacks(arm, measure):
            mistakes.add(place, lacks)
            break


def _check_noise(node: Node, assertion: Assertion, arms: Arms, mistakes: Diagnostics) -> None:
    """Check that a test keeps its level under the noise that the measures declare."""
    calls = []
    for arm in arms_of(assertion):
        call = arms.calls.get(arm)
        if call is not None:
            calls.append(call)
    for reason in assertion.unsuited(declared_by(calls)):
        mistakes.add(node.entries.get("kind", node), reason)


def _lists(named: Iterable[Mention]) -> dict[str, list[str]]:
    """Return the arms in each field that is a plain list of arms."""
    lists: dict[str, list[str]] = {}
    for mention in named:
        if mention.noun == "arm" and len(mention.path) == 2 and isinstance(mention.path[1], int):
            lists.setdefault(str(mention.path[0]), []).append(mention.name)
    return lists


def _place(node: Node, mention: Mention) -> Node:
    if not mention.is_key:
        return follow(node, mention.path)
    return follow(node, mention.path[:-1]).keys.get(str(mention.path[-1]), node)
