"""The lobby in virtual time: members come, speak, fall silent and go; rooms fill and matches are made."""

import dataclasses
from random import Random

import pytest

from broker.lobby import EXPIRY, FRESH, MATCH_KEPT, REFUSAL_KEPT, Lobby
from netcode import limits
from netcode.settings import MatchSettings
from netcode.wire.lobby import (
    CalledOff,
    Join,
    Leave,
    Matched,
    OtherVersion,
    OutOfReach,
    Refused,
    Waiting,
    decode_lobby,
    encode_lobby,
)
from netcode.wire.running import Guests, Playing, Watch
from netcode.wire.testimony import AskWitness

BEAT = 0.5


def new_lobby(seed=0):
    return Lobby(Random(seed).randbytes)


def join(name, room="x", *, players=2, env="CartPole-v1", numpy="2.4.6", seed=None, **settings):
    chosen = MatchSettings(env=env, players=players, seed=seed or 0, **settings)
    return Join(
        name.encode().ljust(16, b"."),
        name,
        room,
        {"env": env, "version.numpy": numpy},
        chosen.model_dump(),
        seed is not None,
        (f"tcp://10.0.0.{1 + sum(name.encode()) % 250}:5000",),
        f"host of {name}",
    )


def play_out(lobby, joins, now=0.0, rounds=3):
    """Everyone sends its join in each round; the last answer to each, by name."""
    answers = {}
    for round_ in range(rounds):
        for one in joins:
            answers[one.name] = lobby.handle(one, now + round_ * BEAT)
    return answers


@pytest.mark.parametrize("players", range(1, 9))
def test_players_are_matched_in_order_of_joining(players):
    names = [f"p{n}" for n in range(players)]
    answers = play_out(new_lobby(), [join(name, players=players) for name in names], rounds=2)
    rosters = [answers[name].roster for name in names]
    assert [roster.my_slot for roster in rosters] == list(range(players))
    assert {roster.names for roster in rosters} == {tuple(names)}
    assert len({(roster.match_id, roster.settings.digest()) for roster in rosters}) == 1
    for roster in rosters:
        for seat in roster.seats:
            back = rosters[seat.slot].seats
            mine = next(other for other in back if other.slot == roster.my_slot)
            assert (seat.link_out, seat.link_in) == (mine.link_in, mine.link_out)
            assert seat.endpoints == join(seat.name).endpoints
            assert seat.host == f"host of {seat.name}"


def test_a_match_with_open_slots_begins_without_those_who_are_to_play_them():
    settings = {"players": 4, "open_slots": 2, "on_drop": "hold"}
    answers = play_out(new_lobby(), [join(name, **settings) for name in ("ann", "bob")])
    for slot, name in enumerate(("ann", "bob")):
        answer = answers[name]
        assert decode_lobby(encode_lobby(answer)) == answer
        assert answer.roster.my_slot == slot
        assert answer.roster.names == ("ann", "bob", "open slot 2", "open slot 3")
        assert [seat.slot for seat in answer.roster.seats] == [1 - slot]


def test_waiting_tells_who_is_there():
    lobby = new_lobby()
    assert lobby.handle(join("ada", players=3), 0) == Waiting("x", 3, ("ada",))
    answer = lobby.handle(join("bob", players=3), 0.1)
    assert answer == Waiting("x", 3, ("ada", "bob"))
    assert answer.have == 2


def test_a_repeated_join_changes_nothing_and_gets_the_same_match():
    lobby = new_lobby()
    for now in range(20):
        assert lobby.handle(join("ada"), now * BEAT) == Waiting("x", 2, ("ada",))
    matched = lobby.handle(join("bob"), 10)
    assert isinstance(matched, Matched)
    assert lobby.handle(join("bob"), 11) == matched
    assert lobby.handle(join("ada"), 11).roster.match_id == matched.roster.match_id


def test_many_rooms_and_quick_matches_fill_at_the_same_time():
    random = Random(5)
    lobby = new_lobby()
    joins = []
    for room in range(40):
        players = random.randint(1, 8)
        joins += [join(f"{room}-{n}", f"room{room}", players=players) for n in range(players)]
    for env in range(10):
        joins += [join(f"q{env}-{n}", "", env=f"Game{env}", players=4) for n in range(8)]
    random.shuffle(joins)
    answers = play_out(lobby, joins)
    assert all(isinstance(answer, Matched) for answer in answers.values())
    for one in joins:
        roster = answers[one.name].roster
        assert roster.names[roster.my_slot] == one.name
        assert {name.split("-")[0] for name in roster.names} == {one.name.split("-")[0]}
    ids = [answer.roster.match_id for answer in answers.values()]
    assert len(set(ids)) == 40 + 20
    links = [seat.link_in for answer in answers.values() for seat in answer.roster.seats]
    assert len(set(links)) == len(links)
    assert lobby.counts == (0, 0, 60)


