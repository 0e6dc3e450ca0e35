"""The page as text: views put into templates."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cbspec.claim import base
from cbspec.model import replicates
from cbspec.model.anchor import anchor
from cbspec.model.number import count
from cbspec.model.visible import visible
from cbspec.report.count import canaries_counted, counted, noise_counted
from cbspec.report.html.canaries import canary_view
from cbspec.report.html.chain import graph
from cbspec.report.html.claim import claim_view
from cbspec.report.html.contents import Contents
from cbspec.report.html.drawings import drawings
from cbspec.report.html.effort import duration, effort
from cbspec.report.html.overview import in_order, overview
from cbspec.report.html.teeth import teeth_view
from cbspec.report.html.words import CHANGES, MARKS
from cbspec.report.run import Run

# Beyond so many claims a browser and a mailbox have trouble with a page that shows all of each
MANY = 400

_TEMPLATES = Path(__file__).parent / "templates"


def page(contents: Contents) -> str:
    """Return a self-contained page, with its styles, script and plots."""
    run = contents.run
    of_run = run is not None
    subjects = in_order(contents.subjects)
    shown: dict[str, str] = {}
    brief = len(subjects) > MANY
    claims = []
    for subject in subjects:
        claims.append(claim_view(subject, contents.sources, shown, of_run=of_run, brief=brief))
    figures = drawings(subjects)
    return rendered(
        "page.html.j2",
        run=run,
        heading="Claims" if of_run else "Replication",
        facts=_facts(run) if run else (),
        counted=_counted(run) if run else (),
        overview=overview(subjects, of_run=of_run),
        claims=claims,
        graph=graph(subjects),
        drawings=figures,
        canary=canary_view(subjects, contents.canary, canaries_counted(run) if run else ""),
        teeth=teeth_view(contents.teeth),
        effort=effort(subjects),
    )


def rendered(template: str, **views: Any) -> str:
    """Return a rendered template, without leading and trailing blanks."""
    pages = templates()
    assets = {}
    for name in ("style.css", "script.js", "draw.js"):
        text = (_TEMPLATES / name).read_text(encoding="utf-8")
        assets[name.partition(".")[0]] = Markup(packed(text, style=name.endswith(".css")))
    return pages.get_template(template).render(**assets, **views).strip() + "\n"


def packed(text: str, *, style: bool = False) -> str:
    """Return a script without indentation and comments, which every page would carry; of a style
    sheet also without the blanks beside its signs.
    """
    lines = []
    for line in map(str.strip, text.splitlines()):
        if line and not line.startswith(("//", "/*")):
            lines.append(line)
    joined = "\n".join(lines)
    if style:
        for sign in ("{ ", " {", " }", "; ", ": ", ", "):
            joined = joined.replace(sign, sign.strip())
    return joined


@cache
def templates() -> Environment:
    """Return the templates of the page; each is compiled at its first use."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters.update(anchor=anchor, base=base, duration=duration)
    environment.filters.update(counted=replicates.counted, noun=replicates.noun, one=replicates.one)
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    environment.globals.update(marks=MARKS, changes=CHANGES)
    return environment


def _shown(value: Any) -> Any:
    """Return the text of a value, with control characters and marks of direction made visible."""
    if isinstance(value, float):
        return f"{value:g}"  # a coordinate, without the ".0" of a whole one
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return visible(value, keep="\n\t")


def _facts(run: Run) -> tuple[tuple[str, str], ...]:
    """Return the facts about a run as pairs of (name, text)."""
    made = run.provenance
    commit = made.commit[:10] if made.commit else made.place
    if made.edited:
        commit += " with uncommitted changes"
    return (
        ("scale", run.scale),
        ("device", run.device),
        ("date", made.date),
        ("commit", commit),
        ("torch", made.torch),
        ("took", f"{duration(run.seconds)}, {count(run.workers, 'worker')}"),
    )


def _counted(run: Run) -> tuple[str, ...]:
    lines = [noise_counted(run), canaries_counted(run)]
    if run.records or run.upheld:
        lines.insert(0, counted(run))
    return tuple(line for line in lines if line)
