"""The reference run of a real match: its log, played in this process on a fresh environment."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from peer.records.match_log import MatchLog
from peer.records.verification import Divergence, compare_with_reference
from peer.simulation.make import make_simulation


def run_reference(log: MatchLog, console: Console, observation_free: bool = False) -> Divergence | None:
    """Play the log again, with a progress bar; the first difference, if there is one.

    Plain stepping is the stronger proof: it does not share the peers' observation-free stepping.
    Raises: UnplayableError if the environment cannot be made here.
    """
    simulation = make_simulation(log.header.settings, observation_free=observation_free)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    try:
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("reference run", total=len(log.frames))

            def tell(frames: int) -> None:
                progress.update(task, completed=frames)

            return compare_with_reference(log, simulation, tell)
    finally:
        simulation.close()
