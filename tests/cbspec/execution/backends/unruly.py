"""An engine whose stage does to its process what real ones do when they go wrong."""

from __future__ import annotations

import ctypes
import dataclasses
import os
import re
import signal
import sys
import threading
import time
from pathlib import Path

import msgspec
import pytest

from cbspec.stage import Call, Job, Measure, Parameters, Stage


class Deed(Parameters, frozen=True, kw_only=True):
    """What the stage does, at which seed; `mark` is a file that tells a first attempt."""

    deed: str
    at: int = 0
    mark: str = ""


ACT = Stage(
    "act",
    "does what it is told and then emits its seed",
    "tests.cbspec.execution.backends.unruly:act",
    Deed,
    measures={"value": Measure("unit", "the seed")},
)
HASTEN = dataclasses.replace(ACT, name="hasten", timeout=0.2)
STAGES = (ACT, HASTEN)


def acting(deed: str = "behave", stage: Stage = ACT, **parameters: object) -> Call:
    """A call of a stage."""
    return Call(stage, Deed(deed=deed, **parameters))


def act(job: Job[Deed]) -> None:
    """Do the deed where it is meant for a replica, then emit each seed."""
    parameters = job.replicas[0].parameters
    if parameters.at in (0, *(replica.seed for replica in job.replicas)):
        DEEDS[parameters.deed](job)
    for index, replica in enumerate(job.replicas):
        job.emit(index, measures={"value": float(replica.seed)})


def behave(job: Job[Deed]) -> None:
    pass


def speak(job: Job[Deed]) -> None:
    """Print what is no plain text, then more than a pipe holds, and give the rest up."""
    print("\x1b[31mred\x9b2J\u202e é")
    print("\n::error::x\r 50 %\r100 %", file=sys.stderr)
    sys.stdout.buffer.write(b"\xff\n")
    print("x" * 200_000)
    sys.stdout.flush()
    os.close(1)


def once(job: Job[Deed]) -> None:
    """Raise at the first attempt only."""
    mark = Path(job.replicas[0].parameters.mark)
    if not mark.exists():
        mark.touch()
        raise RuntimeError("a cosmic ray")


def note(job: Job[Deed]) -> None:
    """Tell which process this is."""
    mark = Path(job.replicas[0].parameters.mark)
    mark.with_suffix(".new").write_text(str(os.getpid()))
    mark.with_suffix(".new").replace(mark)


def hash_text(job: Job[Deed]) -> None:
    """Tell the number by which this process puts a text into a set."""
    Path(job.replicas[0].parameters.mark).write_text(str(hash("orchard")))


def linger(job: Job[Deed]) -> None:
    """Tell which process this is, and never end."""
    note(job)
    time.sleep(3600)


def die_once(job: Job[Deed]) -> None:
    """Be killed at the first attempt only."""
    mark = Path(job.replicas[0].parameters.mark)
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)


def backtrack(job: Job[Deed]) -> None:
    """Compute in C for ages, without letting any other thread run."""
    re.match(r"(a+)+$", "a" * 64 + "b")


def wait_inside_an_uninterruptible_handler(job: Job[Deed]) -> None:
    """Ignore every signal that can be ignored, and never end."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
    time.sleep(3600)


def segfault(job: Job[Deed]) -> None:
    ctypes.string_at(0)


def text(job: Job[Deed]) -> None:
    raise ValueError("\udc80 \x1b[31m red \x07\r\u202e")


def cut_connections(job: Job[Deed]) -> None:
    os.closerange(3, 256)
    time.sleep(3600)


def emit_twice(job: Job[Deed]) -> None:
    job.emit(0, measures={"value": 1.0})
    job.emit(0, measures={"value": 2.0})


def emit_other_series(job: Job[Deed]) -> None:
    job.emit(0, measures={"value": 1.0}, series={"curve": [1.0]})
    job.emit(0, measures={"value": 1.0}, series={"curve": [1.5]})


def emit_then_diverge(job: Job[Deed]) -> None:
    job.diverge(0, "at step 3")
    job.emit(0, measures={"value": 2.0})


def die_in_a_thread(job: Job[Deed]) -> None:
    threading.Thread(target=os._exit, args=(7,)).start()
    time.sleep(3600)


def leave_a_child(job: Job[Deed]) -> None:
    """End, while a forked child goes on with all that was open."""
    if os.fork():
        os._exit(3)
    time.sleep(3600)


def kill_the_group(job: Job[Deed]) -> None:
    os.killpg(0, signal.SIGTERM)


def grow_too_deep(job: Job[Deed]) -> None:
    grow_too_deep(job)


class Mute(Exception):
    """An exception that cannot even say what it is."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


def raise_mute(job: Job[Deed]) -> None:
    raise Mute


def raise_stopped(job: Job[Deed]) -> None:
    from cbspec.errors import Stopped

    raise Stopped("I have had enough")


DEEDS = {
    "behave": behave,
    "once": once,
    "speak": speak,
    "die once": die_once,
    "linger": linger,
    "note": note,
    "hash": hash_text,
    "backtrack": backtrack,
    "sleep": wait_inside_an_uninterruptible_handler,
    "segfault": segfault,
    "text": text,
    "cut": cut_connections,
    "emit twice": emit_twice,
    "emit other series": emit_other_series,
    "emit then diverge": emit_then_diverge,
    "thread": die_in_a_thread,
    "orphan": leave_a_child,
    "group": kill_the_group,
    "recursion": grow_too_deep,
    "mute": raise_mute,
    "stopped": raise_stopped,
    "exit 0": lambda job: os._exit(0),
    "exit 3": lambda job: os._exit(3),
    "sys.exit": lambda job: sys.exit(),
    "kill": lambda job: os.kill(os.getpid(), signal.SIGKILL),
    "abort": lambda job: os.abort(),
    "interrupt": lambda job: (_ for _ in ()).throw(KeyboardInterrupt()),
    "generator exit": lambda job: (_ for _ in ()).throw(GeneratorExit()),
    "skip": lambda job: pytest.skip("no time"),
    "xfail": lambda job: pytest.xfail("as ever"),
    "pytest.exit": lambda job: pytest.exit("enough", returncode=0),
    "unit": lambda job: job.advance(1, 10, 5),
    "done": lambda job: job.advance(float("nan"), 10, "epoch"),
    "total": lambda job: job.advance(1, None, "epoch"),
    "diverge": lambda job: job.diverge(-1, "where?"),
    "validation": lambda job: msgspec.json.decode(b"{", type=Deed),
}
