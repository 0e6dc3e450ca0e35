"""The figures as drawings: a table of points becomes a grid of panels, one row for each measure,
one curve for each method.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure as Canvas

from cbspec.claim import Claim
from cbspec.committed.writing import write
from cbspec.kinds.figure import method
from cbspec.ledger import Ledger
from cbspec.publication import panel
from cbspec.publication.figures import Table, drawn_of, tables

# After Okabe and Ito: told apart by all
COLOURS = (
    "#4d4d4d",
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
)
SIZE = (2.7, 2.0)  # of a panel, in inches
LETTERS = 10.5  # of the title on an inch
STYLE: Any = {
    "svg.hashsalt": "cbspec",  # the same points give the same file
    "svg.fonttype": "none",  # text stays text
    "text.parse_math": False,  # a dollar in a title is a dollar
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": panel.FAINT,
    "axes.labelcolor": panel.INK,
    "text.color": panel.INK,
    "xtick.color": panel.INK,
    "ytick.color": panel.INK,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "figure.constrained_layout.w_pad": 0.08,
    "figure.constrained_layout.h_pad": 0.05,
}


def draw(claims: Iterable[Claim], ledger: Ledger, folder: Path) -> list[Path]:
    """Write a table (CSV) and a drawing (SVG) of each figure claim, scale and device family on
    record; their paths.

    Args:
        claims: all of the project, for a method has its colour by the order in which they name it.
        folder: in it ``F.4.figures.csv`` and ``F.4.figures.svg`` for claim F.4 at scale figures.

    Raises:
        LedgerError: the folder cannot be written to.
    """
    claims = list(claims)
    colours = colours_of(claims)
    written = []
    for table in tables(claims, ledger):
        for suffix, content in (("csv", table.csv()), ("svg", svg(table, colours))):
            written.append(folder / f"{table.name}.{suffix}")
            write(written[-1], content)
    return written


def colours_of(claims: Iterable[Claim]) -> dict[str, str]:
    """Return method -> its colour in every figure."""
    figures = [figure for claim in claims for figure in drawn_of(claim)]
    methods = dict.fromkeys(method(arm) for figure in figures for arm in figure.arms)
    return dict(zip(methods, cycle(COLOURS), strict=False))


def svg(table: Table, colours: Mapping[str, str]) -> str:
    """Return the drawing as SVG; the same table gives the same text."""
    file = io.StringIO()
    with mpl.rc_context():
        mpl.rcdefaults()  # whatever a person's matplotlibrc says
        mpl.rcParams.update(STYLE)
        drawn(table, colours).savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return file.getvalue()


def drawn(table: Table, colours: Mapping[str, str]) -> Canvas:
    """Draw the table.

    Panels of one heading and facet stand in one column, those of one measure in one row; a single
    column is laid down as a row.
    """
    columns = list(dict.fromkeys((point.heading, point.facet) for point in table.points))
    measures = list(dict.fromkeys(measure for figure in table.figures for measure in figure.axes))
    lying = len(columns) == 1
    shape = (1, len(measures)) if lying else (len(measures), len(columns))
    canvas = Canvas(
        figsize=(SIZE[0] * shape[1] + 1.3, SIZE[1] * shape[0] + 1.0), layout="constrained"
    )
    grid = canvas.subplots(*shape, squeeze=False)
    panels = {
        (measure, column): panel.of(table, measure, *column)
        for measure in measures
        for column in columns
    }
    for axes, ((measure, column), content) in zip(grid.flat, panels.items(), strict=True):
        if content is None:
            axes.set_axis_off()
            continue
        panel.draw(axes, content, colours)
        below = () if lying else measures[measures.index(measure) + 1 :]
        panel.label(
            axes,
            content,
            left=lying or column == columns[0],
            bottom=not any(panels[other, column] for other in below),
        )
        axes.set_title(", ".join(filter(None, column)) if measure == measures[0] else "")
    canvas.suptitle(
        _wrapped(f"{table.id}   {table.title}", canvas),
        x=0.01,
        ha="left",
        fontsize=11,
        fontweight="bold",
    )
    canvas.supxlabel(caption(table), x=0.01, ha="left", fontsize=7.5, color="#666666")
    canvas.legend(handles=panel.legend(table, colours), loc="outside right center")
    return canvas


def caption(table: Table) -> str:
    """Return what a reader of the drawing has to know: scale, device, seeds, bars, and whatever is
    missing.
    """
    parts = [
        f"scale {table.scale}, {table.device}",
        f"mean over {_either(table.seeds)} seeds, bars: 95 % interval (Student)",
    ]
    if table.decidable > 1:
        parts.append(f"{table.cells} of {table.decidable} cells on record")
    if table.undefined:
        parts.append(f"{len(table.undefined)} of {len(table.points)} points undefined")
    return "; ".join(parts)


def _wrapped(title: str, canvas: Canvas) -> str:
    return textwrap.fill(title, int(LETTERS * canvas.get_figwidth()))


def _either(counts: Sequence[int]) -> str:
    return " or ".join(map(str, counts)) or "no"
