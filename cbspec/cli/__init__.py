"""The command line: ``cbspec``, each command loaded when it is called."""

from cbspec.cli.main import main

__all__ = ["main"]
