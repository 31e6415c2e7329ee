"""A player that dies while the links open is named by all at once, also by who never met it."""

from __future__ import annotations

import pytest
from test_drops import TIMEOUT, assert_one_true_game, cut, drops, match_of

from netcode.events import EndReason
from netcode.simulator.match import Faults

DIES = 0.4  # seconds; by then all other links run


@pytest.mark.parametrize("one_way", ["out", "in", "both"])
@pytest.mark.parametrize("players", [3, 4])
@pytest.mark.parametrize("on_drop", ["end", "default"])
def test_who_dies_in_the_handshake_is_named_by_all_at_once(on_drop: str, players: int, one_way: str) -> None:
    """Its link with slot 0 does not run yet."""
    dead = players - 1
    match = match_of(players, faults={dead: Faults(crashes_at=DIES)}, on_drop=on_drop, frames=120)
    for pair in {"out": [(dead, 0)], "in": [(0, dead)], "both": [(dead, 0), (0, dead)]}[one_way]:
        cut(match, *pair)
    match.run(20)
    assert match.now < DIES + TIMEOUT + 1 + 120 / 60
    if on_drop == "default":
        assert_one_true_game(match, players - 1)
        assert all(drops(peer).keys() == {dead} for peer in match.peers[:-1])
        return
    for peer in match.peers[:-1]:
        assert peer.reason in (EndReason.LOST, EndReason.LEFT)
        assert f"player {dead} was lost: nothing heard for" in peer.session.ending.text


def test_of_two_the_other_has_nobody_to_begin_with() -> None:
    match = match_of(2, faults={1: Faults(crashes_at=0.15)})
    cut(match, 0, 1)
    match.run(20)
    assert match.peers[0].reason is EndReason.LOST
    assert match.now < TIMEOUT + 1


def test_without_who_leaves_before_it_begins_there_is_no_match() -> None:
    match = match_of(3)
    cut(match, 2, 0)
    match.run(0.3)
    match.peers[2].session.stop("changed my mind")
    match.links[2, 0].weather = match.links[2, 1].weather
    match.run(20)
    assert match.peers[0].reason is EndReason.LEFT
