"""The decorator that passes the project to a command."""

from __future__ import annotations

import click

from cbspec.project import Project

pass_project = click.make_pass_decorator(Project)
