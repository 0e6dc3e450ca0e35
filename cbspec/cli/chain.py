"""How findings took each other up: which claim revised or retracted which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from cbspec.claim import Claim, base

Followers = Mapping[str, Mapping[str, str]]


def chains(
    claims: Sequence[Claim], chosen: Collection[str], remarks: Mapping[str, str]
) -> Iterator[str]:
    """Yield one tree of lines for each claim that others took up and that itself takes up none.

    Args:
        chosen: only trees with one of these claims.
        remarks: claim -> what stands in brackets behind its title.
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
    """Return claim -> those that took it up, and how; ids without the values of a matrix cell."""
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
    """Return (depth, how, claim) of a claim and all that followed it; a circle ends where it
    closes.
    """
    lines = [(depth, how, name)]
    for follower, word in followers.get(name, {}).items():
        if follower not in above | {name}:
            lines += _below(follower, followers, depth + 1, word, above | {name})
    return lines
