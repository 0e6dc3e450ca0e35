"""A run as one comment on a pull request: what changed first, and how each claim was checked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from cbspec.config import Config
from cbspec.report.count import canaries_counted, counted
from cbspec.report.html.contents import of_run
from cbspec.report.html.overview import Overview, overview
from cbspec.report.html.row import ClaimRow
from cbspec.report.html.strip import STRIP, Strip
from cbspec.report.run import Run
from cbspec.report.template import environment, tidy

MARKER = "<!-- cbspec -->"
"""The first line of every comment, by which a workflow finds the one to update."""

LARGEST = 64_000  # bytes; GitHub takes 65 536 characters
CELLS = 21  # characters of a plot
# To GitHub a name is a person to notify and a number an issue, whatever the text is about
_REFERENCE = re.compile(r"(?<![\w/&;])(@(?=\w)|#(?=\d))")
_FOLDER = Path(__file__).parent


def comment(run: Run, config: Config, page: str = "") -> str:
    """Return the comment as Markdown, with at most `LARGEST` bytes of UTF-8.

    Claims that do not fit are only counted, those first that are as recorded.

    Args:
        run: the run.
        config: the project's settings.
        page: the address of the HTML report, to which the plots link.
    """
    view = overview(of_run(run, config).subjects, of_run=True)
    urgent, excused = list(view.urgent), list(view.excused)
    calm = [row for row in view.rows if not (row.standing.urgent or row.standing.excused)]
    text = _rendered(run, urgent, excused, calm, page, view)
    # The number of claims that fit is found by halving, since their texts differ in length
    while len(text.encode()) > LARGEST and (calm or excused or urgent):
        if calm:
            calm = calm[: len(calm) // 2]
        elif excused:
            excused = excused[: len(excused) // 2]
        else:
            urgent = urgent[: len(urgent) // 2]
        text = _rendered(run, urgent, excused, calm, page, view)
    return text


def text_plot(strip: Strip | None) -> str:
    """Return an interval as characters: ``"····━━●━━·┆····◇·····"``.

    ``●`` is the estimate on its interval, ``◇`` the memo's value, ``┆`` the bound.
    """
    if strip is None or strip.ours is None:
        return ""
    cells = ["·"] * CELLS
    for index in range(_cell(strip.ours.low), _cell(strip.ours.high) + 1):
        cells[index] = "━"
    for bound in strip.bounds:
        cells[_cell(bound)] = "┆"
    if strip.memo is not None:
        cells[_cell(strip.memo)] = "◇"
    cells[_cell(strip.ours.estimate)] = "●"
    return "".join(cells)


def _cell(at: int) -> int:
    start, end = STRIP
    share = (at - start) / (end - start)
    return min(max(round(share * (CELLS - 1)), 0), CELLS - 1)


def _rendered(
    run: Run,
    urgent: Sequence[ClaimRow],
    excused: Sequence[ClaimRow],
    calm: Sequence[ClaimRow],
    page: str,
    view: Overview,
) -> str:
    left_out = len(view.rows) - len(urgent) - len(excused) - len(calm)
    template = environment(_FOLDER, plot=text_plot).get_template("comment.md.j2")
    text = template.render(
        run=run,
        urgent=urgent,
        excused=excused,
        calm=calm,
        page=page,
        left_out=left_out,
        as_recorded=view.as_recorded,
        counted=counted(run) if run.records or run.upheld else "",
        canaries_counted=canaries_counted(run),
    )
    text = _REFERENCE.sub(r"\1<!-- -->", tidy(text))
    return f"{MARKER}\n{text}"
