"""What a claim's id and phase say."""

from __future__ import annotations

from cbspec.claim import phase_order


def test_phases_are_in_the_order_of_their_numbers() -> None:
    """6.9 comes before 6.10, and 6C before 6.5A, as in a log."""
    phases = ["LLM", "10A", "6.10", "6C", "6.9", "6.5A", "6A"]

    assert sorted(phases, key=phase_order) == ["6A", "6C", "6.5A", "6.9", "6.10", "10A", "LLM"]
