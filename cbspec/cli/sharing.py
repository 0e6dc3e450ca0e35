"""The common part of ``cbspec store push``, ``pull`` and ``sync``: selecting and moving results."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from cbspec.cli.completion import complete
from cbspec.cli.output import echo, echo_json, json_option, results_options
from cbspec.cli.size import size_text
from cbspec.errors import ConfigError
from cbspec.model.number import count
from cbspec.project import Project

if TYPE_CHECKING:
    from cbspec.execution.cell import Cell
    from cbspec.execution.plan import Planner
    from cbspec.store import Pull, Push, Remote

words_argument = click.argument(
    "words", nargs=-1, metavar="[URL] [CLAIMS]...", shell_complete=complete
)
inputs_option = click.option(
    "--inputs", is_flag=True, help="Also take what the results are computed from."
)
dry_option = click.option("--dry-run", "dry", is_flag=True, help="Say what would be moved.")


def sharing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the arguments and options that select results."""
    return words_argument(dry_option(results_options(json_option(command))))


class Sharing:
    """A selection of results and a remote.

    Args:
        project: the project.
        words: the URL of the remote (by default the project's), then claims (by default all).
        scale: the scale of the claims.
        device: the device family of the results.
        threads: the threads of the workers that computed them.
        dry: report only what would be moved.

    Raises:
        ConfigError: there is no remote, or it cannot be opened.
        ClaimError: the claims have mistakes; it lists them all.
    """

    def __init__(
        self,
        project: Project,
        words: Sequence[str],
        scale: str | None,
        device: str,
        threads: int,
        dry: bool,
    ) -> None:
        from cbspec.evaluation.canary import on_cpu
        from cbspec.evaluation.sharing import read_by

        url, claims = _parted(words, project.config.remote)
        self._remote = _opened(url)
        self._store = project.store
        self._dry = dry
        planner = project.planner(device, threads)
        self._results = read_by(
            project.claims(claims, scale), planner, project.canaries(on_cpu(planner))
        )
        self._transfers: list[dict[str, Any]] = []
        self.refused = 0

    def pull(self, inputs: bool) -> None:
        """Take the results.

        Args:
            inputs: take their inputs as well.
        """
        from cbspec.evaluation.sharing import with_inputs
        from cbspec.store import Pull

        results = with_inputs(self._results) if inputs else self._results
        by = Pull(self._store, self._remote, dry=self._dry)
        self._move(results, by, "taken from", "not there")

    def push(self, replace: bool = False) -> None:
        """Send the results and their inputs.

        Args:
            replace: send results that the remote has already, too.
        """
        from cbspec.evaluation.sharing import with_inputs
        from cbspec.store import Push

        by = Push(self._store, self._remote, dry=self._dry, replace=replace)
        self._move(with_inputs(self._results), by, "sent to", "not stored here")

    def _move(
        self, results: Mapping[Cell, Planner], by: Pull | Push, verb: str, other: str
    ) -> None:
        """Move results with a progress bar, and count the outcomes.

        Args:
            results: cell -> planner that named it.
            by: moves the results.
            verb: the words for a moved result: ``"sent to"``.
            other: the words for a result that the source lacks: ``"not stored here"``.
        """
        states: Counter[str] = Counter()
        size, refusals = 0, []
        for moved in self._shown(results, by, verb):
            states[moved.state] += 1
            size += moved.bytes
            if moved.state == "refused":
                refusals.append(moved.reason)
        self.refused += len(refusals)
        self._transfers.append(
            {
                "verb": verb,
                "remote": self._remote.url,
                "results": len(results),
                "moved": states["moved"],
                "bytes": size,
                "there": states["there"],
                "absent": states["absent"],
                "refused": refusals,
                "other": other,
            }
        )

    def tell(self, as_json: bool) -> None:
        """Print the outcomes."""
        if as_json:
            for transfer in self._transfers:
                transfer.pop("other")
            echo_json(self._transfers if len(self._transfers) > 1 else self._transfers[0])
            return
        for transfer in self._transfers:
            for refusal in transfer["refused"]:
                echo(refusal, err=True)
            echo(self._line(transfer))

    def _line(self, transfer: dict[str, Any]) -> str:
        verb = f"would be {transfer['verb']}" if self._dry else transfer["verb"]
        moved = f"{count(transfer['moved'], 'result')} {verb} {transfer['remote']}"
        parts = [f"{moved}, {size_text(transfer['bytes'])}", f"{transfer['there']} there before"]
        if transfer["refused"]:
            parts.append(f"{len(transfer['refused'])} refused")
        return f"{'; '.join(parts)}; {transfer['absent']} {transfer['other']}"

    def _shown(self, results: Mapping[Cell, Planner], by: Pull | Push, verb: str) -> Any:
        from rich.console import Console
        from rich.progress import track

        from cbspec.evaluation.sharing import moved

        console = Console(file=sys.stderr)
        moving = moved(results, by, self._store)
        if not console.is_terminal:
            return moving
        return track(
            moving,
            description=f"{verb} {self._remote.url}",
            total=len(results),
            console=console,
            transient=True,
        )


def _parted(words: Sequence[str], configured: str) -> tuple[str, Sequence[str]]:
    """Split words into the URL, which is the project's if they have none, and the claims."""
    if words and ("://" in words[0] or words[0].startswith(("/", "~"))):
        return words[0], words[1:]
    if configured:
        return configured, words
    raise ConfigError(
        "no shared store: name one (cbspec store push s3://BUCKET/FOLDER; a folder as a whole path),"
        " or set [tool.cbspec] remote"
    )


def _opened(url: str) -> Remote:
    from cbspec.store import Remote

    return Remote(url)
