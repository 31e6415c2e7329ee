"""Matches that run, as the broker knows them: who tells, who watches through whom, who comes back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from broker.running import HEARD, PLAYER_FEEDS, SWEEP, Running
from netcode.errors import MatchRefusedError
from netcode.limits import GUESTS_TOLD, MATCHES_TOLD, SOURCES_TOLD
from netcode.settings import MatchSettings
from netcode.wire.lobby import decode_lobby, encode_lobby
from netcode.wire.running import ANY_SLOT, ASKS_FOR_LIST, Guests, Matches, Playing, Watch, Watching

SETTINGS = MatchSettings(env="E", players=2, frames=600, on_drop="default")


def playing(
    slot: int = 0, match: str = "m1", room: str = "red", frames: int = 10, lost: tuple[int, ...] = ()
) -> Playing:
    ends = (f"tcp://127.0.0.1:{4000 + slot}",)
    return Playing(match, room, SETTINGS, ("ann", "bob"), slot, lost, frames, 0, ends, "h")


def watch(
    number: int, match: str = "", slot: int | None = None, needs: bool = True, frames: int = 0
) -> Watch:
    member = number.to_bytes(16, "big")
    return Watch(member, f"eve {number}", match, slot, needs, frames, ("tcp://127.0.0.1:5000",), "h")


def running(*told: Playing) -> Running:
    broker = Running()
    for said in told or (playing(0), playing(1)):
        broker.playing(said, 0.0)
    return broker


def watching(answer: object) -> Watching:
    assert isinstance(answer, Watching), answer
    return answer


def test_a_spectator_is_sent_to_the_only_match_and_its_hosts_are_told() -> None:
    broker = running()
    told = watching(broker.watch(watch(1), 1.0))
    assert (told.match_id, told.room, told.settings, told.names) == ("m1", "red", SETTINGS, ("ann", "bob"))
    assert [source.name for source in told.sources] == ["ann", "bob"]
    assert told.players == ()
    for slot, source in enumerate(told.sources):
        (guest,) = broker.playing(playing(slot), 1.0).guests
        assert (guest.name, guest.slot, guest.id) == ("eve 1", None, told.guest)
        assert (guest.link_out, guest.link_in) == (source.link_in, source.link_out)
    links = {link for source in told.sources for link in (source.link_in, source.link_out)}
    assert len(links) == 4


def test_a_new_broker_says_the_same() -> None:
    first, second = running(), running(playing(1), playing(0))
    one, other = (watching(broker.watch(watch(1), 1.0)) for broker in (first, second))
    assert set(one.sources) == set(other.sources)
    assert one.guest == other.guest


@pytest.mark.parametrize("wanted", ["m2", "blue"])
def test_a_match_is_named_by_id_or_room(wanted: str) -> None:
    broker = running(playing(), playing(match="m2", room="blue"))
    assert watching(broker.watch(watch(1, wanted), 1.0)).match_id == "m2"


def test_of_several_the_spectator_has_to_choose() -> None:
    broker = running(*(playing(match=f"m{n}", room=f"r{n}") for n in range(20)))
    answer = broker.watch(watch(1), 1.0)
    assert isinstance(answer, Matches)
    assert len(answer.matches) == MATCHES_TOLD
    assert answer.matches[0].match_id == "m19"
    assert (answer.matches[0].names, answer.matches[0].of_frames) == ("ann, bob", 600)
    assert broker.counts == (20, 0)


def test_where_nothing_runs_the_list_is_empty() -> None:
    assert Running().watch(watch(1), 0.0) == Matches(())
    assert running().watch(watch(1, "elsewhere"), 0.0) == Matches(running().matches().matches)


def test_many_are_spread_and_nobody_is_fed_by_a_younger_one() -> None:
    broker = running()
    firsts: dict[str, int] = {}
    for number in range(1, 33):
        told = watching(broker.watch(watch(number), 1.0))
        assert 1 <= len(told.sources) <= SOURCES_TOLD
        firsts[told.sources[0].name] = firsts.get(told.sources[0].name, 0) + 1
        for source in told.sources:
            assert source.slot is not None or int(source.name.split()[1]) < number
        broker.watch(watch(number, needs=False, frames=100), 1.0)
    assert firsts["ann"] == firsts["bob"] == PLAYER_FEEDS
    assert max(firsts.values()) <= PLAYER_FEEDS
    for slot in (0, 1):
        assert len(broker.playing(playing(slot), 1.0).guests) <= GUESTS_TOLD


def test_who_loses_its_source_is_sent_elsewhere_first() -> None:
    broker = running()
    before = watching(broker.watch(watch(1), 1.0)).sources[0]
    after = watching(broker.watch(watch(1, frames=50), 2.0)).sources
    assert after[0] != before
    assert before in after  # perhaps it comes back


def test_a_spectator_that_feeds_others_is_told_of_them() -> None:
    broker = running(playing(0))
    for number in range(1, PLAYER_FEEDS + 1):
        broker.watch(watch(number), 1.0)
        broker.watch(watch(number, needs=False, frames=5), 1.0)
    assert watching(broker.watch(watch(99), 1.0)).sources[0].name == "eve 1"
    answer = broker.watch(watch(1, needs=False, frames=5), 1.0)
    assert isinstance(answer, Guests)
    assert "eve 99" in [guest.name for guest in answer.guests]


def test_who_is_silent_is_forgotten() -> None:
    broker = running()
    broker.watch(watch(1), 0.0)
    broker.playing(playing(0), HEARD)
    broker.forget(HEARD + 0.1)
    assert broker.counts == (1, 0)
    assert [s.name for s in watching(broker.watch(watch(2), HEARD)).sources] == ["ann"]
    broker.forget(3 * HEARD)
    assert broker.counts == (0, 0)


def test_who_leaves_is_gone() -> None:
    broker = running()
    broker.watch(watch(1), 0.0)
    broker.leave(watch(1).member)
    broker.leave(watch(1).member)
    assert broker.counts == (1, 0)
    assert broker.playing(playing(0), 0.0) == Guests(())


def test_who_comes_back_is_led_to_all_who_play() -> None:
    broker = running(playing(0, lost=(1,)))
    told = watching(broker.watch(watch(1, slot=1), 1.0))
    (player,) = told.players
    (source,) = told.sources
    assert (player.name, player.slot) == ("ann", 0)
    assert player.link_in != source.link_in
    guests = broker.playing(playing(0, lost=(1,)), 1.0).guests
    assert {(guest.slot, guest.link_in) for guest in guests} == {
        (1, player.link_out),
        (None, source.link_out),
    }
    assert {guest.id for guest in guests} == {told.guest}


def test_what_a_dead_player_said_of_the_slots_is_outdated() -> None:
    """bob was gone, and is back; ann dies, whose last word still was that bob is gone."""
    broker = running(playing(0, lost=(1,)))
    broker.playing(playing(1, lost=()), 1.0)
    broker.playing(playing(1, lost=(0,)), 2.0)
    told = watching(broker.watch(watch(1, slot=0), 2.0))
    assert [player.slot for player in told.players] == [1]


def test_a_slot_whose_player_speaks_is_not_free() -> None:
    """One that was paused for too long does not know yet that the others go on without it."""
    broker = running(playing(0), playing(1))
    broker.playing(playing(0, lost=(1,)), 1.0)
    with pytest.raises(MatchRefusedError, match="no slot"):
        broker.watch(watch(1, slot=ANY_SLOT), 1.0)
    broker.playing(playing(0, lost=(1,)), 2.0)
    assert watching(broker.watch(watch(1, slot=ANY_SLOT), 2.0)).slot == 1


def test_a_stand_in_makes_room_once_the_person_is_ready() -> None:
    broker = running(playing(0, lost=(1,)))
    stands_in = replace(playing(1), stand_in=True)
    wish = watch(1, slot=1)
    broker.watch(replace(wish, stand_in=True), 0.0)
    assert broker.playing(stands_in, 1.0) == Guests(())
    assert broker.counts == (1, 0)  # it plays, and is on the way no more
    broker.playing(playing(0), 1.0)
    with pytest.raises(MatchRefusedError, match="played by bob"):
        broker.watch(replace(watch(2, slot=1), stand_in=True), 1.0)
    person = watch(3, slot=ANY_SLOT)
    told = watching(broker.watch(person, 1.0))
    assert (told.slot, [player.slot for player in told.players]) == (1, [0])
    assert broker.playing(stands_in, 2.0) == Guests(())  # it plays on while he catches up
    broker.watch(replace(person, needs_sources=False, ready=True), 2.0)
    (guest,) = broker.playing(stands_in, 2.0).guests
    assert (guest.slot, guest.name) == (1, "eve 3")
    broker.playing(playing(1), 3.0)
    assert broker.counts == (1, 0)


def test_who_lands_in_the_lobby_while_a_substitute_plays_for_it_is_told_the_way_back() -> None:
    broker = running(playing(0), playing(1))
    note = broker.ways_back.note

    def now_is(now: float) -> None:
        broker.playing(playing(0, lost=(1,)), now)
        broker.forget(now)

    now_is(SWEEP)
    assert note("bob", "E", "") is None, "bob speaks himself"
    now_is(3.0)
    assert note("bob", "E", "") == (
        "bob's slot in match m1 in room red (ann, bob) is held by a substitute: "
        "to take it back, start with --into m1 --name bob"
    )
    assert note("bob", "F", "") is note("ann", "E", "") is note("eve", "E", "blue") is None
    assert "(ann, bob) runs already: `netplay peer --into m1` comes" in str(note("eve", "E", "red"))
    broker.playing(replace(playing(1), stand_in=True, names=("ann", "bob's stand-in")), 3.1)
    now_is(3.6)
    assert "held by a substitute" in str(note("bob", "E", "")), "a stand-in makes room"
    broker.forget(3.7 + HEARD)
    assert note("bob", "E", "") is note("eve", "E", "red") is None, "over"


def test_who_only_asks_what_runs_watches_nothing() -> None:
    broker = running()
    answer = broker.watch(watch(1, match=ASKS_FOR_LIST), 1.0)
    assert isinstance(answer, Matches)
    assert [line.match_id for line in answer.matches] == ["m1"]
    assert broker.counts == (1, 0)


@pytest.mark.parametrize(("slot", "why"), [(1, "played by bob"), (2, "slots 0 to 1")])
def test_a_slot_that_is_not_free_is_refused(slot: int, why: str) -> None:
    with pytest.raises(MatchRefusedError, match=why):
        running().watch(watch(1, slot=slot), 1.0)


@pytest.mark.parametrize(
    "other",
    [
        {"room": "blue"},
        {"settings": SETTINGS.model_copy(update={"env": "F"})},
        {"settings": SETTINGS.model_copy(update={"players": 16}), "names": ("x",) * 16, "slot": 9},
    ],
)
def test_who_tells_something_else_of_a_match_is_refused(other: dict[str, object]) -> None:
    broker = running()
    with pytest.raises(MatchRefusedError, match="match m1 is another one"):
        broker.playing(replace(playing(0), **other), 1.0)  # type: ignore[arg-type]
    assert [s.name for s in watching(broker.watch(watch(1), 1.0)).sources] == ["ann", "bob"]
    broker.playing(playing(0), 1.0)  # who told the same goes on


def test_two_who_say_they_play_one_slot_are_not_both_named() -> None:
    three = SETTINGS.model_copy(update={"players": 3})
    names = ("ann", "bob", "cleo")
    told = [replace(playing(slot, lost=(2,)), settings=three, names=names) for slot in (0, 1)]
    broker = running(told[1], replace(told[0], also=(1,)))
    broker.playing(told[1], 1.0)  # later than the other
    answer = watching(broker.watch(watch(1, slot=2), 1.0))
    assert [(player.slot, player.also) for player in answer.players] == [(1, ())]
    assert decode_lobby(encode_lobby(answer)) == answer
