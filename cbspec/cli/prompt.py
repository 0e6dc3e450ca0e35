"""What ``cbspec new`` asks on a terminal, with the catalog's words to choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click
import msgspec
from msgspec import inspect

from cbspec.kinds import KINDS
from cbspec.kinds.names import bare, fields, noun_of
from cbspec.stage import Stage

BOUNDS = ("above", "below")  # of which a kind needs one


def text(label: str) -> str:
    """Ask for a line that is not empty."""
    answer: str = click.prompt(label, type=str, err=True)
    return answer.strip()


def experiment(stages: Sequence[str], catalog: Mapping[str, Stage]) -> str:
    """Ask for the stage call that all arms share."""
    click.echo(
        f"Named stage calls: {', '.join(stages) or 'none'}. Stages: {', '.join(catalog)}.", err=True
    )
    return text("Experiment (a named call, or {stage: NAME, ...})")


def arms() -> dict[str, str]:
    """Name -> overrides, until a name is left empty."""
    overrides: dict[str, str] = {}
    while True:
        name: str = click.prompt(
            f"Arm {len(overrides) + 1} (empty: no more)", default="", show_default=False, err=True
        )
        if not name.strip():
            return overrides
        words = click.prompt(f"  what {name} overrides", default="{}", err=True)
        overrides[name.strip()] = words.strip()


def assertion(arms: Sequence[str], measures: Sequence[str]) -> str:
    """Ask for one assertion, and return it as YAML of one line."""
    kind = click.prompt(
        "Assertion", type=click.Choice([name for name in KINDS if _simple(name)]), err=True
    )
    words: list[str] = [f"kind: {kind}"]
    for field in msgspec.structs.fields(KINDS[kind]):
        value: str | None = None
        described = fields(KINDS[kind])[field.encode_name]
        if noun_of(described) == "measure":
            hint = f" (one of {', '.join(measures)})" if measures else ""
            value = text(f"  {field.name}{hint}")
        elif field.required:
            value = _required(field.name, described, arms)
        elif field.name in BOUNDS:
            value = click.prompt(
                f"  {field.name} (empty: no such bound)", default="", show_default=False, err=True
            )
        if value:
            words.append(f"{field.name}: {value}")
    return f"{{{', '.join(words)}}}"


def _simple(kind: str) -> bool:
    """Tell whether all that the kind needs can be asked for; the others are written by hand."""
    needed = [
        fields(KINDS[kind])[field.encode_name]
        for field in msgspec.structs.fields(KINDS[kind])
        if field.required
    ]
    return all(noun_of(described) or _asked(described) for described in needed)


def _asked(described: inspect.Type) -> bool:
    plain = bare(described)
    listed = isinstance(plain, inspect.VarTupleType) and noun_of(plain.item_type) == "arm"
    return listed or isinstance(plain, inspect.LiteralType | inspect.FloatType | inspect.IntType)


def _required(name: str, described: inspect.Type, arms: Sequence[str]) -> str:
    label, plain = f"  {name}", bare(described)
    if isinstance(plain, inspect.LiteralType):
        return str(
            click.prompt(label, type=click.Choice([str(value) for value in plain.values]), err=True)
        )
    if isinstance(plain, inspect.VarTupleType):
        listed = click.prompt(label, default=", ".join(arms), err=True)
        return f"[{listed.strip('[] ')}]"
    if noun_of(described) == "arm":
        return str(click.prompt(label, type=click.Choice(list(arms)), err=True))
    return str(click.prompt(label, type=float, err=True))
