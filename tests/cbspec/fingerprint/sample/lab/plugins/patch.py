"""Changes another module when it is imported."""

from lab import patched


def replacement(x):
    return x + 41


patched.target = replacement
