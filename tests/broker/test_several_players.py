"""Several players at one peer: in the lobby, in the rosters, and in a match that runs."""

from __future__ import annotations

from random import Random

import pytest

from broker.lobby import Lobby
from broker.running import Running
from netcode.errors import LocalProtocolError, MatchRefusedError
from netcode.roster import Player, Roster, Seat, build_rosters, link_ids_needed
from netcode.settings import MatchSettings
from netcode.wire.lobby import Join, Refused, Waiting
from netcode.wire.running import ANY_SLOT, Playing, Watch, Watching


def new_lobby() -> Lobby:
    return Lobby(Random(0).randbytes)


def several(name: str, here: int, players: int = 4, room: str = "x") -> Join:
    """`here` players at one peer, for a match of `players`."""
    settings = MatchSettings(env="E", players=players).model_dump()
    member = name.encode().ljust(16, b".")
    return Join(member, name, room, {"env": "E"}, settings, False, (), f"host of {name}", here)


def play_out(lobby: Lobby, joins: list[Join]):
    """Everybody asks three times; the last answer to each, by name."""
    return {one.name: lobby.handle(one, 0.5 * turn) for turn in range(3) for one in joins}


def test_they_have_neighbouring_slots_and_names_of_their_own():
    ann, bob = several("ann", 3), several("bob", 1)
    lobby = new_lobby()
    assert lobby.handle(ann, 0.0) == Waiting("x", 4, ("ann", "ann-2", "ann-3"))
    answers = play_out(lobby, [ann, bob])
    first, second = answers["ann"].roster, answers["bob"].roster
    assert (first.my_slots, second.my_slots) == ((0, 1, 2), (3,))
    assert first.names == second.names == ("ann", "ann-2", "ann-3", "bob")
    ((bobs,), (anns,)) = first.seats, second.seats
    assert (bobs.slots, anns.slots) == ((3,), (0, 1, 2))
    assert (bobs.link_out, bobs.link_in) == (anns.link_in, anns.link_out)


def test_all_of_them_at_one_peer_play_at_once():
    (answer,) = play_out(new_lobby(), [several("ann", 2, players=2)]).values()
    assert (answer.roster.my_slots, answer.roster.seats) == ((0, 1), ())


def test_who_does_not_fit_is_told():
    lobby = new_lobby()
    lobby.handle(several("ann", 3), 0.0)
    refused = lobby.handle(several("bob", 2), 0.0)
    assert refused == Refused("room x has place for 1 more, not for 2; use another room")
    refused = lobby.handle(several("bob", 5, room="y"), 0.0)
    assert refused == Refused("5 players come, and the match begins with 4")
    assert lobby.counts == (1, 1, 0)


def test_quick_match_opens_another_room_for_those_who_do_not_fit():
    lobby = new_lobby()
    anns, bobs = (lobby.handle(several(name, here, room=""), 0.0) for name, here in (("ann", 3), ("bob", 2)))
    assert anns.room != bobs.room
    cleo = lobby.handle(several("cleo", 1, room=""), 0.0)
    assert cleo.roster.names == ("ann", "ann-2", "ann-3", "cleo")


def test_rosters_of_peers_with_several_fit_each_other():
    settings = MatchSettings(env="E", players=5)
    players = [Player("a", (), "h", ("b",)), Player("c", (), "h"), Player("d", (), "h", ("e",))]
    links = [n.to_bytes(8, "big") for n in range(link_ids_needed(3))]
    rosters = build_rosters("m", "r", settings, players, links)
    assert [roster.my_slots for roster in rosters] == [(0, 1), (2,), (3, 4)]
    assert [[seat.slots for seat in roster.seats] for roster in rosters] == [
        [(2,), (3, 4)],
        [(0, 1), (3, 4)],
        [(0, 1), (2,)],
    ]


@pytest.mark.parametrize(
    ("mine", "theirs"), [((0, 1), (1, 2)), ((0,), (2, 1)), ((0, 0), (1, 2)), ((1, 0), (2,)), ((0,), (1, 3))]
)
def test_a_roster_with_doubled_or_disordered_slots_is_none(mine, theirs):
    names = ("a", "b", "c")
    seat = Seat(theirs[0], names[theirs[0]], (), "h", b"1" * 8, b"2" * 8, theirs[1:])
    with pytest.raises(LocalProtocolError, match="roster"):
        Roster("m", "r", MatchSettings(env="E", players=3), mine[0], names, (seat,), mine[1:])


THREE = MatchSettings(env="E", players=3, frames=600, on_drop="default")


def of_three(slot: int, also: tuple[int, ...] = (), lost: tuple[int, ...] = ()) -> Playing:
    names = ("ann", "ann-2", "bob")
    return Playing("m1", "red", THREE, names, slot, lost, 10, 0, (), "h", also=also)


def watching(broker: Running, number: int, slot: int, now: float) -> Watching:
    member = number.to_bytes(16, "big")
    answer = broker.watch(Watch(member, f"eve {number}", "", slot, True, 0, (), "h"), now)
    assert isinstance(answer, Watching), answer
    return answer


def test_a_guest_speaks_once_to_a_peer_with_several_slots():
    broker = Running()
    for said in (of_three(0, (1,), lost=(2,)), of_three(2)):
        broker.playing(said, 0.0)
    broker.playing(of_three(0, (1,), lost=(2,)), 2.0)
    told = watching(broker, 1, ANY_SLOT, 2.0)
    assert told.slot == 2
    (host,) = told.players
    assert (host.slot, host.also, host.name) == (0, (1,), "ann")


def test_both_slots_of_a_lost_peer_are_free_one_after_the_other():
    broker = Running()
    for said in (of_three(0, (1,)), of_three(2)):
        broker.playing(said, 0.0)
    broker.playing(of_three(2, lost=(0, 1)), 3.0)
    told = watching(broker, 1, 1, 3.0)
    assert (told.slot, [source.slot for source in told.sources]) == (1, [2])
    assert [host.slot for host in told.players] == [2]
    broker.playing(of_three(1), 4.0)
    broker.playing(of_three(2, lost=(0,)), 4.0)
    assert watching(broker, 2, ANY_SLOT, 4.0).slot == 0
    with pytest.raises(MatchRefusedError, match="just coming"):
        watching(broker, 3, ANY_SLOT, 4.0)
