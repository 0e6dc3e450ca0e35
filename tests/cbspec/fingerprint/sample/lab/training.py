"""Stages that call, construct and wrap."""

import lab.nets as networks
from lab import maths
from lab.decorators import doubled, offset
from lab.maths import scale
from lab.nets import Net


def train(job):
    net = Net.default()
    return round(_step(net, job) + len(net), 6)


def _step(net, x):
    return net.forward(scale(x)) + net.size + net.head.read(x) + net.initial()


@offset(2)
def wrapped(job):
    return job + 1


@doubled
def twice(job):
    return job + 2


def closed(job):
    rate = 3

    def inner(x):
        return x * rate

    return inner(job)


def aliased(job):
    return networks.Config.rate * maths.double(job) + maths.cube(job)


def deferred(job):
    from lab import halved
    from lab.rules import apply

    return apply(job) + halved(job)
