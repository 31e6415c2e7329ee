"""Judges copies of netcode/, one after the other: `mutant_judge.py FOLDER...`, each with a netcode/ in it.

Prints a JSON object: folder -> what was noticed, or null. Not a test itself; see test_mutants.py.
"""

from __future__ import annotations

import importlib
import json
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

import pydantic  # noqa: F401  (imported once for all copies)

HANGS_AFTER = 20  # seconds


def judge(folder: str) -> str | None:
    """What is wrong with the netcode in `folder`, as one line; None if nothing was noticed."""
    for name in [name for name in sys.modules if name.partition(".")[0] in ("netcode", "facing")]:
        del sys.modules[name]
    sys.path.insert(0, folder)
    signal.alarm(HANGS_AFTER)
    try:
        assert str(importlib.import_module("netcode.session").__file__).startswith(folder), "not the copy"
        for check in (good_matches, lockstep, bad_endings, drift, hostile_packets, small_parts):
            check()
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
    finally:
        signal.alarm(0)
        sys.path.remove(folder)
    return None


def hang(*_: object) -> None:
    raise TimeoutError("hangs")


def small_parts() -> None:
    from netcode.prediction import RepeatLast
    from netcode.timeline import Timeline

    line = Timeline(b"\0", 0, RepeatLast(b"\0"))
    line.use(0)
    line.confirm(b"\1")
    line.confirm(b"\1")
    assert [line.first_misprediction() for _ in range(3)] == [0, 0, 0], (
        "a pending misprediction was forgotten"
    )


def hostile_packets() -> None:
    from dataclasses import replace

    from facing import Facing, link_id

    from netcode.wire.packets import Inputs, encode_inputs

    match = Facing(players=2).run(40)
    side, link, now = match[0], match[0].link, match.now
    good = Inputs(10**6, side.session.frame, 0, link.held, b"", link.acked, 0, b"", 0, 0, -1, 0)
    before = link.held, link.acked
    said = link.hand_over(link.held - 1).inputs[0]
    hostile = [
        replace(good, ack=10**9),
        replace(good, first=link.held + 1, inputs=b"\1"),
        replace(good, first=link.held - 1, inputs=bytes([(said + 1) % 7])),
        replace(good, inputs=b"\x63"),
        replace(good, inputs=bytes(500)),
        replace(good, inputs=b"\1", digest_first=99),
    ]
    for number, packet in enumerate(hostile):
        side.session.receive([(encode_inputs(link_id(1, 0), packet), now)], now)
        assert link.stats.rejected == number + 1, f"accepted {packet}"
        assert (link.held, link.acked) == before, f"took a part of {packet}"


def play(weather: Any, seconds: float = 60.0, faults: Any = None, game: Any = None, **values: Any) -> Any:
    from netcode.settings import MatchSettings
    from netcode.simulator.match import VirtualMatch

    settings = MatchSettings.parse({"env": "mixing", "digest_interval": 7} | values)
    return VirtualMatch(settings, weather, faults=faults, game=game, ordered=False).run(seconds)


def expect_finished(match: Any) -> None:
    assert match.faults_found() == [], match.faults_found()[0]
    reasons = [peer.reason and peer.reason.value for peer in match.peers]
    assert set(reasons) == {"finished"}, f"ended {reasons}"
    assert not any(link.stats.rejected for peer in match.peers for link in peer.session.links), "rejected"


def good_matches() -> None:
    from netcode.simulator.weather import Weather

    rough = Weather(delay_ms=60, jitter_ms=20, loss=0.1, reorder=0.1, duplicate=0.1)
    for players in (1, 2, 3):
        for seed in range(2):
            match = play(rough, players=players, frames=90, seed=seed, window=4 + seed * 4)
            expect_finished(match)
            assert (sum(len(peer.depths) for peer in match.peers) > 30) == (players > 1), "no rollbacks"


def lockstep() -> None:
    from netcode.simulator.weather import Weather

    match = play(Weather(delay_ms=10), players=2, frames=30, window=0, input_delay=0)
    expect_finished(match)
    assert not any(peer.game.restores for peer in match.peers), "rolled back in lockstep"


def bad_endings() -> None:
    """Stops in mid-match, and an outage at the very end."""
    from netcode.simulator.weather import Weather

    for seed in range(6):
        match = play(Weather(delay_ms=50, jitter_ms=15), seconds=1.5, players=4, seed=seed)
        match.peers[0].session.stop()
        match.run(2.0)
        assert match.faults_found() == [], match.faults_found()[0]
        assert [peer.reason.value for peer in match.peers] == ["stopped", "left", "left", "left"]
    for moment in (1.04, 1.08, 1.12, 1.16):
        match = play(Weather(delay_ms=40), seconds=moment, players=2, frames=60)
        match.links[0, 1].weather = Weather(loss=1.0)
        match.run(moment + 0.15)
        match.links[1, 0].weather = Weather(loss=1.0)
        match.run(moment + 2.5)
        for link in match.links.values():
            link.weather = Weather(delay_ms=40)
        expect_finished(match.run(60))


def drift() -> None:
    from netcode.simulator.game import MixingGame
    from netcode.simulator.weather import Weather

    class Drifting(MixingGame):
        def step(self, inputs: Any) -> bytes:
            return super().step([bytes([self.steps % 3]), *inputs])

    match = play(Weather(delay_ms=50), players=2, frames=60, game=lambda s: Drifting(s.players, s.seed))
    assert "desync" in [peer.reason and peer.reason.value for peer in match.peers], "drift was not found"


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, hang)
    print(json.dumps({folder: judge(folder) for folder in sys.argv[1:]}))