def test_a_silent_member_expires_and_an_empty_room_disappears():
    lobby = new_lobby()
    lobby.handle(join("ada", players=3), 0)
    lobby.handle(join("bob", players=3), 1)
    assert lobby.handle(join("bob", players=3), EXPIRY - 0.01).names == ("ada", "bob")
    assert lobby.handle(join("bob", players=3), EXPIRY).names == ("bob",)
    lobby.forget(2 * EXPIRY)
    assert lobby.counts == (0, 0, 0)
    assert lobby.news[-1] == "room x: empty, closed"
    other = join("cleo", env="Pong")
    assert lobby.handle(other, 2 * EXPIRY) == Waiting("x", 2, ("cleo",)), "the game of the old room is gone"


def test_the_one_that_speaks_stays_however_late_it_came_first():
    lobby = new_lobby()
    for name, now in (("ada", 0), ("bob", 1), ("ada", 2), ("ada", 3)):
        lobby.handle(join(name, players=3), now)
    lobby.forget(1 + EXPIRY)
    assert lobby.counts == (1, 1, 0)
    assert lobby.handle(join("ada", players=3), 1 + EXPIRY).names == ("ada",)


def test_no_match_is_made_with_a_member_that_fell_silent():
    lobby = new_lobby()
    lobby.handle(join("ghost"), 0)
    assert lobby.handle(join("ada"), FRESH + 0.01) == Waiting("x", 2, ("ghost", "ada"))
    assert isinstance(lobby.handle(join("ghost"), FRESH + 0.02), Matched), "it was only slow"


@pytest.mark.parametrize("room", ["x", ""])
def test_a_newcomer_takes_the_place_of_a_silent_member(room):
    lobby = new_lobby()
    lobby.handle(join("ghost", room), 0)
    lobby.handle(join("ada", room), FRESH + 0.1)
    answer = lobby.handle(join("bob", room), FRESH + 0.2)
    assert isinstance(answer, Matched)
    assert answer.roster.names == ("ada", "bob")


def test_leave_frees_the_place_at_once():
    lobby = new_lobby()
    lobby.handle(join("ada"), 0)
    assert lobby.handle(Leave(join("ada").member), 0.1) is None
    assert lobby.handle(join("bob"), 0.2) == Waiting("x", 2, ("bob",))
    assert lobby.handle(Leave(bytes(16)), 0.3) is None


def test_a_member_that_wants_something_else_moves():
    lobby = new_lobby()
    lobby.handle(join("ada", "x"), 0)
    moved = dataclasses.replace(join("ada", "y"))
    assert lobby.handle(moved, 0.1) == Waiting("y", 2, ("ada",))
    assert lobby.counts == (1, 1, 0)


def test_a_restarted_broker_comes_to_the_same_room():
    joins = [join("ada", players=3, seed=7, fps=30.0), join("bob", players=3)]
    play_out(new_lobby(1), joins)
    answers = play_out(new_lobby(2), [*joins, join("cleo", players=3)], now=100.0)
    assert answers["cleo"].roster.names == ("ada", "bob", "cleo")
    assert answers["cleo"].roster.settings == MatchSettings.parse(joins[0].settings)


def test_a_match_is_remembered_for_a_while_and_then_forgotten():
    lobby = new_lobby()
    matched = play_out(lobby, [join("ada"), join("bob")])["ada"]
    assert isinstance(matched, Matched)
    late = lobby.handle(join("ada"), MATCH_KEPT - 0.1)
    assert late == matched
    third = lobby.handle(join("cleo"), MATCH_KEPT - 0.1)
    assert third == Refused("room x is full and already playing; choose another code")
    survives = lobby.handle(join("cleo", on_drop="hold"), MATCH_KEPT - 0.1)
    assert survives.reason.endswith("choose another code, or come into the match with --into x")
    assert lobby.handle(join("cleo"), 1 + MATCH_KEPT) == Waiting("x", 2, ("cleo",))
    assert lobby.counts == (1, 1, 0)
    assert lobby.handle(join("ada", "y"), 1 + MATCH_KEPT) == Waiting("y", 2, ("ada",))


