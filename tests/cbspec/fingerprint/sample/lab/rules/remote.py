"""Imported by nobody by name."""

ANSWER = 42


def act(x):
    return x + ANSWER
