"""What a peer shows its player; without a display, nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from peer.controllers.my_keys import MyKeys

END_SECONDS: Final = 6.0  # the verdict stands so long, unless a key is pressed
WATCHING: Final = -1  # the slot of a spectator
Picture = NDArray[np.uint8]  # height x width x 3, RGB


@dataclass(frozen=True, slots=True)
class Hud:
    """The figures beside the picture. Times in milliseconds, delays and depths in frames."""

    name: str
    slot: int  # or WATCHING
    other_slots: tuple[int, ...] = ()  # played here, too
    co_piloted: tuple[int, ...] = ()  # slots in which a policy plays for its person just now
    frame: int = 0  # the next to be played
    frames: int = 0  # of the whole match; 0: until somebody leaves
    confirmed: int = 0  # frames below are true for everybody
    window: int = 0  # how far past `confirmed` it is predicted at most
    ping_ms: float | None = None  # None: not measured yet
    input_age_ms: float | None = None  # likewise
    advantage: float = 0.0  # frames ahead of the remote that is furthest behind
    rollbacks: int = 0
    misses: int = 0  # frames played with a wrong prediction
    new_misses: int = 0  # found in this frame
    stalls: int = 0
    stalled: bool = False  # now
    input_delay: int = 0
    input_delay_auto: bool = False
    rollback_depth: int = 0  # in this frame
    frame_ms: float = 0.0  # work of this frame
    frame_budget_ms: float = 0.0  # what it may take; 0: no mark
    waiting_for: str = ""  # the name of whom this peer waits for
    halves: tuple[str, ...] = ()  # names over the parts of the picture, side by side; (): it is one
    notice: str = ""  # what else a person should know, in a line


@dataclass(frozen=True, slots=True)
class Lobby:
    """What is shown before the match begins."""

    game: str  # the environment's name
    status: str  # "room ABC: 1 of 2 players (ann)"
    countdown: float | None = None  # seconds until it begins


@dataclass(frozen=True, slots=True)
class End:
    """The last page."""

    verdict: str  # how the match ended
    good: bool
    headline: str = ""  # who won
    scores: tuple[tuple[int, str, str], ...] = ()  # slot, name, score
    figures: tuple[tuple[str, str], ...] = ()  # label, value


class Screen:
    """What a window can do; this one is none: it shows nothing and takes no keys.

    All calls come from the main thread; each costs little and never waits.
    """

    visible = False  # is it worth rendering the environment?

    def poll(self) -> bool:
        """Handle the window's events, at least a few times a second. False: the player closed it."""
        return True

    def pressed_keys(self) -> tuple[int, ...]:
        """Numbers of the keys that count for a frame, oldest first; asked once a frame. Of keys they are
        pygame's, of gamepads those of `peer.controllers.pad_keys`.

        A key that was only tapped since the last call counts once.
        """
        return ()

    def strengths(self) -> Mapping[int, float]:
        """How far sticks and triggers are pressed, 0 to 1, of the numbers in `pressed_keys`; others are 1."""
        return {}

    def delay_steps(self) -> int:
        """By how many frames the player wants the input delay longer (or shorter) since the last call."""
        return 0

    def offer_keys(self, board: MyKeys) -> None:
        """Show these keys on the start screen and in the menu, and let the player change them there."""

    def wait(self, lobby: Lobby, picture: Picture | None = None) -> None:
        """Show the start screen, over the game's first picture if there is one."""

    def record(self, hud: Hud) -> None:
        """A frame was played: its figures are for the plots, also if it will not be drawn."""

    def draw(self, picture: Picture | None, hud: Hud) -> None:
        """Show a frame; None while there is no picture yet."""

    def redraw(self) -> None:
        """Show the newest frame again, with the keys and the menu as they are now."""

    def show_end(
        self, end: End, seconds: float = END_SECONDS, should_close: Callable[[], bool] = lambda: False
    ) -> None:
        """Show the last page until a key is pressed, the time is over or it should close."""

    def close(self) -> None:
        """At once."""
