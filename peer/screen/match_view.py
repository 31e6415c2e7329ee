"""The window's view of a running match: the environment's picture and the session's figures."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Final

from netcode.phases import Phase
from netcode.session import PlayerSession
from peer.news import describe_pace
from peer.screen.draw_times import DrawTimes, redraw_between
from peer.screen.drawing import Renderable, drawn
from peer.screen.screen import Hud, Picture, Screen

WAITING_REDRAW: Final = 0.05  # seconds between two drawings while no frame is played


class MatchView:
    """Asks the environment for its picture at most once a played frame, and never inside a rollback."""

    def __init__(
        self,
        screen: Screen,
        game: Renderable,
        name: str,
        clock: Callable[[], float] = perf_counter,
        co_piloted: Callable[[], tuple[int, ...]] = tuple,
        halves: tuple[str, ...] = (),
    ) -> None:
        """`co_piloted()`: slots in which a policy plays for its person just now. halves: see Hud."""
        self.screen = screen
        self.times = DrawTimes()
        self._game = game
        self._name = name
        self._clock = clock
        self._co_piloted = co_piloted
        self._halves = halves
        self._picture: Picture | None = None
        self._frame_began = clock()
        self._replayed_before = self._missed_before = 0
        self._drawn_at = 0.0
        self.closed = False  # by its player

    def first_picture(self) -> Picture | None:
        """The game as it begins."""
        if self._picture is None and self.screen.visible:
            self._picture = drawn(self._game, None)
        return self._picture

    def figures_of_the_end(self, session: PlayerSession) -> tuple[tuple[str, str], ...]:
        """Label and value, for the last page."""
        stats, pings = session.stats, _pings(session)
        return (
            ("FRAMES", f"{session.confirmed:,}"),
            ("PING", f"{max(pings) * 1000:.0f} ms" if pings else "-"),
            ("ROLLBACKS", f"{stats.rollbacks:,}"),
            ("DEEPEST", f"{stats.max_rollback_depth}"),
            ("STALLED", f"{session.stalls.seconds:.1f} s"),
        )

    def show(self, session: PlayerSession, advanced: bool, left: float) -> None:
        """After the tick's packets have left: nobody waits for our drawing. `left`: seconds until the next
        frame is due; what takes longer is not drawn."""
        if not self.screen.visible:
            return
        began = self._clock()
        fresh = self._picture is None or (advanced and session.catching_up is None)
        if advanced:
            hud = self._hud(session)
            self.screen.record(hud)
        if fresh and self._picture is not None and not self.times.may_draw(began, left):
            return
        if not fresh and began - self._drawn_at < WAITING_REDRAW:
            return
        if fresh:
            self._picture = drawn(self._game, self._picture)
        self._drawn_at = began
        self.screen.draw(self._picture, hud if advanced else self._hud(session))
        self.times.drew(began, self._clock())

    def between_frames(self, left: float) -> float:
        """What the clock asks while it waits for the next frame: seconds to sleep."""
        return redraw_between(self.screen, self.times, left, self._clock)

    def begin_frame(self) -> None:
        """Handle the window's events."""
        self._frame_began = self._clock()
        self.closed = not self.screen.poll()

    def _hud(self, session: PlayerSession) -> Hud:
        pings = _pings(session)
        replayed, missed = session.stats.replayed_frames, session.mispredictions
        depth, self._replayed_before = replayed - self._replayed_before, replayed
        misses, self._missed_before = missed - self._missed_before, missed
        settings, stalls = session.settings, session.stalls
        return Hud(
            name=self._name,
            slot=session.slots[0],
            other_slots=session.slots[1:],
            co_piloted=self._co_piloted(),
            frame=session.frame,
            frames=session.frames,
            confirmed=session.confirmed,
            window=settings.window,
            ping_ms=max(pings) * 1000 if pings else None,
            input_age_ms=None if session.input_age is None else session.input_age * 1000,
            advantage=max((link.advantage for link in session.links if link.running), default=0),
            rollbacks=session.stats.rollbacks,
            misses=missed,
            new_misses=misses,
            stalls=stalls.count,
            stalled=stalls.since is not None,
            input_delay=session.input_delay,
            input_delay_auto=session.delay.automatic,
            rollback_depth=depth,
            frame_ms=(self._clock() - self._frame_began) * 1000,
            frame_budget_ms=0.0 if settings.fast else 1000.0 / settings.fps,
            waiting_for=_waiting_for(session),
            halves=self._halves,
            notice=describe_pace(slowed) if (slowed := session.common_pace.watch.told) else "",
        )


def _pings(session: PlayerSession) -> list[float]:
    return [link.round_trip.seconds for link in session.links if link.round_trip.seconds is not None]


def _waiting_for(session: PlayerSession) -> str:
    """Why the picture stands still, if it does."""
    if session.catching_up is not None:
        frame, live = session.catching_up
        return f"the match so far: frame {frame:,} of {live:,}"
    if session.phase is Phase.CONNECTING:
        return ", ".join(link.remote.name for link in session.links if not link.running)
    return ", ".join(session.waiting_for()) if session.stalls.told else ""
