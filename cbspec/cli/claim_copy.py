"""Copying a claim file with some values replaced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from cbspec.cli.draft import scalar

_SCHEMA = "# yaml-language-server: $schema="


@dataclass(frozen=True, kw_only=True)
class ClaimCopy:
    """A claim file with some of its values replaced; comments and layout stay.

    Args:
        original: the text of the file, which is a valid claim.
        replaced: top-level key -> its new text.
    """

    original: str
    replaced: Mapping[str, str]

    @property
    def id(self) -> str:
        return self.replaced["id"]

    def text(self, schema: str) -> str:
        """Return the file.

        Args:
            schema: path of the JSON Schema as seen from the file, for editors.
        """
        document = yaml.compose(self.original, Loader=yaml.SafeLoader)
        assert isinstance(document, yaml.MappingNode)
        text = self.original
        for key, value in reversed(document.value):  # so that what comes before keeps its place
            if key.value in self.replaced:
                start, end = value.start_mark.index, value.end_mark.index
                replacement = scalar(self.replaced[key.value], flow=bool(document.flow_style))
                if "\n" in text[start:end]:  # a folded text ends with the line after it
                    replacement += "\n"
                text = text[:start] + replacement + text[end:]
        first, newline, rest = text.partition("\n")
        if first.startswith(_SCHEMA):
            return f"{_SCHEMA}{schema}{newline}{rest}"
        return text
