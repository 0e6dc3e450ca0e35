"""The base class of the contents of committed files."""

import msgspec


class Committed(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A part of a committed file. Unknown keys are refused, and default values are not written."""
