"""Classes: bases, methods, properties, nested classes."""

from dataclasses import dataclass, field
from functools import cached_property

from .maths import WIDTH, halve


def default_layers():
    return [3, 3]


@dataclass
class Config:
    """Fields with defaults."""

    rate: float = 0.1
    layers: list = field(default_factory=default_layers)
    width: "Width" = WIDTH


class Width(int):
    """Named in an annotation only."""


class Base:
    bias = 0.5

    def forward(self, x):
        return self.activate(x) + self.bias

    def activate(self, x):
        return x


class Net(Base):
    """A network."""

    class Head:
        gain = 3

        def read(self, x):
            return x * self.gain

    def __init__(self, config):
        self.config = config

    def activate(self, x):
        return super().activate(x) * self.config.rate

    @property
    def size(self):
        return sum(self.config.layers)

    @cached_property
    def head(self):
        return self.Head()

    @staticmethod
    def initial():
        return halve(1.0)

    @classmethod
    def default(cls):
        return cls(Config())

    def __len__(self):
        return 7


class Other(Base):
    def activate(self, x):
        return -x
