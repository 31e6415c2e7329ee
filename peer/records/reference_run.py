"""The reference run of a real match: its log, played in this process on a fresh environment."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from netcode.errors import GameError, NetplayError, UnplayableError
from netcode.fingerprint import difference
from netcode.wire.text import printable
from peer.records.match_log import MatchLog
from peer.records.verification import Divergence, compare_with_reference
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.fingerprint import fingerprint
from peer.simulation.make import make_simulation
from peer.simulation.quoting import one_line


def run_reference(log: MatchLog, console: Console, observation_free: bool = False) -> Divergence | None:
    """Play the log again, with a progress bar; the first difference, if there is one.

    Plain stepping is the stronger proof: it does not share the peers' observation-free stepping. Where the
    game fails only in what nobody asked it for, its observations, it is played without them, as by the peers.
    Raises: NetplayError if the environment cannot be made here, or cannot play what the log holds.
    """
    simulation = make_simulation(log.header.settings, observation_free=observation_free)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    try:
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("reference run", total=len(log.frames))

            def tell(frames: int) -> None:
                progress.update(task, completed=frames)

            _check_fit(log, simulation)
            divergence = compare_with_reference(log, simulation, tell)
        if divergence is not None and (unlike := _unlike(log, simulation)):
            console.print(f"It was recorded where not all is as here: {unlike}", markup=False, soft_wrap=True)
        return divergence
    except GameError as error:
        if observation_free:
            raise
        console.print(f"Played again without observations: {error}", markup=False, soft_wrap=True)
    except NetplayError:
        raise
    except Exception as error:  # somebody else's code
        raise UnplayableError(f"{log.header.settings.env} cannot play this log: {one_line(error)}") from None
    finally:
        simulation.close()
    return run_reference(log, console, observation_free=True)


def _unlike(log: MatchLog, simulation: EnvironmentSimulation) -> str | None:
    """Versions and the like, which may be why another game is played here."""
    settings = log.header.settings
    told = difference(fingerprint(settings.env, settings.env_args, simulation), log.header.fingerprint)
    return told and printable(told)


def _check_fit(log: MatchLog, simulation: EnvironmentSimulation) -> None:
    if log.header.input_sizes != simulation.input_sizes:
        raise UnplayableError(
            f"{log.header.settings.env} takes inputs of {simulation.input_sizes} bytes here, "
            f"the log holds {log.header.input_sizes}: another version of it was played"
        )
