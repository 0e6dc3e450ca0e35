"""An edit of the engine that claims must notice, as ``mutations.yaml`` has it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import msgspec
import yaml

from cbspec.claim import Claim
from cbspec.fingerprint import Code
from cbspec.stage import stages_of

FILE = Path(__file__).with_name("mutations.yaml")


class Mutation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One edit.

    Attributes:
        definition: what is edited, as the code fingerprint names it:
            ``"engine/rules.py:inner_product"``.
        old, new: the text replaced, which the file must have exactly once, and what takes its
            place.
        noticed_by: the claims that must fail.
        because: why they must.
        moves: of the claims whose canary runs the definition, those whose figures the edit can move;
            all where none is named.
        spares: those that it cannot move, where these are fewer; one of the two is empty.
        moves_because: why it cannot move the others.
    """

    name: str
    title: str
    definition: str
    old: str
    new: str
    noticed_by: tuple[str, ...]
    because: str
    moves: tuple[str, ...] = ()
    spares: tuple[str, ...] = ()
    moves_because: str = ""

    def can_move(self, claim: str) -> bool:
        """Whether the edit can move the canary of a claim that runs the definition."""
        # A name without the values of a matrix means all cells
        names = {
            claim,
            claim.partition("[")[0],
        }
        if self.moves:
            return not names.isdisjoint(self.moves)
        return names.isdisjoint(self.spares)

    @property
    def path(self) -> str:
        return self.definition.partition(":")[0]

    def edited(self, text: str) -> str:
        """The file's text after the edit.

        Raises:
            ValueError: the edit no longer applies.
        """
        return replaced(text, self.old, self.new, who=f"mutation {self.name}", path=self.path)

    def apply(self, root: Path) -> None:
        """Edit the project at `root`. Raises ValueError where the edit no longer applies."""
        file = root / self.path
        file.write_text(self.edited(file.read_text(encoding="utf-8")), encoding="utf-8")

    def named_in(self, text: str) -> bool:
        """Whether the text of a failure names the edited definition."""
        path, _, name = self.definition.partition(":")
        return (
            re.search(rf"^ *{re.escape(path)}:\d+: {re.escape(name)} \(stage", text, re.MULTILINE)
            is not None
        )

    def reaches(self, claim: Claim, code: Code) -> bool:
        """Whether one of the claim's stages reaches the definition."""
        stages = stages_of(claim.arms.values()).values()
        return any(
            self.definition in code.fingerprint(stage.implementation).definitions
            for stage in stages
        )


def replaced(text: str, old: str, new: str, *, who: str, path: str) -> str:
    """Return a file's text with `new` in place of `old`.

    Raises:
        ValueError: it does not have `old` exactly once, so that `who` no longer applies.
    """
    if (count := text.count(old)) != 1:
        raise ValueError(f"{who} no longer applies: {path} has {count} times, not once: {old!r}")
    return text.replace(old, new)


def definition_of(text: str, name: str) -> ast.AST:
    """Return the function or method of a module, given by its qualified name."""
    node: ast.AST = ast.parse(text)
    for part in name.split("."):
        [node] = [
            child for child in ast.iter_child_nodes(node) if getattr(child, "name", None) == part
        ]
    return node


def mutations() -> tuple[Mutation, ...]:
    """All edits, in the order of the file."""
    return msgspec.convert(yaml.safe_load(FILE.read_text(encoding="utf-8")), tuple[Mutation, ...])
