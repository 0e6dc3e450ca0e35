"""The share of a device that jobs of a shape held."""

from __future__ import annotations

from pathlib import Path

from cbspec.store import Shares


def test_the_greatest_share_of_a_shape_counts(tmp_path: Path) -> None:
    """Each family and shape has its own; a smaller share adds nothing, and 0 is a measurement."""
    shares = Shares(tmp_path)
    for device, shape, share in (
        ("cuda", "a 3", 0.2),
        ("cuda", "a 3", 0.4),
        ("cuda", "a 3", 0.3),
        ("cuda", "a 6", 0.8),
        ("lamp", "a 3", 0.0),
    ):
        shares.add(device, shape, share)

    assert shares.greatest("cuda", "a 3") == 0.4
    assert shares.greatest("cuda", "a 6") == 0.8
    assert shares.greatest("lamp", "a 3") == 0.0
    assert shares.greatest("lamp", "a 6") is None
    assert len((tmp_path / "cuda.json").read_text().strip().splitlines()) == 3


def test_a_damaged_line_is_as_if_it_was_not_there(tmp_path: Path) -> None:
    """What a killed process left of a line spoils no other one."""
    shares = Shares(tmp_path)
    shares.add("cuda", "a 3", 0.2)
    with (tmp_path / "cuda.json").open("ab") as file:
        file.write(b'\n["a 3", 0.\n\xff\n["a 3", "much"]')
    shares.add("cuda", "b 3", 0.5)

    assert shares.greatest("cuda", "a 3") == 0.2
    assert shares.greatest("cuda", "b 3") == 0.5
