"""What the package re-exports."""


def apply_rule(x):
    return x + 11


def other_rule(x):
    return x + 12
