# ruff: noqa: F401
"""Changed from outside."""


def target(x):
    return x


def patched(job):
    import lab.plugins.patch

    return target(job)
