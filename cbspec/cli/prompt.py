"""The questions that ``cbspec new`` asks on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import click
import msgspec
from msgspec import inspect

from cbspec.cli.output import echo
from cbspec.kinds import KINDS
from cbspec.kinds.names import bare, fields, noun_of
from cbspec.stage import Stage

BOUNDS = ("above", "below")  # optional fields of kinds that need at least one of them


def text(label: str) -> str:
    """Ask for a line that is not empty."""
    answer: str = click.prompt(label, type=str, err=True)
    return answer.strip()


def experiment(stages: Sequence[str], catalog: Mapping[str, Stage]) -> str:
    """Ask for the stage call that all arms share."""
    named = ", ".join(stages) or "none"
    echo(f"Named stage calls: {named}. Stages: {', '.join(catalog)}.", err=True)
    return text("Experiment (a named call, or {stage: NAME, ...})")


def arms() -> tuple[str, ...]:
    """Ask for arms until a name is left empty, and return them as ``NAME=YAML``."""
    overrides: dict[str, str] = {}
    while name := _optional(f"Arm {len(overrides) + 1} (empty: no more)"):
        words = click.prompt(f"  what {name} overrides", default="{}", err=True)
        overrides[name] = words.strip()
    return tuple(map("=".join, overrides.items()))


def assertion(arms: Sequence[str], measures: Sequence[str]) -> str:
    """Ask for one assertion, and return it as YAML on one line."""
    kind = _choice("Assertion", filter(_simple, KINDS))
    words: list[str] = [f"kind: {kind}"]
    for field in msgspec.structs.fields(KINDS[kind]):
        value = ""
        described = fields(KINDS[kind])[field.encode_name]
        if noun_of(described) == "measure":
            hint = f" (one of {', '.join(measures)})" if measures else ""
            value = text(f"  {field.name}{hint}")
        elif field.required:
            value = _required(field.name, described, arms)
        elif field.name in BOUNDS:
            value = _optional(f"  {field.name} (empty: no such bound)")
        if value:
            words.append(f"{field.name}: {value}")
    return f"{{{', '.join(words)}}}"


def _simple(kind: str) -> bool:
    """Tell whether the fields of a kind are simple enough to be asked for."""
    described = fields(KINDS[kind])
    for field in msgspec.structs.fields(KINDS[kind]):
        needed = described[field.encode_name]
        if field.required and not noun_of(needed) and not _asked(needed):
            return False
    return True


def _asked(described: inspect.Type) -> bool:
    plain = bare(described)
    listed = isinstance(plain, inspect.VarTupleType) and noun_of(plain.item_type) == "arm"
    return listed or isinstance(plain, inspect.LiteralType | inspect.FloatType | inspect.IntType)


def _required(name: str, described: inspect.Type, arms: Sequence[str]) -> str:
    label, plain = f"  {name}", bare(described)
    if isinstance(plain, inspect.LiteralType):
        return _choice(label, map(str, plain.values))
    if isinstance(plain, inspect.VarTupleType):
        listed = click.prompt(label, default=", ".join(arms), err=True)
        return f"[{listed.strip('[] ')}]"
    if noun_of(described) == "arm":
        return _choice(label, arms)
    return str(click.prompt(label, type=float, err=True))


def _choice(label: str, choices: Iterable[str]) -> str:
    answer: str = click.prompt(label, type=click.Choice(list(choices)), err=True)
    return answer


def _optional(label: str) -> str:
    """Ask for a line that may be empty."""
    answer: str = click.prompt(label, default="", show_default=False, err=True)
    return answer.strip()
