"""Drawing the figures: a grid of panels with a row for each measure and a curve for each method."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterable, Mapping
from itertools import cycle
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure as Canvas

from cbspec.claim import Claim
from cbspec.committed.writing import write
from cbspec.kinds.figure import method
from cbspec.ledger import Ledger
from cbspec.model.replicates import noun
from cbspec.publication import panel
from cbspec.publication.figures import FigureTable, drawn_of, tables

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
SIZE = (2.7, 2.0)  # width and height of a panel in inches
LETTERS = 10.5  # letters of the title that fit on an inch
STYLE: Any = {
    "svg.hashsalt": "cbspec",  # so that the same points give the same file
    "svg.fonttype": "none",  # so that text stays text
    "text.parse_math": False,  # so that a dollar in a title is no formula
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
    """Write a table (CSV) and a drawing (SVG) for each recorded figure, and return their paths.

    Args:
        claims: all claims of the project, since the order of methods in them decides the colours.
        ledger: the recorded verdicts.
        folder: takes ``F.4.figures.csv`` and ``F.4.figures.svg`` for claim F.4 at scale figures.

    Raises:
        LedgerError: the folder cannot be written.
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
    """Return method -> colour, the same for all figures."""
    colours: dict[str, str] = {}
    unused = cycle(COLOURS)
    for claim in claims:
        for figure in drawn_of(claim):
            for name in map(method, figure.arms):
                if name not in colours:
                    colours[name] = next(unused)
    return colours


def svg(table: FigureTable, colours: Mapping[str, str]) -> str:
    """Return the drawing of a table as SVG. The same table gives the same text."""
    file = io.StringIO()
    with mpl.rc_context():
        mpl.rcdefaults()  # so that a user's matplotlibrc has no influence
        mpl.rcParams.update(STYLE)
        drawn(table, colours).savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return file.getvalue()


def drawn(table: FigureTable, colours: Mapping[str, str]) -> Canvas:
    """Draw the table.

    Panels of one heading and facet stand in one column, those of one measure in one row; a single
    column is laid down as a row.
    """
    columns = list(dict.fromkeys((point.heading, point.facet) for point in table.points))
    measures = table.measures
    lying = len(columns) == 1
    shape = len(measures), len(columns)
    if lying:
        shape = shape[::-1]
    canvas = Canvas(
        figsize=(SIZE[0] * shape[1] + 1.3, SIZE[1] * shape[0] + 1.0), layout="constrained"
    )
    grid = canvas.subplots(*shape, squeeze=False)
    if lying:
        grid = grid.T
    for column, (heading, facet) in enumerate(columns):
        title = ", ".join(filter(None, (heading, facet)))
        below = False  # whether a panel stands further down
        for line in reversed(range(len(measures))):
            axes = grid[line, column]
            content = panel.of(table, measures[line], heading, facet)
            if content is None:
                axes.set_axis_off()
                continue
            panel.draw(axes, content, colours)
            panel.label(axes, content, left=lying or column == 0, bottom=lying or not below)
            if line == 0:
                axes.set_title(title)
            below = True
    title = textwrap.fill(f"{table.id}   {table.title}", int(LETTERS * canvas.get_figwidth()))
    canvas.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")
    canvas.supxlabel(caption(table), x=0.01, ha="left", fontsize=7.5, color="#666666")
    canvas.legend(handles=panel.legend(table, colours), loc="outside right center")
    return canvas


def caption(table: FigureTable) -> str:
    """Return the caption: scale, device, seeds, the meaning of the bars, and missing points."""
    seeds = " or ".join(map(str, table.seeds)) or "no"
    parts = [
        f"scale {table.scale}, {table.device}",
        f"mean over {seeds} {noun(table.replicates)}, bars: 95 % interval (Student)",
    ]
    if table.decidable > 1:
        parts.append(f"{table.cells} of {table.decidable} cells on record")
    if table.undefined:
        parts.append(f"{len(table.undefined)} of {len(table.points)} points undefined")
    return "; ".join(parts)