def test_the_seed_is_the_openers_or_drawn():
    lobby = new_lobby()
    given = play_out(lobby, [join("ada", "a", seed=7), join("bob", "a", seed=8)])
    assert given["bob"].roster.settings.seed == 7
    drawn = [
        play_out(lobby, [join(f"{n}", f"{n}", players=1)])[str(n)].roster.settings.seed for n in range(9)
    ]
    assert len(set(drawn)) == 9


def test_a_joiner_takes_the_rooms_settings():
    lobby = new_lobby()
    answers = play_out(lobby, [join("ada", fps=30.0, input_delay=3), join("bob", window=0)])
    settings = answers["bob"].roster.settings
    assert (settings.fps, settings.input_delay, settings.window) == (30.0, 3, 8)


PIP = "install the same, {}: pip install numpy==2.4.6"
OTHER_GAMES = [  # what another player wants, and what both are told
    (
        {"env": "Pong"},
        "--env is 'Pong' here and 'CartPole-v1' at ada's: give both the same",
        "--env is 'CartPole-v1' here and 'Pong' at bob's: give both the same",
    ),
    (
        {"players": 3},
        "--players is 3 here and 2 at ada's: give both the same",
        "--players is 2 here and 3 at bob's: give both the same",
    ),
    (
        {"env_args": {"speed": 2}},
        "--env-arg is {'speed': 2} here and {} at ada's: give both the same",
        "--env-arg is {} here and {'speed': 2} at bob's: give both the same",
    ),
    (
        {"numpy": "2.4.5"},
        "numpy is 2.4.5 here and 2.4.6 at ada's: " + PIP.format("here"),
        "numpy is 2.4.6 here and 2.4.5 at bob's: " + PIP.format("at bob's"),
    ),
]


@pytest.mark.parametrize(("wish", "to_bob", "to_ada"), OTHER_GAMES)
def test_another_game_in_a_room_by_code_is_refused_and_both_sides_are_told_why(wish, to_bob, to_ada):
    lobby = new_lobby()
    assert lobby.handle(join("ada"), 0).notes == ()
    reason = f"room x plays another game: {to_bob}"
    assert lobby.handle(join("bob", **wish), 0) == Refused(reason)
    assert lobby.counts == (1, 1, 0)
    assert lobby.news[-1] == f"refused 'bob': {reason}"
    answer = lobby.handle(join("ada"), 0.5)
    assert answer.notes == (f"bob could not come into this room because the games differ: {to_ada}",)
    assert decode_lobby(encode_lobby(answer)) == answer
    assert lobby.handle(join("cleo", players=3, numpy="1"), 0.6).reason.count("; ") == 1  # all that differs
    assert len(lobby.handle(join("ada"), 0.6).notes) == 2
    assert isinstance(lobby.handle(join("bob"), 0.7), Matched), "mended"


@pytest.mark.parametrize(
    ("wish", "to_bob", "to_ada"),
    [
        *OTHER_GAMES,
        (
            {"frames": 600, "window": 4},
            "--frames is 600 here and 0 at ada's: give both the same; "
            "--prediction-window is 4 here and 8 at ada's: give both the same",
            "--frames is 0 here and 600 at bob's: give both the same; "
            "--prediction-window is 8 here and 4 at bob's: give both the same",
        ),
    ],
)
def test_players_whom_quick_match_keeps_apart_learn_at_once_in_what_they_differ(wish, to_bob, to_ada):
    lobby = new_lobby()
    assert lobby.handle(join("ada", ""), 0).notes == ()
    why = "waits in another room because the games differ"
    bob, friends = (
        lobby.handle(join("bob", "", **wish), 0.1),
        lobby.handle(join("dan", "friends", numpy="1"), 0.2),
    )
    assert bob.notes == (f"ada {why}: {to_bob}",)
    assert friends.notes == (), "whoever has a room of his own learns nothing, nor does anybody of him"
    assert lobby.handle(join("ada", ""), 0.5).notes == (f"bob {why}: {to_ada}",)
    assert decode_lobby(encode_lobby(bob)) == bob
    lobby.handle(Leave(join("bob").member), 0.6)
    assert lobby.handle(join("ada", ""), 1.0).notes == ()
    assert isinstance(lobby.handle(join("bob", ""), 1.1), Matched), "mended"


def test_of_many_who_wait_elsewhere_the_nearest_are_told():
    lobby = new_lobby()
    for number in range(2 * limits.NOTES_TOLD):
        lobby.handle(join(f"other{number}", "", env=f"Game{number}"), 0)
    lobby.handle(join("near", "", fps=30.0), 0.1)
    notes = lobby.handle(join("ada", ""), 0.2).notes
    assert len(notes) == limits.NOTES_TOLD
    assert notes[0].startswith(
        "near waits in another room because the games differ: --fps is 60.0 here and 30.0"
    )


