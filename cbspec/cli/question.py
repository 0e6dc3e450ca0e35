"""What ``cbspec new`` asks on a terminal, with the catalog's words to choose from."""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import click
import msgspec

from cbspec.language.assertions import KINDS
from cbspec.stage import Stage

SIMPLE = [name for name in KINDS if name not in ("all", "any", "figure", "interaction")]  # the others are written by hand
BOUNDS = ("above", "below")  # of which a kind needs one


def text(label: str) -> str:
    """A line that is not empty."""
    answer: str = click.prompt(label, type=str, err=True)
    return answer.strip()


def experiment(stages: Sequence[str], catalog: Mapping[str, Stage]) -> str:
    """The stage call that all arms share."""
    click.echo(f"Named stage calls: {', '.join(stages) or 'none'}. Stages: {', '.join(catalog)}.", err=True)
    return text("Experiment (a named call, or {stage: NAME, ...})")


def arms() -> dict[str, str]:
    """Name -> overrides, until a name is left empty."""
    found: dict[str, str] = {}
    while True:
        name: str = click.prompt(f"Arm {len(found) + 1} (empty: no more)", default="", show_default=False, err=True)
        if not name.strip():
            return found
        words = click.prompt(f"  what {name} overrides", default="{}", err=True)
        found[name.strip()] = words.strip()


def assertion(arms: Sequence[str], measures: Sequence[str]) -> str:
    """One assertion, as YAML of one line."""
    kind = click.prompt("Assertion", type=click.Choice(SIMPLE), err=True)
    words: list[str] = [f"kind: {kind}"]
    for field in msgspec.structs.fields(KINDS[kind]):
        value: str | None = None
        if field.name == "measure":
            hint = f" (one of {', '.join(measures)})" if measures else ""
            value = text(f"  measure{hint}")
        elif field.required:
            value = _required(field, arms)
        elif field.name in BOUNDS:
            value = click.prompt(f"  {field.name} (empty: no such bound)", default="", show_default=False, err=True)
        if value:
            words.append(f"{field.name}: {value}")
    return f"{{{', '.join(words)}}}"


def _required(field: msgspec.structs.FieldInfo, arms: Sequence[str]) -> str:
    label = f"  {field.name}"
    choices = _choices(field.type)
    if choices:
        return str(click.prompt(label, type=click.Choice(choices), err=True))
    if field.name in ("arms", "among"):
        listed = click.prompt(label, default=", ".join(arms), err=True)
        return f"[{listed.strip('[] ')}]"
    if field.name in ("arm", "reference"):
        return str(click.prompt(label, type=click.Choice(list(arms)), err=True))
    return str(click.prompt(label, type=float, err=True))


def _choices(declared: Any) -> tuple[str, ...]:
    """The words that a field takes, where it takes no others."""
    return typing.get_args(declared) if typing.get_origin(declared) is Literal else ()
