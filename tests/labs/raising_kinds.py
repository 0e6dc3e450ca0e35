"""A kind whose methods raise what a claim asks for; copied into test projects as ``lab/kinds.py``."""

from typing import Annotated

import pytest
from msgspec import Meta

from cbspec.errors import Stopped
from cbspec.kinds import Arm, Assertion, Contrast, MeasureName


class MuteError(Exception):
    """An exception that raises where it is to be shown."""

    def __str__(self):
        raise RuntimeError("no words")

    __repr__ = __str__


def deeper():
    deeper()


RAISED = {
    "memory": MemoryError(),
    "exit": SystemExit(0),
    "base": BaseExceptionGroup("two", [GeneratorExit()]),
    "mute": MuteError(),
    "key": KeyError("height"),
    "surrogate": ValueError("\udc80\x1b[2J"),
    "skip": pytest.skip.Exception("no"),
    "xfail": pytest.xfail.Exception("no"),
    "stopped": Stopped("mine"),
}


class Odd(Assertion, frozen=True, kw_only=True, tag="odd"):
    """The second arm exceeds the first."""

    measure: MeasureName
    arms: Annotated[tuple[Arm, Arm], Meta(description="two arms")]
    where: Annotated[str, Meta(description="the method that raises")] = ""
    what: Annotated[str, Meta(description="what it raises")] = ""

    def _act(self, where):
        if where != self.where:
            return
        if self.what == "depth":
            deeper()
        raise RAISED[self.what]

    def sentence(self):
        self._act("sentence")
        return "the second arm exceeds the first"

    def problems(self):
        self._act("problems")
        yield from ()

    def contrasts(self):
        self._act("contrasts")
        first, second = self.arms
        return (
            Contrast(
                label="second - first",
                measure=self.measure,
                weights={second: 1.0, first: -1.0},
                low=0.0,
            ),
        )

    def evidence(self, data):
        self._act("evidence")
        return super().evidence(data)


KINDS = (Odd,)
