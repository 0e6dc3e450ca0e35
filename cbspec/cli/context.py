"""The project that a command works on, as click hands it over."""

from __future__ import annotations

import click

from cbspec.project import Project

pass_project = click.make_pass_decorator(Project)
