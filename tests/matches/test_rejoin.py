"""Players come back into a running match: fed, caught up, in their slots while the others play on."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from netcode.events import EndReason, PlayerDropped, PlayerSeated, SeatTaken
from netcode.link import RemotePeer
from netcode.session import PlayerSession
from netcode.settings import MatchSettings
from netcode.simulator.authors import true_game
from netcode.simulator.claims import is_all_of
from netcode.simulator.match import Faults, VirtualMatch
from netcode.simulator.weather import Weather
from netcode.wire.packets import RosterChange

TIMEOUT = 1.0
LAN = Weather(delay_ms=2)
WAN = Weather(delay_ms=50, jitter_ms=10, loss=0.03)


def match_of(
    players: int,
    weather: Weather = WAN,
    faults: dict[int, Faults] | None = None,
    session_type: type[PlayerSession] = PlayerSession,
    **settings: Any,
) -> VirtualMatch:
    values = {"frames": 900, "seed": players, "digest_interval": 10, "on_drop": "default"} | settings
    wanted = MatchSettings(env="x", players=players, disconnect_timeout=TIMEOUT, **values)
    return VirtualMatch(wanted, weather, faults=faults, session_type=session_type)


def assert_all_played_it(match: VirtualMatch, finished: int) -> None:
    done = [peer for peer in match.peers if peer.reason is EndReason.FINISHED]
    assert len(done) == finished, [
        (peer.number, peer.session.phase, peer.session.ending) for peer in match.peers
    ]
    reference = true_game(match, next(peer for peer in done if peer.number < match.settings.players))
    for peer in done:
        assert is_all_of(peer.confirmed, reference), f"peer {peer.number} played another game"
        assert max(peer.depths, default=0) <= match.settings.window


@pytest.mark.parametrize("weather", [LAN, WAN])
@pytest.mark.parametrize("players", [2, 3, 5])
@pytest.mark.parametrize("on_drop", ["default", "hold"])
def test_a_player_whose_process_died_comes_back(players: int, weather: Weather, on_drop: str) -> None:
    faults = {players - 1: Faults(crashes_at=3.0, returns_at=6.0)}
    match = match_of(players, weather, faults, on_drop=on_drop).run(40)
    back = match.peers[players]
    assert any(isinstance(event, SeatTaken) for event in back.events), back.session.phase
    assert_all_played_it(match, players)
    assert (
        sum(len(set(peer.said.values())) > 3 for peer in match.peers) == players + 1
    )  # it really plays again


ROUGH = Weather(delay_ms=40, jitter_ms=30, loss=0.1, reorder=0.1, duplicate=0.05)
BURSTY = Weather(delay_ms=30, jitter_ms=10, loss=0.02, burst_loss=0.05, burst_ms=60)


def troubled(seed: int) -> tuple[VirtualMatch, int]:
    """A match in which fewer than half die, come back, and may die again on the way; and how many finish."""
    rng = Random(seed)
    players = rng.choice((2, 3, 3, 4, 5))
    slots = list(range(1 if players == 2 else 0, players))
    faults = {}
    for slot in rng.sample(slots, rng.randint(1, max(1, (players - 1) // 2))):
        died = rng.uniform(1.5, 8.0)
        came = died + rng.uniform(1.3, 5.0)
        again = came + rng.uniform(0.05, 2.5)
        then = (
            Faults(crashes_at=again, returns_at=again + rng.uniform(1.3, 4.0)) if rng.random() < 0.7 else None
        )
        faults[slot] = Faults(crashes_at=died, returns_at=came, then=then)
    match = match_of(
        players,
        rng.choice((LAN, WAN, ROUGH, BURSTY)),
        faults,
        seed=seed,
        on_drop=rng.choice(("default", "hold")),
        window=rng.choice((4, 8, 12)),
        input_delay=rng.choice((0, 1, 2, 3)),
        frames=1500,
    )
    return match.run(60), players


@pytest.mark.parametrize("seed", range(12))
def test_whatever_dies_on_the_way_all_play_one_game(seed: int) -> None:
    match, players = troubled(seed)
    assert any(isinstance(event, SeatTaken) for peer in match.peers for event in peer.events)
    assert_all_played_it(match, players)


def test_the_others_do_not_wait_for_who_comes_back() -> None:
    """Ten minutes in: fed at full speed, in the slot within seconds, and no frame of the others is late."""
    faults = {2: Faults(crashes_at=3.0, returns_at=600.0)}
    match = match_of(3, WAN, faults, frames=37_000, digest_interval=60)
    match.run(597)
    waited = [peer.session.stalls.seconds for peer in match.peers[:2]]
    match.run(640)
    back = match.peers[3]
    (seat,) = [event for event in back.events if isinstance(event, SeatTaken)]
    assert (seat.frame - 35_900) / 60 < 6.0
    longest = [
        peer.session.stalls.seconds - before for peer, before in zip(match.peers, waited, strict=False)
    ]
    assert max(longest) < 1 / 60, longest
    assert_all_played_it(match, 3)


def test_two_come_back_one_after_the_other_and_the_first_player_of_all_may_be_one() -> None:
    faults = {0: Faults(crashes_at=2.0, returns_at=5.0), 3: Faults(crashes_at=2.5, returns_at=5.01)}
    match = match_of(5, WAN, faults).run(40)
    assert sum(isinstance(event, SeatTaken) for peer in match.peers for event in peer.events) == 2
    assert_all_played_it(match, 5)


def test_who_gives_the_slot_may_die_right_after_saying_so() -> None:
    """The announcer dies in each of the frames around its word: all agree on whether it was said."""
    seats = set()
    for half_frames in range(14):
        faults = {
            0: Faults(crashes_at=5.44 + half_frames / 120),
            2: Faults(crashes_at=2.0, returns_at=5.0),
        }
        match = match_of(4, WAN, faults, frames=600).run(30)
        assert_all_played_it(match, 3)
        seats |= {event.frame for event in match.peers[-1].events if isinstance(event, SeatTaken)}
    assert len(seats) > 1  # sometimes it was said in time, sometimes the next one said it


def test_who_has_just_been_seated_hands_over_what_only_it_holds() -> None:
    """A player dies while another comes in, and its last inputs have reached the newcomer only."""
    seats = 0
    for half_frames in range(0, 16, 4):
        faults = {3: Faults(crashes_at=2.0, returns_at=5.0)}
        match = match_of(4, WAN, faults, frames=450)
        match.run(5.36 + half_frames / 120)
        for other in (0, 1):
            match.links[2, other].weather = Weather(loss=1.0)
        match.run(5.43 + half_frames / 120)
        match.peers[2].alive = False
        match.run(30)
        assert_all_played_it(match, 3)
        seats += sum(isinstance(event, SeatTaken) for event in match.peers[-1].events)
    assert seats == 4


def test_a_guest_whom_nobody_feeds_gives_up() -> None:
    match = match_of(2, LAN, {1: Faults(crashes_at=2.0, returns_at=5.0)}, frames=600)
    match.run(5.01)
    match.links[0, 1].weather = Weather(loss=1.0)
    match.run(60)
    assert match.peers[0].reason is EndReason.FINISHED
    assert "nobody who plays was found" in str(match.peers[2].session.ending)


def test_a_guest_that_heard_more_of_a_lost_player_than_the_others_says_so() -> None:
    """Its game is not theirs any more: it ends before that, and it is no desync."""
    overtaken = 0
    for half_frames in range(0, 16, 4):
        faults = {3: Faults(crashes_at=2.0, returns_at=5.0)}
        match = match_of(4, WAN, faults, frames=450)
        match.run(5.01)
        match.links[3, 0].weather = Weather(
            loss=1.0
        )  # its wish is never heard: it has no seat to hand over from
        match.run(6.2 + half_frames / 120)
        for other in (0, 1):
            match.links[2, other].weather = Weather(loss=1.0)
        match.run(6.3 + half_frames / 120)
        match.peers[2].alive = False
        match.run(60)
        assert_all_played_it(match, 2)
        guest = match.peers[4]
        final = guest.session.final
        assert is_all_of(guest.confirmed[:final], match.peers[0].confirmed[:final])
        assert guest.reason in (EndReason.LEFT, EndReason.LOST), guest.session.ending
        overtaken += "come in again" in str(guest.session.ending)
    assert overtaken


class Liar(PlayerSession):
    """Announces a guest into a slot though it has no say, or into the slot of somebody who plays."""

    def outgoing(self, now: float) -> list[bytes]:
        if len(self.links) > 1 and self.frame == 100 and self._own.may_announce:
            self._own.announce(RosterChange(self._own.count - 1, self._own.count + 20, 0, 9, b"nobody!!"))
        return super().outgoing(now)


def test_nobody_can_give_away_the_slot_of_a_player() -> None:
    match = match_of(3, LAN, session_type=Liar).run(40)
    assert all(peer.reason is EndReason.FINISHED for peer in match.peers)
    assert not any(isinstance(event, PlayerSeated) for peer in match.peers for event in peer.events)
    assert_all_played_it(match, 3)


class Generous(PlayerSession):
    """Gives a second slot to a guest that has one already."""

    def outgoing(self, now: float) -> list[bytes]:
        free = [slot for slot in self._substitutes.since if slot not in self.expected]
        seated = [link for link in self.links if link.member >= self.settings.players]
        if self.announces and seated and free and not self.gave and self._own.may_announce:
            change = RosterChange(self._own.count, self._own.count + 20, free[0], 99, self.guest)
            self._own.announce(change)
            self._admissions._pending.append((self._survivors.me, change))
            self.gave = True
        return super().outgoing(now)

    def welcome(self, guest: bytes, remote: RemotePeer, now: float) -> bool:
        self.guest = guest
        return super().welcome(guest, remote, now)

    gave, guest = False, b""


def test_who_is_given_a_second_slot_does_not_take_it() -> None:
    faults = {2: Faults(crashes_at=1.0, returns_at=4.0), 3: Faults(crashes_at=1.5)}
    match = match_of(4, LAN, faults, session_type=Generous, frames=600).run(40)
    assert any(peer.session.gave for peer in match.peers if isinstance(peer.session, Generous))
    back = match.peers[4]
    assert [event.slot for event in back.events if isinstance(event, SeatTaken)] == [2]
    assert_all_played_it(match, 3)


class Misplacing(Generous):
    """Gives a guest another slot than it has come for, before it has wished for one."""

    def outgoing(self, now: float) -> list[bytes]:
        free = [slot for slot in self._substitutes.since if slot not in self.expected]
        if self.announces and self.expected and free and not self.gave and self._own.may_announce:
            change = RosterChange(self._own.count, self._own.count + 20, free[0], 99, self.guest)
            self._own.announce(change)
            self._admissions._pending.append((self._survivors.me, change))
            self.gave = True
        return PlayerSession.outgoing(self, now)


def test_who_is_given_another_slot_than_it_came_for_does_not_take_it() -> None:
    """Nor does the match wait for inputs that nobody gives: the slot is a substitute's again."""
    faults = {2: Faults(crashes_at=1.0, returns_at=4.0), 3: Faults(crashes_at=1.5)}
    match = match_of(4, LAN, faults, session_type=Misplacing, frames=600).run(40)
    assert any(peer.session.gave for peer in match.peers if isinstance(peer.session, Misplacing))
    assert [event.slot for event in match.peers[4].events if isinstance(event, SeatTaken)] == [2]
    drops = [event.slots for event in match.peers[1].events if isinstance(event, PlayerDropped)]
    assert drops == [(2,), (3,), (3,)]
    assert_all_played_it(match, 3)


class Renumbering(Misplacing):
    """Gives a guest the number of somebody who plays."""

    def outgoing(self, now: float) -> list[bytes]:
        free = [slot for slot in self._substitutes.since if slot in self.expected]
        if self.announces and free and not self.gave and self._own.may_announce:
            self._own.announce(RosterChange(self._own.count, self._own.count + 20, free[0], 1, self.guest))
            self.gave = True
        return PlayerSession.outgoing(self, now)


def test_nobody_is_given_the_number_of_another() -> None:
    faults = {2: Faults(crashes_at=1.0, returns_at=4.0)}
    match = match_of(3, LAN, faults, session_type=Renumbering, frames=600)
    match.run(40)
    assert any(peer.session.gave for peer in match.peers if isinstance(peer.session, Renumbering))
    assert len({link.member for link in match.peers[0].session.links}) == 3  # of 1, the old 2 and the new
    assert_all_played_it(match, 3)