@pytest.mark.parametrize("loopback", ["tcp://127.0.0.1:5", "tcp://[::1]:5"])
@pytest.mark.parametrize("room", ["", "x"])
def test_players_who_cannot_reach_each_other_are_told_before_a_match_is_made(room, loopback):
    why = "bob listens on its own machine only, and others are on another: start bob without --bind"
    lobby = new_lobby()
    lobby.handle(join("ada", room), 0)
    bob = dataclasses.replace(join("bob", room), endpoints=(loopback,))
    answer = lobby.handle(bob, 0.1)
    (told_ada,) = lobby.handle(join("ada", room), 0.5).notes
    if room:
        assert answer.reason.startswith(f"no way into room x: {why}")
        assert told_ada.startswith(f"bob could not come into this room because {why}")
    else:
        assert answer.notes[0].startswith(f"ada waits for the same game in another room because {why}")
        assert told_ada.startswith(f"bob waits for the same game in another room because {why}")
    lobby.handle(Leave(bob.member), 0.6)
    near = dataclasses.replace(bob, host="host of ada")
    assert isinstance(lobby.handle(near, 0.7), Matched), "on one machine it is reached"


def test_when_one_cannot_reach_another_the_others_learn_that_the_match_is_called_off():
    lobby = new_lobby()
    joins = [join(name, players=3) for name in ("ann", "bob", "cleo")]
    answers = play_out(lobby, joins)
    roster = answers["bob"].roster
    begins = Playing(roster.match_id, "x", roster.settings, roster.names, 2, (), 0, 0, (), "")
    assert isinstance(lobby.handle(begins, 2), Guests)
    assert lobby.handle(OutOfReach(b"e" * 16, 0), 2) is None, "nobody of this match"
    assert lobby.handle(OutOfReach(joins[1].member, 1), 2) is None, "of himself"
    assert isinstance(lobby.handle(begins, 2), Guests)
    called_off = lobby.handle(OutOfReach(joins[1].member, 0), 2)
    answer = lobby.handle(begins, 3)
    assert answer == called_off
    assert isinstance(answer, CalledOff)
    assert answer.reason.startswith("bob cannot reach ann; check the firewall of ann's machine")
    assert decode_lobby(encode_lobby(answer)) == answer
    assert isinstance(lobby.handle(dataclasses.replace(begins, frames=1), 3), Guests), "it plays"
    assert lobby.handle(OutOfReach(joins[2].member, 1), 3) == answer, "bob has gone meanwhile"
    assert lobby.handle(begins, 4) == answer, "the first word stands"
    lobby.forget(MATCH_KEPT + 1)
    assert isinstance(lobby.handle(begins, MATCH_KEPT + 1), Guests)


def test_what_differs_is_bounded_and_printable_whatever_was_sent():
    lobby = new_lobby()
    for number in range(8):
        nasty = {f"version.\x1b[2J{n}": "9\n" * 60 for n in range(40)} | {
            "code.é" + "é" * 400: "1",
            "about.cpu": "A" * 900,
        }
        lobby.handle(
            dataclasses.replace(join(f"{number}" + "é" * 47, "", frames=number), fingerprint=nasty), 0
        )
    for room in ("", "x"):
        for name in ("ada", "bob"):
            answer = lobby.handle(join(name, room, players=3), 0.1)
            assert all(note.isprintable() for note in answer.notes)
            assert decode_lobby(encode_lobby(answer)) == answer


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": ""}, "name has 0 characters; 1 to 48 are allowed"),
        ({"name": "n" * 49}, "name has 49 characters; 1 to 48 are allowed"),
        ({"name": "a\x1b[2J"}, r"name 'a\x1b[2J' has characters that cannot be printed"),
        ({"room": "r" * 33}, "room code has 33 characters; 0 to 32 are allowed"),
        ({"room": "a\nb"}, r"room code 'a\nb' has characters that cannot be printed"),
        ({"settings": {"env": "E", "fsp": 60}}, "match settings: unknown key 'fsp'; allowed: "),
        ({"settings": {"env": "E", "players": 0}}, "match settings: players = 0: input should be "),
        ({"settings": {}}, "match settings: 'env' is missing"),
        ({"settings": {"env": "E\u2028" * 200}}, r"match settings: env = 'E\u2028"),
    ],
)
def test_a_broken_join_is_refused_with_its_fault(change, reason):
    lobby = new_lobby()
    answer = lobby.handle(dataclasses.replace(join("ada"), **change), 0)
    assert isinstance(answer, Refused)
    assert answer.reason.startswith(reason)
    assert encode_lobby(answer)
    assert answer.reason.isprintable()
    assert lobby.counts == (0, 0, 0)
    assert all(line.isprintable() for line in lobby.news)


