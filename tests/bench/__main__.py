"""Every measurement that the project promises something about.

``make bench`` runs all suites, each in a process of its own, as a release wants them: hours on two
cores. ``make bench ARGS="NAME [ARGUMENT...] ..."`` (or ``python -m tests.bench NAME ...``) runs the
named ones, each with its own arguments:

    language [speed] [broken [FILES]]    claims read per second, damaged files; 5000 of each kind
    statistics [TRIALS] [PART...]        error rates, coverage and power of the judge; 4000 trials
    engine [STEPS]                       each stage kind against torch.mm, BP against a plain
    script; 100 steps cuda [SECONDS]                       steps on a GPU, where there is one; 2
    seconds each suite [PART...]                      the claims as a whole: collect, orders, core,
    workers, whole canary [time] [mistakes [EDIT...]] [benign [CHANGE...]]
                                         the canary of every claim: time, mistakes it notices,
                                             changes it lets pass
    mutations [--store FOLDER] [--expected] [EDIT...]
                                         edits of the engine that claims must notice; all, in a copy
                                         of the project's store
    edits [NAME...]                      edits of research code: those that must make a stage stale,
                                         and those that must not; what a fingerprint costs
    alarms [reruns [N]] [benign [N]] [history [N]]
                                         the canary where nothing changed: 100 reruns under other
                                         circumstances, 50 benign edits, the last 20 commits
    planning [CELLS]                     cells named, merged and put in order; 100 000
    page [CLAIMS...]                     the HTML page: size, writing, opening, filtering; this
                                         project's claims, and 2000 copies
    remote [COUNT]                       results to and from a shared store, a folder and S3; 1000
    unit [PATH...]                       the unit tests with two workers
    cluster [jobs [N]] [simulated] [kills [N]] [nodes [N]] [overhead [CLAIM...]]
                                         back ends beyond one machine: what scheduling costs, how a
                                             plan scales, helpers and nodes killed at random, what
                                             a run costs beside a local one
    style [FOLDER...]                    how dense the code is to read; a second

Not run unless asked for: ``ARGS="peers [STEPS]"``, which needs the extra of that name and measures
the engine's steps against the same training in JAX; and, because they take half an hour and more, ``make bench ARGS="suite kills
200"``, ``ARGS="alarms"`` and ``ARGS="endurance [kills N] [operations N] [deeds [NAME...]]"``.

Each figure is printed and kept in ``reports/bench.json`` as soon as it is measured, with its aim,
date, torch and machine, in place of the last one of the same measurement. The exit status is 1
where an aim is missed.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from importlib import import_module

from tests.bench import report

# Modules with `main(arguments)`, which yields rows
SUITES = (
    "language",
    "statistics",
    "engine",
    "cuda",
    "suite",
    "canary",
    "mutations",
    "edits",
    "planning",
    "page",
    "remote",
    "unit",
    "cluster",
    "style",
)
ASKED = ("alarms", "endurance", "peers")  # run only where asked for


def main(words: Sequence[str]) -> int:
    """Run the suites asked for, or all; 1 where one broke or missed an aim. SIGTERM ends it, and
    all it started, like Ctrl-C.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        wanted = asked(words)
    except ValueError as error:
        sys.exit(f"{error}\n\n{__doc__}")
    if len(wanted) == 1:
        [(name, *arguments)] = wanted
        return report.publish(name, import_module(f"tests.bench.{name}").main(arguments))
    statuses = [_apart(own) for own in wanted]
    return int(any(statuses))


def _apart(words: Sequence[str]) -> int:
    """The exit status of one suite in a process of its own, which ends with this one."""
    with subprocess.Popen([sys.executable, "-m", "tests.bench", *words]) as run:
        try:
            return run.wait()
        except KeyboardInterrupt:
            run.terminate()
            raise


def asked(words: Sequence[str]) -> list[list[str]]:
    """Each suite asked for with its arguments; all, without any, when no word is given.

    Raises:
        ValueError: the first word is no suite.
    """
    wanted: list[list[str]] = []
    for word in words or SUITES:
        if word in SUITES + ASKED:
            wanted.append([word])
        elif wanted:
            wanted[-1].append(word)
        else:
            raise ValueError(f"no suite is called {word!r}; one of {', '.join(SUITES + ASKED)}")
    return wanted


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
