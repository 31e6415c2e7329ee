"""Before the match: the start screen while players come, and the countdown when all are here."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from peer.screen.screen import Lobby, Picture, Screen

COUNTDOWN: Final = 3.0  # seconds for hands to find their keys, once everybody is here
_STEP: Final = 1 / 60  # seconds between two drawings
LONGEST_NAME: Final = 40  # characters of a game's name on the screen


class StartScreen:
    """Keeps the window alive and says what is waited for."""

    def __init__(self, screen: Screen, game: str) -> None:
        self._screen = screen
        self._game = short_name(game)
        self.status = "looking for a match"
        self.closed = False  # by its player

    def look(self) -> bool:
        """Draw, and handle the window's events; called while something else is waited for. False: closed."""
        self.closed = not self._screen.poll()
        self._screen.wait(Lobby(self._game, self.status))
        return not self.closed

    def count_down(
        self,
        picture: Picture | None,
        should_stop: Callable[[], bool],
        seconds: float = COUNTDOWN,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Until the time is over, or somebody wants to stop. The others wait for our first packet meanwhile,
        or count down themselves."""
        until = now() + seconds
        while (left := until - now()) > 0 and not should_stop():
            self.closed = not self._screen.poll()
            if self.closed:
                return
            self._screen.wait(Lobby(self._game, self.status, left), picture)
            sleep(min(_STEP, left))


def short_name(game: str) -> str:
    """`pettingzoo:butterfly/knights_archers_zombies_v11` -> `knights_archers_zombies_v11`."""
    name = game.rpartition("/")[2] or game
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 3]}..."
