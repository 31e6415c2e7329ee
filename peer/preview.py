"""The keys on the start screen, before it is known which slot will be ours."""

from __future__ import annotations

from collections.abc import Callable

from netcode.errors import ConfigError
from peer.controllers.local_players import LocalPlayers
from peer.controllers.my_keys import MyKeys, key_file
from peer.controllers.specs import parse_spec
from peer.playing import PlayerOptions
from peer.screen import Screen
from peer.simulation.environment_simulation import EnvironmentSimulation


def show_keys(
    screen: Screen, simulation: EnvironmentSimulation, options: PlayerOptions, say: Callable[[str], None]
) -> None:
    """Offer them to the screen, if they are the same in whatever slots we shall have."""
    if not screen.visible or not any(map(_by_hand, options.controllers)):
        return
    count = len(options.controllers)
    boards: list[MyKeys] = []
    for first in range(len(simulation.codecs) - count + 1):
        try:
            boards.append(_board(first, screen, simulation, options, say))
        except ConfigError:
            return  # perhaps not our slot; told when it is
    if boards and all(board.rows() == boards[0].rows() for board in boards):
        screen.offer_keys(boards[0])


def _board(
    first: int,
    screen: Screen,
    simulation: EnvironmentSimulation,
    options: PlayerOptions,
    say: Callable[[str], None],
) -> MyKeys:
    players = LocalPlayers(
        {
            first + index: spec
            for index, spec in enumerate(options.controllers)
            if _by_hand(spec)  # others may be slow to make, and have no keys
        },
        0,
        simulation,
        pressed_keys=screen.pressed_keys,
        keys=options.match.keys,
        default_action=options.match.default_action,
        key_file=key_file(simulation.settings.env),
        say=say if first == 0 else lambda text: None,
    )
    return players.board


def _by_hand(spec: str) -> bool:
    return parse_spec(spec)[0] == "keyboard"
