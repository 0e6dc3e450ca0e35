"""Edits of small laboratories, as the YAML files beside this one have them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

HERE = Path(__file__).parent
STAGE = "lab/stage.py"


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A laboratory and one edit of it.

    Attributes:
        files: path -> text, `STAGE` among them.
        links: path -> what the symbolic link there points to.
        path: the file in which `old`, found once, becomes `new`.
        moves: path -> where the edit moves that file.
        adds: path -> text, of files that the edit adds.
    """

    name: str
    files: dict[str, str]
    links: dict[str, str] = {}
    path: str = STAGE
    old: str = ""
    new: str = ""
    moves: dict[str, str] = {}
    adds: dict[str, str] = {}

    def lay_out(self, root: Path) -> None:
        """Write the laboratory."""
        for name, text in self.files.items():
            _write(root / name, text)
        for name, target in self.links.items():
            (root / name).symlink_to(target)

    def edit(self, root: Path) -> None:
        """Make the edit.

        Raises:
            ValueError: the text to be replaced does not stand in the file once.
        """
        if self.old:
            text = (root / self.path).read_text(encoding="utf-8")
            if text.count(self.old) != 1:
                raise ValueError(f"{self.name}: {self.old!r} does not stand once in {self.path}")
            _write(root / self.path, text.replace(self.old, self.new))
        for name, target in self.moves.items():
            (root / name).rename(root / target)
        for name, text in self.adds.items():
            _write(root / name, text)


class Payload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A module that binds ``sign``, and an edit that changes what it gives."""

    name: str
    text: str
    old: str
    new: str
    files: dict[str, str] = {}
    file: str = ""


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A way in which a stage comes by ``sign``.

    Attributes:
        rules: where the module lies that binds it.
        home: the package of that module, empty where it is imported by its name alone.
    """

    name: str
    files: dict[str, str]
    rules: str = "lab/rules.py"
    home: str | None = None
    links: dict[str, str] = {}

    def with_payload(self, payload: Payload) -> Case:
        """Return the laboratory in which this payload is reached in this way."""
        folder = self.rules.rpartition("/")[0]
        home = folder.replace("/", ".") if self.home is None else self.home
        inside = f"{home}." if home else ""
        beside = {f"{folder}/{name}": text for name, text in payload.files.items()}
        files = {"lab/__init__.py": "", self.rules: payload.text, **beside}
        files = {name: text.replace("{home}.", inside) for name, text in files.items()}
        return Case(
            name=f"{self.name}: {payload.name}",
            files=files | self.files,
            links=self.links,
            path=f"{folder}/{payload.file}" if payload.file else self.rules,
            old=payload.old,
            new=payload.new,
        )


def changing() -> Iterator[Case]:
    """Yield the edits that change what the stage gives."""
    payloads = msgspec.convert(_yaml("payloads"), list[Payload])
    for form in msgspec.convert(_yaml("forms"), list[Form]):
        for payload in payloads:
            yield form.with_payload(payload)
    for case in _yaml("alone"):
        yield msgspec.convert({**case, "files": {"lab/__init__.py": "", **case["files"]}}, Case)


def benign() -> Iterator[Case]:
    """Yield the edits that change nothing that the stage gives."""
    content = _yaml("benign")
    for edit in content["edits"]:
        yield msgspec.convert({**edit, "files": content["files"]}, Case)


def _yaml(name: str) -> Any:
    return yaml.safe_load((HERE / f"{name}.yaml").read_text(encoding="utf-8"))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
