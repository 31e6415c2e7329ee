"""Corruption planted in one peer's game, as cosmic rays or a stray write would."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from netcode.events import Desync
from netcode.session import PlayerSession
from netcode.settings import MatchSettings
from netcode.simulator.game import MixingGame
from netcode.simulator.match import VirtualMatch, VirtualPeer

Poke = Callable[[Any], None]  # changes a game in place


def poke_once(session: PlayerSession, game: Any, poke: Poke) -> int | None:
    """Change the confirmed state after some frame, whatever is rolled back later. Returns that frame.

    Between `reconcile` and `newly_confirmed`. None: no frame has become confirmed just now; try again.
    """
    rollback = session._rollback
    ring = rollback.snapshots
    first = next(
        frame
        for frame in count(session._confirming.handed_out)
        if session._desync.evidence.state(frame) is None
    )
    if first > session.confirmed:
        return None  # a rollback could undo it
    present = game.capture()
    for frame in range(first, rollback.frame):
        if ring.holds(frame):
            game.restore(ring.before(frame))
            poke(game)
            ring.save(frame, game.capture())
    game.restore(present)
    poke(game)
    return first - 1


class PokedMatch(VirtualMatch):
    """A match in which one peer's game is poked once, when it has confirmed so many frames."""

    slot = 0
    at = 0
    poke: Poke
    poked_frame: int | None = None

    def plant(self, slot: int, at: int, poke: Poke) -> PokedMatch:
        self.slot, self.at, self.poke = slot, at, poke
        return self

    def _tick(self, peer: VirtualPeer) -> float:
        session = peer.session
        if self.poked_frame is not None or peer.slot != self.slot or session.confirmed < self.at:
            return super()._tick(peer)

        def reconcile() -> int:
            depth = PlayerSession.reconcile(session)
            self.poked_frame = poke_once(session, peer.game, self.poke)
            return depth

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(session, "reconcile", reconcile)
            return super()._tick(peer)


def desyncs(peer: VirtualPeer) -> list[Desync]:
    return [event for event in peer.events if isinstance(event, Desync)]


def expect_named_by_all(match: VirtualMatch, wrong: int, frame: int, path: str) -> None:
    """Every peer ended because of it, and names the exact frame and field, with both values, and who."""
    values = set()
    for peer in match.peers:
        assert peer.reason is not None and peer.reason.value == "desync", (peer.slot, peer.session.ending)
        (event,) = desyncs(peer)
        assert event.frame == frame, (peer.slot, event, frame)
        assert event.why == ""
        assert event.differences[0].path == path, event.differences[:4]
        others = [f"player {other.slot}" for other in match.peers if other is not peer]
        if peer.slot == wrong:
            assert event.name == " and ".join(filter(None, [", ".join(others[:-1]), others[-1]]))
        else:
            assert event.name == f"player {wrong}"
        here, there = event.differences[0].here, event.differences[0].there
        values.add((here, there) if peer.slot == wrong else (there, here))
        text = peer.session.ending.text
        assert f"frame {frame}: {path} {here} here, {there} there" in text
    assert len(values) == 1, values


def poke(game: Any) -> None:
    mixed, *rest = game.state
    game.state = (mixed ^ 1, *rest)


def drifting(slot: int, at: int) -> Callable[[MatchSettings], MixingGame]:
    """Games of which that of `slot` always goes wrong in frame `at`, also when it is played again."""
    made = 0

    class Drifting(MixingGame):
        frame = 0

        def step(self, inputs):
            outcome = super().step(inputs)
            if self.frame == at:
                poke(self)
            self.frame += 1
            return outcome

        def capture(self):
            return (*self.state, self.frame)

        def restore(self, snapshot):
            super().restore(snapshot[:-1])
            self.frame = snapshot[-1]

        def digest(self, snapshot=None):
            return super().digest(snapshot[:-1] if snapshot else None)

        def flatten(self, snapshot=None):
            return super().flatten(snapshot[:-1] if snapshot else None)

    def game(chosen: MatchSettings) -> MixingGame:
        nonlocal made
        made += 1
        return (Drifting if made - 1 == slot else MixingGame)(chosen.players, chosen.seed)

    return game
