"""Peers that hold several slots each: whole matches, drops of all slots at once, others coming in."""

from __future__ import annotations

from random import Random

import pytest
from staged import CHAOS, rollbacks

from netcode.confirmed_frame import ConfirmedFrame
from netcode.events import EndReason, PlayerDropped, PlayerSeated, SeatTaken
from netcode.settings import MatchSettings
from netcode.simulator.claims import is_all_of
from netcode.simulator.game import MixingGame
from netcode.simulator.match import Faults, VirtualMatch, VirtualPeer
from netcode.simulator.reference import play_reference
from netcode.simulator.weather import Weather

WAN = Weather(delay_ms=40, jitter_ms=5, loss=0.02)
Groups = list[tuple[int, ...]]


def match_of(
    groups: Groups, weather: Weather = WAN, faults: dict[int, Faults] | None = None, **settings: object
) -> VirtualMatch:
    values = {"env": "x", "frames": 300, "digest_interval": 10, "disconnect_timeout": 1.0} | settings
    wanted = MatchSettings.parse(values | {"players": sum(map(len, groups))})
    return VirtualMatch(wanted, weather, faults=faults, groups=groups, ordered=False, hold=0.3)


def true_game(match: VirtualMatch, witness: VirtualPeer) -> list[ConfirmedFrame]:
    """What everybody said, with substitutes (default actions) as `witness` was told of them."""
    settings, players = match.settings, match.settings.players
    first = {slot: peer for peer in match.peers[::-1] for slot in peer.session.slots}
    plan: list[list[tuple[int, VirtualPeer | None]]] = [[(0, first[slot])] for slot in range(players)]
    for event in witness.events:
        for slot in event.slots if isinstance(event, PlayerDropped | PlayerSeated) else ():
            author = None
            if isinstance(event, PlayerSeated):
                author = next(p for p in match.peers if SeatTaken(slot, event.frame) in p.events)
            plan[slot].append((event.frame, author))
    inputs = [
        [
            bytes(1) if author is None else author.said_by[slot].get(frame, bytes(1))
            for slot in range(players)
            for author in [[who for since, who in plan[slot] if since <= frame][-1]]
        ]
        for frame in range(settings.frames)
    ]
    game = MixingGame(players, settings.seed)
    return list(play_reference(game, inputs, settings.digest_interval, settings.frames))


def expect_one_true_game(match: VirtualMatch, finished: int) -> None:
    done = [peer for peer in match.peers if peer.reason is EndReason.FINISHED]
    assert len(done) == finished, [(peer.slot, peer.session.ending) for peer in match.peers]
    reference = true_game(match, done[0])
    for peer in done:
        assert is_all_of(peer.confirmed, reference), f"slot {peer.slot} played another game"
        assert max(peer.depths, default=0) <= match.settings.window
        assert [link.stats.rejections for link in peer.session.links] == [{}] * len(peer.session.links)


@pytest.mark.parametrize(
    "groups",
    [
        [(0, 1), (2,)],
        [(0,), (1, 2)],
        [(0, 1), (2, 3)],
        [(0, 1, 2, 3), (4,), (5, 6, 7)],
        [(0, 1, 2)],
        [(0, 2), (1, 3)],
    ],
    ids=str,
)
@pytest.mark.parametrize("window", [0, 8])
def test_every_slot_plays_what_its_player_says(groups: Groups, window: int) -> None:
    match = match_of(groups, CHAOS, frames=200, window=window, seed=len(groups)).run(60)
    assert match.faults_found() == []
    expect_one_true_game(match, len(groups))
    assert (rollbacks(match) > 20) == (window > 0 and len(groups) > 1)
    for peer in match.peers:
        said = [peer.said_by[slot] for slot in peer.session.slots]
        assert all(one.keys() == said[0].keys() for one in said)
        assert len({tuple(one.values()) for one in said}) == len(said), "each says something else"


@pytest.mark.parametrize("groups", [[(0, 1), (2,), (3,)], [(0,), (1, 2, 3), (4,)], [(0, 1), (2, 3), (4, 5)]])
@pytest.mark.parametrize("dead", [0, 1])
def test_a_drop_hands_all_its_slots_to_substitutes(groups: Groups, dead: int) -> None:
    gone = groups[dead]
    match = match_of(groups, faults={gone[0]: Faults(crashes_at=2.0)}, on_drop="default").run(60)
    expect_one_true_game(match, len(groups) - 1)
    for peer in match.peers:
        if peer.alive or peer.reason is EndReason.FINISHED:
            (drop,) = [event for event in peer.events if isinstance(event, PlayerDropped)]
            assert drop.slots == gone
            assert set(peer.session.substituted) == set(gone)


def test_two_come_in_one_after_the_other_where_one_peer_was() -> None:
    match = match_of(
        [(0, 1), (2,), (3,)], faults={0: Faults(crashes_at=2.0)}, on_drop="default", frames=900
    ).run(5.0)
    match.come_back(1, Faults())
    match.run(8.0)
    match.come_back(0, Faults())
    match.run(60)
    expect_one_true_game(match, 4)
    taken = [event.slot for peer in match.peers for event in peer.events if isinstance(event, SeatTaken)]
    assert taken == [1, 0]


def test_somebody_comes_in_where_one_player_was_beside_a_peer_with_two() -> None:
    faults = {2: Faults(crashes_at=2.0, returns_at=4.0)}
    match = match_of([(0, 1), (2,), (3,)], faults=faults, on_drop="default", frames=900).run(60)
    expect_one_true_game(match, 3)


@pytest.mark.parametrize("seed", range(8))
def test_any_groups_with_restless_delays_and_drops(seed: int) -> None:
    rng = Random(seed)
    sizes = [rng.randint(1, 3) for _ in range(rng.randint(3, 4))]
    starts = [sum(sizes[:n]) for n in range(len(sizes))]
    groups = [tuple(range(start, start + size)) for start, size in zip(starts, sizes, strict=True)]
    dead = rng.choice(starts)
    faults = {
        start: Faults(
            delays={rng.uniform(0, 5): rng.choice((0, 2, 6, 20, "auto")) for _ in range(4)},
            crashes_at=rng.uniform(1.0, 4.0) if start == dead else float("inf"),
        )
        for start in starts
    }
    values = {"frames": 400, "on_drop": "default", "seed": seed, "window": rng.choice((0, 4, 12))}
    expect_one_true_game(match_of(groups, WAN, faults, **values).run(60), len(groups) - 1)
