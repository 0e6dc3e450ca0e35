"""The resources that are asked of Slurm: ``"partition=gpu,gpus=1,time=4:00:00"``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from cbspec.errors import ConfigError

HELPERS = 16  # the default for the number of helpers
MINUTES = 60  # the default time of a helper, which is submitted again afterwards
# Options of sbatch that have no value; any other word behind a comma belongs to the value before it
FLAGS = frozenset({
    "contiguous", "exclusive", "no-requeue", "overcommit", "oversubscribe", "reboot", "requeue",
    "spread-job", "use-min-nodes",
})  # fmt: skip
_TIME = re.compile(r"(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?")


@dataclass(frozen=True)
class SlurmRequest:
    """The resources of the helpers.

    Attributes:
        helpers: the greatest number of helpers at a time.
        minutes: the time limit of each; 0 for that of the partition or none, as sbatch has it.
        options: further options of ``sbatch`` -> their values; True where an option has none.
        tasks: how many helpers each Slurm job has, which share its devices.
    """

    helpers: int
    minutes: int
    options: Mapping[str, str | Literal[True]]
    tasks: int = 1


def request(text: str) -> SlurmRequest:
    """Parse the value of ``--slurm``: ``"nodelist=n1,n2,gpus=1,exclusive"``.

    A value may have commas, and `FLAGS` have no value.

    Raises:
        ConfigError: the text is malformed; the message says where.
    """
    options: dict[str, str] = {}
    flags: list[str] = []
    key = ""
    for part in filter(None, map(str.strip, text.split(","))):
        if part in FLAGS:
            flags.append(part)
            continue
        if key and "=" not in part:
            options[key] += f",{part}"
            continue
        key, equals, value = part.partition("=")
        if not equals or not value or not re.fullmatch(r"[a-z][a-z-]*", key):
            raise ConfigError(f"--slurm: {part!r} is no KEY=VALUE such as partition=gpu")
        options[key] = value
    helpers = _number("helpers", options.pop("helpers", str(HELPERS)))
    tasks = _number("ntasks", options.get("ntasks", "1"))
    minutes = _minutes(options.pop("time", str(MINUTES)))
    return SlurmRequest(helpers, minutes, {**options, **dict.fromkeys(flags, True)}, tasks)


def _number(key: str, text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise ConfigError(f"--slurm: {key}={text} is no number of helpers")
    return int(text)


def _minutes(text: str) -> int:
    """Parse a time limit as sbatch does, and return it in minutes, rounded up; 0 for no limit.

    The forms are ``minutes``, ``minutes:seconds`` and ``hours:minutes:seconds``; with days,
    ``days-hours``, ``days-hours:minutes`` and ``days-hours:minutes:seconds``.
    """
    match = _TIME.fullmatch(text)
    if not match:
        raise ConfigError(f"--slurm: time={text} is no time such as 4:00:00")
    days, *parts = (int(group) if group else 0 for group in match.groups())
    hours_first = match[1] is not None or match[4] is not None
    hours, minutes, seconds = parts if hours_first else (0, parts[0], parts[1])
    return days * 1440 + hours * 60 + minutes + (seconds > 0)