def test_a_refusal_is_logged_once_a_reason_however_often_somebody_tries(monkeypatch):
    monkeypatch.setattr("broker.lobby.REFUSALS_KEPT", 2)
    lobby = new_lobby()
    again = Watch(bytes(16), "eve", "nowhere", 1, True, 0, (), "")
    playing = Playing("m1", "x", MatchSettings(env="E"), ("ann", "bob"), 0, (), 0, 0, (), "")
    for now in range(100):
        lobby.handle(playing, now)
        lobby.handle(dataclasses.replace(again, match="m1"), now)
        lobby.handle(dataclasses.replace(join("ada"), name=""), now)

    def refusals():
        return [line for line in lobby.news if "refused" in line]

    assert len(refusals()) == 2
    lobby.handle(dataclasses.replace(join("ada"), name=""), 99 + REFUSAL_KEPT)
    assert len(refusals()) == 3, "long ago"
    for number in range(3):
        lobby.handle(dataclasses.replace(join("ada"), room="r" * (40 + number)), 99 + REFUSAL_KEPT)
    assert len(lobby._refused) == 2


def test_a_player_who_starts_again_is_told_of_its_slot(monkeypatch):
    lobby = new_lobby()
    playing = Playing("m1", "x", MatchSettings(env="CartPole-v1"), ("ann", "bob"), 0, (1,), 0, 0, (), "")
    lobby.handle(playing, 0)
    lobby.handle(playing, 1)
    for room in ("", "x"):
        (note,) = lobby.handle(join("bob", room), 1.1).notes
        assert note.endswith("is held by a substitute: to take it back, start with --into m1 --name bob")


def test_settings_too_large_to_hand_on_are_refused():
    large = {"env": "E", "env_args": {f"{n:04}": "x" * 1000 for n in range(8)}}
    encode_lobby(dataclasses.replace(join("ada"), settings=large))
    answer = new_lobby().handle(dataclasses.replace(join("ada"), settings=large), 0)
    assert answer == Refused("match settings: more than 8192 bytes; shorten env_args")


def test_another_protocol_version_is_refused():
    answer = new_lobby().handle(OtherVersion(9), 0)
    ours = limits.PROTOCOL_VERSION
    assert answer == Refused(
        f"the broker speaks protocol {ours}, not 9; install the same netplay on all machines"
    )


def test_the_broker_stays_within_its_limits(monkeypatch):
    monkeypatch.setattr("broker.lobby.MAX_ROOMS", 3)
    monkeypatch.setattr("broker.lobby.MAX_MEMBERS", 5)
    lobby = new_lobby()
    for room in "abc":
        assert isinstance(lobby.handle(join(room, room, players=4), 0), Waiting)
    full = lobby.handle(join("d", "d"), 0)
    assert full == Refused("the broker has 3 rooms open already; try again later")
    for name in ("e", "f"):
        assert isinstance(lobby.handle(join(name, "a", players=4), 0), Waiting)
    many = lobby.handle(join("g", "a", players=4), 0)
    assert many == Refused("the broker has 5 players already; try again later")
    assert isinstance(lobby.handle(join("e", "a", players=4), 0), Waiting), "those who are in stay in"
    assert isinstance(lobby.handle(join("g", "a", players=4), EXPIRY), Waiting), "places come free again"


def test_a_broker_message_sent_by_a_peer_is_ignored():
    lobby = new_lobby()
    matched = play_out(lobby, [join("ada", players=1)])["ada"]
    for message in (matched, Refused("x"), Waiting("x", 2, ())):
        assert lobby.handle(message, 0) is None


def test_same_random_source_same_lobby():
    joins = [join("ada", "", players=3), join("bob", "", players=3), join("cleo", "", players=3)]
    first, second = play_out(new_lobby(3), joins), play_out(new_lobby(3), joins)
    assert first == second
    assert first != play_out(new_lobby(4), joins)


@pytest.mark.parametrize("witness", ["broker", "none"])
def test_the_lobby_witnesses_the_matches_it_makes(witness):
    lobby = new_lobby()
    joins = [join(name, witness=witness) for name in ("ann", "bob")]
    match_id = play_out(lobby, joins)["ann"].roster.match_id
    asked = AskWitness(joins[1].member, match_id, (1,), (0,))
    assert lobby.handle(asked, 100.0).granted is (witness == "broker")  # long after the match was made
    assert any("was cut" in line for line in lobby.news)
