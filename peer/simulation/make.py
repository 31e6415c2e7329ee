"""From the settings of a match to the game it plays."""

from __future__ import annotations

from netcode.settings import MatchSettings
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.trial import try_shortcuts


def make_simulation(settings: MatchSettings, observation_free: bool = True) -> EnvironmentSimulation:
    """The game of a match, with every shortcut that a short trial shows to be safe (trial.py).

    observation_free: False plays the plain environment, for an independent reference.

    Raises: UnplayableError.
    """
    if not observation_free:
        return EnvironmentSimulation(settings)
    shortcuts = try_shortcuts(settings)
    simulation = EnvironmentSimulation(
        settings, shortcuts.observation_free, fresh_episodes=not shortcuts.reuse_environment
    )
    simulation.step_s, simulation.digest_s = shortcuts.step_s, shortcuts.digest_s
    return simulation
