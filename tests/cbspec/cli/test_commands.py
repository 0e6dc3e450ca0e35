"""Commands are the modules of a package: a new one is one file."""

import click
import pytest
from click.testing import CliRunner

from cbspec.cli import commands, main
from cbspec.cli.group import Commands

GREET = '''\
"""``cbspec greet``: a word for everyone."""

import click

from cbspec.cli.context import pass_project


@click.command("greet")
@pass_project
def command(project):
    """Greet the project.

    More words.
    """
    click.echo(f"good morning, {project.config.root.name}")
'''


def leaves(group, path=()):
    """Yield (names, command) of every command, groups walked through."""
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        if isinstance(command, Commands):
            yield from leaves(command, (*path, name))
        else:
            yield (*path, name), command


def test_every_module_is_a_command_that_takes_json():
    """Each module of the package is a command with a line of help and the option --json."""
    found = dict(leaves(main))

    assert {("accept",), ("new",), ("run",), ("store", "gc"), ("store", "ls")} <= found.keys()
    for path, command in found.items():
        assert command.name == path[-1]
        assert command.help
        assert "--json" in [flag for option in command.params for flag in option.opts]


@pytest.mark.parametrize("words", [(), ("store",)])
def test_the_help_says_of_each_command_what_its_own_help_says(words):
    """The list of commands has the first line of each one's own help."""
    listed = CliRunner().invoke(main, [*words, "--help"]).stdout
    for path, command in leaves(main):
        if path[:-1] == words:
            line = f"  {path[-1]:<10}{command.help.splitlines()[0]}"
            assert " ".join(line.split()) in " ".join(listed.split())


@pytest.mark.parametrize("folder", ["", "garden"])
def test_a_new_command_is_one_file(laboratory, monkeypatch, folder):
    """A module that is added to the package, or to a new package in it, is listed and runs."""
    place = laboratory.root / "more"
    laboratory.write("more/greet.py" if not folder else f"more/{folder}/greet.py", GREET)
    if folder:
        laboratory.write(f"more/{folder}/__init__.py", '"""Look after the garden."""\n')
    monkeypatch.setattr(commands, "__path__", [*commands.__path__, str(place)])
    words = [folder] if folder else []

    assert "greet" in laboratory.cbspec(*words, "--help").stdout
    assert "Greet the project.\n" in laboratory.cbspec(*words, "--help").stdout
    assert laboratory.cbspec(*words, "greet").stdout == (f"good morning, {laboratory.root.name}\n")
    if folder:
        assert "Look after the garden." in laboratory.cbspec("--help").stdout
