"""A spectator's window: the environment's picture, and how far the match is."""

from __future__ import annotations

from time import perf_counter
from typing import Final

from netcode.spectator import SpectatorSession
from peer.screen.draw_times import DrawTimes, redraw_between
from peer.screen.drawing import Renderable, drawn
from peer.screen.screen import WATCHING, Hud, Picture, Screen

CATCHING_UP_REDRAW: Final = 0.25  # seconds; drawing would only make it longer


class SpectatorView:
    """Draws every live frame that there is time for, and now and then while catching up."""

    def __init__(self, screen: Screen, game: Renderable, name: str, halves: tuple[str, ...] = ()) -> None:
        """halves: see Hud."""
        self.screen = screen
        self.closed = False
        self.times = DrawTimes()
        self._game = game
        self._name, self._halves = name, halves
        self._picture: Picture | None = None
        self._began = perf_counter()
        self._drawn_at = float("-inf")

    def begin_frame(self) -> None:
        """Handle the window's events."""
        self._began = perf_counter()
        self.closed = not self.screen.poll()

    def show(self, session: SpectatorSession, advanced: bool, left: float) -> None:
        """`left`: seconds until the next frame is due; what takes longer is not drawn."""
        if not self.screen.visible:
            return
        now = perf_counter()
        if advanced and session.live:
            if not self.times.may_draw(now, left):
                return
        elif now - self._drawn_at < CATCHING_UP_REDRAW:
            return
        self._drawn_at = now
        if advanced or self._picture is None:
            self._picture = drawn(self._game, self._picture)
        self.screen.draw(self._picture, self._hud(session))
        self.times.drew(now, perf_counter())

    def between_frames(self, left: float) -> float:
        """What the clock asks while it waits for the next frame: seconds to sleep."""
        return redraw_between(self.screen, self.times, left, perf_counter)

    def _hud(self, session: SpectatorSession) -> Hud:
        settings = session.settings
        frame, frames = session.progress
        nobody = session.reader.source is None and session.frame == session.archive.count
        return Hud(
            name=self._name,
            halves=self._halves,
            slot=WATCHING,
            frame=frame,
            frames=settings.frames if session.live else frames,
            frame_ms=(perf_counter() - self._began) * 1000,
            frame_budget_ms=0.0 if settings.fast else 1000.0 / settings.fps,
            waiting_for="somebody to watch through" if nobody else "",
        )
