"""What a comment on a pull request asks for."""

from __future__ import annotations

import re
from typing import NamedTuple

from cbspec.errors import ConfigError

_REQUEST = re.compile(r"/cbspec accept (?P<claim>\S.*?) because (?P<reason>\S.*)")


class AcceptRequest(NamedTuple):
    """A claim whose verdict is to go on record, and why."""

    claim: str
    reason: str


def requested(comment: str) -> AcceptRequest:
    """Return what the first line of a comment asks for: ``/cbspec accept 7A.a because ...``.

    A claim is an id, whatever it begins with: no comment gives `cbspec accept` an option.

    Raises:
        ConfigError: the line asks for nothing.
    """
    first = comment.strip().partition("\n")[0].strip()
    match = _REQUEST.fullmatch(first)
    if match is None:
        raise ConfigError(
            f"{first!r} is no request; write: /cbspec accept ID because REASON, on the first line"
        )
    return AcceptRequest(match["claim"].strip(), match["reason"].strip())
