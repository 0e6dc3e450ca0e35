"""The files that ``cbspec init`` writes, and the refusal to write over what is there."""

from __future__ import annotations

import keyword
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cbspec.config import FILE as SETTINGS
from cbspec.errors import ConfigError

TEMPLATES = Path(__file__).parent / "templates"
IGNORE = ".gitignore"
TAKEN = ("cbspec", "claims", "reports", "conftest")
IGNORED = (".cbspec/", "/reports/latest.*", "__pycache__/")


@dataclass(frozen=True)
class ResultsTable:
    """A table of results that a project begins with; every word as YAML has it.

    Args:
        file: its path, relative to the project.
        run: the column of the runs' ids; empty where each row is a run.
        measures: column -> unit.
    """

    file: str
    run: str
    measures: Mapping[str, str]


@dataclass(frozen=True)
class Starter:
    """A project to be written into a folder.

    Args:
        root: the folder, which may hold other files.
        name: of the package with the project's stages, or of the project.
        version: of cbspec, which the workflow installs.
        table: results that exist already; the project then has no package.
    """

    root: Path
    name: str
    version: str
    table: ResultsTable | None = None

    def write(self) -> list[Path]:
        """Write the project, or nothing.

        Two files that a folder often has are added to: pyproject.toml and .gitignore.

        Returns:
            The files written or added to.

        Raises:
            ConfigError: the name cannot be that of a package, the folder is a project already, or a
                file is there or cannot be written.
        """
        contents = self._workflow()
        if self.table is None:
            self._check_name()
            contents |= self._engine()
        else:
            contents[self.root / "claims" / "defaults.yaml"] = self._text("table.yaml")
        there = [path for path in contents if path.exists()]
        if there:
            listed = ", ".join(str(path.relative_to(self._top)) for path in there)
            raise ConfigError(f"already there: {listed}; nothing was written")
        contents[self.root / SETTINGS] = self._settings()
        contents[self.root / IGNORE] = self._ignored()
        try:
            for path, text in contents.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{error.filename} cannot be written: {error.strerror}") from error
        return list(contents)

    @property
    def _top(self) -> Path:
        """Return the folder of the repository, where workflows lie: the project's own without one."""
        for folder in (self.root, *self.root.parents):
            if (folder / ".git").exists():
                return folder
        return self.root

    def _check_name(self) -> None:
        if not self.name.isidentifier():
            raise ConfigError(
                f"{self.name!r} cannot name a Python package: letters, digits and _ only, and no "
                "digit at the beginning"
            )
        if keyword.iskeyword(self.name):
            raise ConfigError(f"{self.name!r} is a word of Python: choose another name")
        if self.name in TAKEN or self.name in sys.stdlib_module_names or self._is_installed():
            raise ConfigError(f"{self.name!r} is taken: choose another name")

    def _is_installed(self) -> bool:
        """Tell whether Python knows a package of this name, which the project's would hide."""
        spec = find_spec(self.name)
        if spec is None or spec.origin is None:
            return False
        return not Path(spec.origin).is_relative_to(self.root)

    def _engine(self) -> dict[Path, str]:
        """Return a package with one stage, and a claim that uses it."""
        package, claims = self.root / self.name, self.root / "claims"
        return {
            package / "__init__.py": self._text("package.py"),
            package / "catalog.py": self._text("catalog.py"),
            package / "darts.py": self._text("darts.py"),
            claims / "defaults.yaml": self._text("defaults.yaml"),
            claims / "pi.a.yaml": self._text("claim.yaml"),
        }

    def _workflow(self) -> dict[Path, str]:
        folder = self.root.relative_to(self._top).as_posix()
        workflow = "claims"
        if folder == ".":
            folder = ""
        else:
            workflow = f"claims-{self.name}"
        path = self._top / ".github" / "workflows" / f"{workflow}.yml"
        return {path: self._text("workflow.yml", workflow=workflow, folder=folder)}

    def _settings(self) -> str:
        """Return pyproject.toml with a table for cbspec at its end."""
        before = _text_of(self.root / SETTINGS)
        try:
            tools = tomllib.loads(before).get("tool", {})
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"{self.root / SETTINGS}: not TOML: {error}") from None
        if "cbspec" in tools:
            raise ConfigError(f"{self.root / SETTINGS} has a [tool.cbspec]; nothing was written")
        gap = "\n" if before else ""
        return before + gap + self._text("settings.toml")

    def _ignored(self) -> str:
        """Return .gitignore with the lines that it lacks."""
        lines = _text_of(self.root / IGNORE).splitlines()
        for line in IGNORED:
            if line not in lines:
                lines.append(line)
        return "\n".join(lines) + "\n"

    def _text(self, template: str, **values: str) -> str:
        environment = Environment(  # GitHub's own marks are those that Jinja has by default
            loader=FileSystemLoader(TEMPLATES),
            variable_start_string="[[",
            variable_end_string="]]",
            block_start_string="[%",
            block_end_string="%]",
            undefined=StrictUndefined,
            trim_blocks=True,
            keep_trailing_newline=True,
        )
        return environment.get_template(f"{template}.j2").render(
            name=self.name, version=self.version, table=self.table, **values
        )


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
