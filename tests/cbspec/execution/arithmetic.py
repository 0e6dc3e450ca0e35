"""An engine for tests of planning and execution: numbers that count, add up, break and wait for
company.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from cbspec.stage import Call, Input, Job, Measure, Parameters, Stage

JOURNAL = "CBSPEC_TEST_JOURNAL"  # a file in which every computation leaves a line


class Count(Parameters, frozen=True, kw_only=True):
    """`step` counts up to `length`, once `company` processes have begun to compute something."""

    step: int
    length: int = 5
    company: int = 1
    diverges_at: int = 0


class Offset(Parameters, frozen=True, kw_only=True):
    """Added to the input."""

    by: float = 0.0


class Brittle(Parameters, frozen=True, kw_only=True):
    """The seed at which it breaks."""

    at: int


VALUE = {"value": Measure("unit", "a number")}
COUNT = Stage(
    "count",
    "counts from the seed",
    "tests.cbspec.execution.arithmetic:count",
    Count,
    kind="number",
    measures=VALUE,
    progress="step",
    cost=lambda call: float(call.point),
)
ADD = Stage(
    "add",
    "adds an offset",
    "tests.cbspec.execution.arithmetic:add",
    Offset,
    inputs={"number": Input("number", "what is added to")},
    kind="number",
    measures=VALUE,
    varying=frozenset({"by"}),
)
BREAK = Stage(
    "break", "raises", "tests.cbspec.execution.arithmetic:break_down", kind="number", measures=VALUE
)
MUTE = Stage(
    "mute",
    "forgets its measure",
    "tests.cbspec.execution.arithmetic:mute",
    kind="number",
    measures=VALUE,
)
BLUR = Stage(
    "blur",
    "has no number to show",
    "tests.cbspec.execution.arithmetic:blur",
    kind="number",
    measures=VALUE,
)
PACK = Stage(
    "pack",
    "the seed in a tensor",
    "tests.cbspec.execution.arithmetic:pack",
    kind="box",
    measures=VALUE,
)
UNPACK = Stage(
    "unpack",
    "reads the tensor",
    "tests.cbspec.execution.arithmetic:unpack",
    inputs={"box": Input("box", "what is read")},
    kind="number",
    measures=VALUE,
)
CRACK = Stage(
    "crack",
    "raises at one seed",
    "tests.cbspec.execution.arithmetic:crack",
    Brittle,
    kind="number",
    measures=VALUE,
)
STAGES = (COUNT, ADD, BREAK, MUTE, BLUR, PACK, UNPACK, CRACK)


def counted(step: int, **parameters: int) -> Call:
    """A call of `count`."""
    return Call(COUNT, Count(step=step, **parameters))


def added(by: float, number: Call) -> Call:
    """A call of `add`."""
    return Call(ADD, Offset(by=by), {"number": number})


def cracked(at: int) -> Call:
    """A call of `crack`."""
    return Call(CRACK, Brittle(at=at))


def count(job: Job) -> None:
    """The value at a step is 1000 * seed + step, reached by adding 1."""
    parameters = job.replicas[0].parameters
    values = [r.resumed.measures["value"] if r.resumed else 1000.0 * r.seed for r in job.replicas]
    _note(f"count {[r.seed for r in job.replicas]} from {job.start}")
    while len(_processes()) < parameters.company:
        time.sleep(0.01)
    for step in range(job.start, parameters.step):
        values = [value + 1 for value in values]
        if step + 1 == parameters.diverges_at:
            job.diverge(0, f"at step {step + 1}")
            return
        job.advance(step + 1, parameters.step, "step")
        if job.wants(step + 1):
            for index, value in enumerate(values):
                job.emit(index, point=step + 1, measures={"value": value})


def add(job: Job) -> None:
    """Input plus offset, per replica."""
    _note(f"add {[(r.seed, r.parameters.by) for r in job.replicas]}")
    for index, replica in enumerate(job.replicas):
        job.emit(
            index,
            measures={"value": replica.inputs["number"].measures["value"] + replica.parameters.by},
        )


def break_down(job: Job) -> None:
    """Always raises."""
    _note("break")
    raise RuntimeError("the shaft is bent")


def crack(job: Job) -> None:
    """The seed itself, replica by replica, up to the one that breaks."""
    _note(f"crack {[r.seed for r in job.replicas]}")
    for index, replica in enumerate(job.replicas):
        if replica.seed == replica.parameters.at:
            raise RuntimeError("the shaft is bent")
        job.emit(index, measures={"value": float(replica.seed)})


def mute(job: Job) -> None:
    """Emits a result that lacks its measure."""
    job.emit(0)


def blur(job: Job) -> None:
    """Emits a series that JSON cannot hold."""
    _note("blur")
    job.emit(0, measures={"value": 1.0}, series={"curve": [0.5, float("nan")]})


def pack(job: Job) -> None:
    """Emits a tensor of one number."""
    import torch  # which nothing else here needs

    _note("pack")
    job.emit(
        0, tensors={"seed": torch.tensor([float(job.replicas[0].seed)])}, measures={"value": 0.0}
    )


def unpack(job: Job) -> None:
    """The number in its input's tensor."""
    _note("unpack")
    job.emit(0, measures={"value": float(job.replicas[0].inputs["box"].tensors["seed"][0])})


def _processes() -> set[str]:
    path = os.environ.get(JOURNAL)
    return (
        {line.split()[0] for line in Path(path).read_text().splitlines()} if path else {"this one"}
    )


def _note(line: str) -> None:
    if path := os.environ.get(JOURNAL):
        descriptor = os.open(Path(path), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, f"{os.getpid()} {line}\n".encode())
        os.close(descriptor)
