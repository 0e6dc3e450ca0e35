"""Decorators: two that wrap, one that registers."""

import functools

REGISTRY = {}


def offset(by):
    def decorate(function):
        @functools.wraps(function)
        def wrapped(*args):
            return function(*args) + by

        return wrapped

    return decorate


def doubled(function):
    @functools.wraps(function)
    def wrapped(*args):
        return 2 * function(*args)

    return wrapped


def register(name):
    def decorate(function):
        REGISTRY[name] = function
        return function

    return decorate
