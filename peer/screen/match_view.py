"""The window's view of a running match: the environment's picture and the session's figures."""

from __future__ import annotations

from time import perf_counter
from typing import Protocol

from netcode.session import PlayerSession
from peer.screen.screen import Hud, Picture, Screen

WAITING_REDRAW = 0.05  # seconds between two drawings while no frame is played


class Renderable(Protocol):
    """The part of a simulation that can be drawn."""

    def render(self) -> Picture:
        """Height x width x 3, RGB."""
        ...


class MatchView:
    """Draws at most once a played frame, never inside a rollback."""

    def __init__(self, screen: Screen, game: Renderable, name: str, legend: str = "") -> None:
        self.screen = screen
        self._game = game
        self._name = name
        self._legend = legend
        self._picture: Picture | None = None
        self._frame_began = perf_counter()
        self._replayed_before = 0
        self._drawn_at = 0.0
        self.closed = False  # by its player

    def show(self, session: PlayerSession, advanced: bool) -> None:
        """After the tick's packets have left: nobody waits for our drawing."""
        if not self.screen.visible:
            return
        if self._picture is None or (advanced and session.catching_up is None):
            self._picture = self._game.render()
        elif perf_counter() - self._drawn_at < WAITING_REDRAW:
            return
        self._drawn_at = perf_counter()
        self.screen.draw(self._picture, self._hud(session))

    def begin_frame(self) -> None:
        """Handle the window's events."""
        self._frame_began = perf_counter()
        self.closed = not self.screen.poll()

    def _hud(self, session: PlayerSession) -> Hud:
        pings = [link.round_trip.seconds for link in session.links if link.round_trip.seconds is not None]
        replayed = session.stats.replayed_frames
        depth, self._replayed_before = replayed - self._replayed_before, replayed
        settings = session.settings
        return Hud(
            name=self._name,
            slot=session.slots[0],
            frame=session.frame,
            frames=settings.frames,
            ping_ms=max(pings) * 1000 if pings else None,
            input_age_ms=None if session.input_age is None else session.input_age * 1000,
            rollbacks=session.stats.rollbacks,
            input_delay=session.input_delay,
            input_delay_auto=session.delay.automatic,
            rollback_depth=depth,
            frame_ms=(perf_counter() - self._frame_began) * 1000,
            frame_budget_ms=0.0 if settings.fast else 1000.0 / settings.fps,
            waiting_for=_waiting_for(session),
            legend=self._legend,
        )


def _waiting_for(session: PlayerSession) -> str:
    """Why the picture stands still, if it does."""
    if session.catching_up is not None:
        frame, live = session.catching_up
        return f"the match so far: frame {frame:,} of {live:,}"
    return ", ".join(session.waiting_for()) if session.stalls.told else ""
