"""Samples of mutants."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence

from cbspec.canary.teeth import Tried
from cbspec.trials.mutant import Mutant, Site, made_at


def sampled(sites: Iterable[Site], count: int, seed: int) -> Iterator[Mutant]:
    """Draw mutants, no two of them equal.

    Every definition is as likely as any other, however long it is, and within a definition every
    operator.
    """
    pools: dict[tuple[str, str], dict[str, list[Site]]] = {}
    for site in sites:
        operators = pools.setdefault((site.file.path, site.definition), {})
        operators.setdefault(site.operator, []).append(site)
    generator = random.Random(seed)
    drawn: set[str] = set()
    while pools and len(drawn) < count:
        for key in generator.sample(list(pools), len(pools)):
            mutant = _drawn(pools[key], generator)
            if not pools[key]:
                del pools[key]
            if mutant and mutant.name not in drawn and len(drawn) < count:
                drawn.add(mutant.name)
                yield mutant


def drawn(sites: Sequence[Site], count: int, seed: int, tried: Iterable[Tried]) -> list[Mutant]:
    """Return a sample that keeps the mutants of an earlier one with the same seed, where possible.

    Every change of the code leaves other places to draw from. What of a sample lies elsewhere is as
    good a sample of what was not changed; only the rest is drawn anew.
    """
    mutants = list(_made_again(sites, tried))
    known = {mutant.name for mutant in mutants}
    for mutant in sampled(sites, count + len(mutants), seed):
        if len(mutants) >= count:
            break
        if mutant.name not in known:
            mutants.append(mutant)
    return mutants


def _made_again(sites: Iterable[Site], tried: Iterable[Tried]) -> Iterator[Mutant]:
    names: dict[tuple[str, int, str], set[str]] = {}
    for one in tried:
        names.setdefault((one.definition, one.line, one.operator), set()).add(one.name)
    for site in sites:
        key = f"{site.file.path}:{site.definition}", site.line, site.operator
        if key in names:
            mutant = made_at(site)
            if mutant and mutant.name in names[key]:
                names[key].remove(mutant.name)
                yield mutant


def _drawn(operators: dict[str, list[Site]], generator: random.Random) -> Mutant | None:
    """Remove one site of a definition from the list, and return its mutant."""
    operator = generator.choice(list(operators))
    sites = operators[operator]
    site = sites.pop(generator.randrange(len(sites)))
    if not sites:
        del operators[operator]
    return made_at(site)
