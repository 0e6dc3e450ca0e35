"""Checks across the sections of a claim: reported values, status, quarantine, pairing and power."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from cbspec.claim import Seeds
from cbspec.kinds import Assertion, Compound, arms_of, measures_of
from cbspec.language.assertions import Arms
from cbspec.language.conform import unknown
from cbspec.language.diagnostics import Diagnostics, shown
from cbspec.language.grammar import ClaimWords
from cbspec.language.node import Node
from cbspec.language.replication import Replication
from cbspec.stage import Call, Measure


def reported(source: Node | None, arms: Arms, mistakes: Diagnostics) -> None:
    """Check that each reported value names an arm of the claim and a measure of that arm."""
    if source is None or "figures" not in source.entries:
        return
    by_measure = source.entries["figures"]
    for measure, values in by_measure.entries.items():
        for arm, place in values.keys.items():
            if arm not in arms.names:
                mistakes.add(place, unknown("arm", arm, arms.names))
            elif lacks := arms.lacks(arm, measure):
                mistakes.add(by_measure.keys[measure], lacks)
                break


def status(claim: ClaimWords, sections: Mapping[str, Node], mistakes: Diagnostics) -> None:
    """Check that a claim is retracted if and only if it names the claims that retracted it."""
    if claim.status == "retracted" and not claim.retracted_by:
        mistakes.add(
            sections["status"],
            "a retracted claim names in retracted_by the claims that took it back",
        )
    if claim.status != "retracted" and claim.retracted_by:
        mistakes.add(
            sections["retracted_by"], f"the claim is {claim.status}; only a retracted one has this"
        )


def quarantine(claim: ClaimWords, sections: Mapping[str, Node], mistakes: Diagnostics) -> None:
    """Check that the last day of a quarantine is a date.

    A quarantine that is over is no mistake in the file. The claim then fails when it is run.
    """
    if claim.quarantine is None:
        return
    try:
        date.fromisoformat(claim.quarantine.until)
    except ValueError:
        place = sections["quarantine"].entries["until"]
        mistakes.add(place, f"{claim.quarantine.until} is no day of the calendar")


def measures(
    section: Node,
    asserted: tuple[Assertion, ...],
    arms: Mapping[str, Call],
    mistakes: Diagnostics,
) -> None:
    """Check that the arms of a claim declare alike what is asserted: unit, noise and resolution.

    A publication tells only the unit.
    """
    for node, assertion in zip(section.items, asserted, strict=True):
        for measure in measures_of(assertion):
            if conflict := _conflict(measure, arms):
                mistakes.add(node.entries.get("kind", node), conflict)
                break


def _conflict(measure: str, arms: Mapping[str, Call]) -> str:
    """Return how two arms declare a measure differently; empty if all declare it alike."""
    first: dict[str, tuple[str, object]] = {}
    for arm, call in arms.items():
        declared = call.stage.measures.get(measure)
        if declared is None:
            continue
        said: dict[str, object] = {"unit": declared.unit}
        if call.stage.summaries is None:
            said |= {"noise": declared.noise, "resolution": declared.resolution}
        for what, value in said.items():
            other, known = first.setdefault(what, (arm, value))
            if value != known:
                return (
                    f"{measure} has the {what} {shown(known)} in {other} and {shown(value)} in {arm}: "
                    "declare it alike"
                )
    return ""


def pairing(
    section: Node,
    asserted: tuple[Assertion, ...],
    replicated: Replication,
    arms: Mapping[str, Call | None],
    mistakes: Diagnostics,
) -> None:
    """Check that each assertion can be tested on the runs that its arms have.

    If these have independent runs, which of one arm would be compared with which of the other is an
    accident of their order. An arm that is only a mean and a spread has no single runs at all. And
    where a run without a value has something to say, it may not be left out.
    """
    clustered = any(call is not None and call.stage.clustered for call in arms.values())
    for node, assertion in zip(section.items, asserted, strict=True):
        for part in _parts(assertion):
            if lack := _unknown(part, arms):
                mistakes.add(node.entries.get("kind", node), lack)
                break
        if clustered and assertion.one_by_one:
            mistakes.add(
                node.entries.get("kind", node),
                f"{assertion.kind} looks at single values, but of clusters of test items only the "
                "mean over all of them is known",
            )
        if lost := _left_out(assertion, replicated):
            mistakes.add(node.entries.get("kind", node), lost)
        if replicated.independent_runs and assertion.by_run:
            kind = node.entries.get("kind", node)
            mistakes.add(
                kind,
                f"{assertion.kind} compares arms run by run, but these arms have runs of their own: "
                "compare them by kind unpaired",
            )


def _left_out(assertion: Assertion, replicated: Replication) -> str:
    """Return which runs are left out although the assertion counts them; empty if none is."""
    for part in _parts(assertion):
        for arm in arms_of(part) if part.of_absence else ():
            count, _ = replicated.excluded.get(arm, (0, ""))
            if count:
                return (
                    f"{part.kind} counts a run without a value as one that never arrived, but "
                    f"`exclude` leaves out {count} of {arm}: take exclude away"
                )
    return ""


def _parts(assertion: Assertion) -> Iterator[Assertion]:
    """Yield the parts of a compound assertion at any depth; any other assertion itself."""
    if isinstance(assertion, Compound):
        for part in assertion.of:
            yield from _parts(part)
    else:
        yield assertion


def _unknown(assertion: Assertion, arms: Mapping[str, Call | None]) -> str:
    """Return why an assertion cannot be tested with what is known of its arms; empty if it can.

    The kind that compares without a test is refused if a test is possible.
    """
    bare = assertion.by_count
    for arm in arms_of(assertion):
        call = arms.get(arm)
        if lack := _lack(assertion, arm, call):
            return lack
        if call is None or assertion.by_count:
            bare = True
        elif call.stage.summaries is None:
            return f"{assertion.kind} compares published numbers, and {arm} has runs of its own"
        else:
            summaries = call.stage.summaries(call.parameters)
            known = [summaries[name] for name in measures_of(assertion) if name in summaries]
            bare = bare or any(summary.sd is None for summary in known)
    if bare:
        return ""
    return f"{assertion.kind} is no test, and a spread is known: use unpaired or threshold"


def _lack(assertion: Assertion, arm: str, call: Call | None) -> str:
    """Return what a test needs that is not known of an arm; empty if it has everything."""
    if call is None or call.stage.summaries is None:
        return ""
    if not assertion.of_moments:
        return (
            f"{assertion.kind} asks for single runs, but only mean and spread of {arm} are known: "
            "use unpaired (by welch), threshold, range, sign or z"
        )
    summaries = call.stage.summaries(call.parameters)
    for measure in measures_of(assertion):
        if assertion.by_count and measure in summaries and summaries[measure].n is None:
            return (
                f"{assertion.kind} asks for the number of runs of {measure}, which {arm} does not "
                "report: use stated"
            )
        if assertion.of_spread and measure in summaries and summaries[measure].sd is None:
            return (
                f"{assertion.kind} asks for the spread of {measure}, which {arm} does not report: "
                "give sd, se, interval or bound, or use z with a spread known from elsewhere"
            )
    return ""


def power(
    section: Node,
    asserted: tuple[Assertion, ...],
    seeds: Seeds,
    alpha: float,
    measures: Mapping[str, Measure],
    runs: Mapping[str, tuple[int, ...]],
    mistakes: Diagnostics,
) -> None:
    """Note assertions that no values over these seeds, or runs of each arm, could ever show."""
    from cbspec.judge import power  # it imports NumPy, which reading alone does not need

    for node, assertion in zip(section.items, asserted, strict=True):
        reason = power.lint(assertion, seeds, alpha, measures=measures)
        if runs and not reason:
            sizes = {arm: len(numbers) for arm, numbers in runs.items()}
            reason = power.lint_runs(assertion, sizes, alpha)
        if reason:
            mistakes.add(node, reason)
