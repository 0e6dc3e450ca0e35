"""Registers two functions; nobody names them."""

from lab.decorators import register


@register("first")
def first(x):
    return x + 31


@register("second")
def second(x):
    return x + 32


def bystander(x):
    return x
