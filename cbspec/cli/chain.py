"""The history of findings as a tree: which claim revised or retracted which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from cbspec.claim import Claim, base

Followers = Mapping[str, Mapping[str, str]]


def chains(
    claims: Sequence[Claim], chosen: Collection[str], remarks: Mapping[str, str]
) -> Iterator[str]:
    """Yield the lines of a tree for each claim that others revise or retract, and that is a root.

    Args:
        claims: the claims.
        chosen: only trees with one of these claims are shown.
        remarks: claim -> a remark in brackets behind its title.
    """
    titles: dict[str, str] = {}
    for claim in claims:
        titles.setdefault(base(claim.id), f"{claim.title} [{remarks[claim.id]}]")
    followers = _followers(claims)
    later: set[str] = set().union(*followers.values())
    wanted = set(map(base, chosen))
    for name in titles:
        if name not in followers or name in later:
            continue
        tree = _below(name, followers)
        if wanted.isdisjoint(member for _, _, member in tree):
            continue
        for depth, how, member in tree:
            yield f"{'    ' * depth}{how}{member}  {titles.get(member, '(no such claim)')}"


def _followers(claims: Sequence[Claim]) -> Followers:
    """Return claim -> the claims that revise or retract it, and which. Matrix cells are merged."""
    followers: dict[str, dict[str, str]] = defaultdict(dict)
    for claim in claims:
        for other in claim.revises:
            followers[base(other)].setdefault(base(claim.id), "revised by ")
        for other in claim.retracted_by:
            followers[base(claim.id)][base(other)] = "retracted by "
    return dict(followers)


def _below(
    name: str,
    followers: Followers,
    depth: int = 0,
    how: str = "",
    above: frozenset[str] = frozenset(),
) -> list[tuple[int, str, str]]:
    """Return (depth, how, claim) for a claim and all that followed it. A circle is cut."""
    lines = [(depth, how, name)]
    for follower, word in followers.get(name, {}).items():
        if follower not in above | {name}:
            lines += _below(follower, followers, depth + 1, word, above | {name})
    return lines
