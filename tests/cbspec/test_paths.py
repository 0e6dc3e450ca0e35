"""Paths as people are shown them, and by a folder's own name."""

from pathlib import Path

import pytest

from cbspec.paths import below


@pytest.fixture
def linked(tmp_path):
    """A folder with a file, and a link to the folder around it."""
    (tmp_path / "real" / "claims" / "phase1").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    return tmp_path


def test_a_path_through_a_link_is_named_by_the_folder(linked):
    """A file is given by the folder's own name, whichever of the two is the link."""
    for folder, through in (("real", "link"), ("link", "real")):
        claims = linked / folder / "claims"
        path = below(linked / through / "claims" / "phase1" / "1.a.yaml", claims)
        assert path == claims / "phase1" / "1.a.yaml"
        assert below(linked / through / "claims", claims) == claims


def test_a_path_with_dots_is_followed(linked):
    """Dots in a path, or in the folder's name, are no other place."""
    claims = linked / "link" / ".." / "real" / "claims"

    assert below(linked / "real" / "claims" / "1.a.yaml", claims) == claims / "1.a.yaml"
    assert below(claims / ".." / "1.a.yaml", linked / "real" / "claims") is None


def test_what_lies_elsewhere_has_no_name(linked, monkeypatch):
    """A path beside the folder, above it or nowhere is in none; relative ones as absolute ones."""
    claims = linked / "real" / "claims"
    monkeypatch.chdir(linked / "real")

    assert below(linked / "real" / "claims.yaml", claims) is None
    assert below(linked, claims) is None
    assert below(linked / "nowhere" / "1.a.yaml", claims) is None
    assert below(Path("claims/1.a.yaml"), claims) == claims / "1.a.yaml"
    assert below(Path("../link/claims/1.a.yaml"), Path("claims")) == Path("claims/1.a.yaml")
