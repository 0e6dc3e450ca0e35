"""What is asked of Slurm: ``"partition=gpu,gpus=1,time=4:00:00"``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cbspec.errors import ConfigError

HELPERS = 16  # at most, where nothing is said
MINUTES = 60  # of a helper, where nothing is said; it is submitted again when they are over
_TIME = re.compile(r"(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?")


@dataclass(frozen=True)
class SlurmRequest:
    """What each helper gets.

    Attributes:
        helpers: how many there may be at a time.
        minutes: how long each may take.
        options: any other option of ``sbatch`` -> its value.
    """

    helpers: int
    minutes: int
    options: Mapping[str, str]


def request(text: str) -> SlurmRequest:
    """Read what ``--slurm`` was given.

    Raises:
        ConfigError: with what is wrong.
    """
    options: dict[str, str] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        key, equals, value = part.partition("=")
        if not equals or not value or not re.fullmatch(r"[a-z][a-z-]*", key):
            raise ConfigError(f"--slurm: {part!r} is no KEY=VALUE such as partition=gpu")
        options[key] = value
    helpers = options.pop("helpers", str(HELPERS))
    if not helpers.isdigit() or not int(helpers):
        raise ConfigError(f"--slurm: helpers={helpers} is no number of helpers")
    return SlurmRequest(int(helpers), _minutes(options.pop("time", str(MINUTES))), options)


def _minutes(text: str) -> int:
    """Read a time as sbatch does: minutes, minutes:seconds, hours:minutes:seconds, each with days-
    before it or not.
    """
    match = _TIME.fullmatch(text)
    if not match:
        raise ConfigError(f"--slurm: time={text} is no time such as 4:00:00")
    days, *parts = (int(group) if group else 0 for group in match.groups())
    hours_first = match[1] is not None or match[4] is not None
    hours, minutes, seconds = parts if hours_first else (0, parts[0], parts[1])
    return max(days * 1440 + hours * 60 + minutes + (seconds > 0), 1)
