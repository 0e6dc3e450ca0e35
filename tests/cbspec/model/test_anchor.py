"""Fragments that lead to a claim."""

from cbspec.model.anchor import anchor, claim_element


def test_anchors_are_fragments():
    """A matrix cell's anchor is a fragment that leads to its element."""
    assert anchor("6A.a") == "#claim-6A.a"
    assert anchor("a\u202eb") == "#claim-a%5Cu202eb"
    assert anchor("F.4[alpha=0.5,depth=4]") == "#claim-F.4%5Balpha%3D0.5%2Cdepth%3D4%5D"
    assert claim_element("F.4[depth=4]") == "claim-F.4[depth=4]"
