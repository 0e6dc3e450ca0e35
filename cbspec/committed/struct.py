"""The base of what stands in committed files."""

import msgspec


class Committed(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A part of a committed file: an unknown key is a mistake of a hand edit, and what is as usual
    is left out.
    """
