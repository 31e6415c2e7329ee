"""Which room a join belongs to."""

import pytest

from broker.matchmaking import Room, check_join, distinct_names, find_room, game_kind
from netcode.errors import MatchRefusedError
from netcode.limits import MAX_NAME_CHARS
from netcode.settings import MatchSettings
from netcode.wire.lobby import Join


def join(room="", fingerprint=None, **settings):
    chosen = MatchSettings(**{"env": "E", **settings})
    return Join(bytes(16), "ada", room, fingerprint or {"env": "E"}, chosen.model_dump(), False, (), "")


def room_of(opener, code):
    settings = check_join(opener)
    kind = None if opener.room else game_kind(opener.fingerprint, settings)
    return Room(code, settings, opener.fingerprint, kind, {opener.member: opener})


def found(one, *rooms):
    room = find_room(one, check_join(one), {room.code: room for room in rooms})
    return room and room.code


def test_quick_match_brings_together_the_same_game_whatever_the_seed():
    rooms = [room_of(join(fps=30.0), "a"), room_of(join(seed=4), "b")]
    assert found(join(seed=9), *rooms) == "b"
    assert found(join(fps=30.0), *rooms) == "a"


@pytest.mark.parametrize(
    "other",
    [
        {"fingerprint": {"env": "E", "numpy": "2"}},
        {"players": 3},
        {"fps": 59.0},
        {"env_args": {"a": 1}},
        {"window": 0},
    ],
)
def test_quick_match_keeps_different_games_apart(other):
    assert found(join(**other), room_of(join(), "a")) is None
    assert found(join(), room_of(join(**other), "a")) is None


def test_each_player_has_its_own_input_delay_and_seed():
    assert found(join(input_delay=0, seed=3), room_of(join(), "a")) == "a"


def test_quick_match_never_enters_a_room_by_code():
    assert found(join(), room_of(join("friends"), "friends")) is None


def test_the_code_of_a_quick_room_may_be_passed_on():
    assert found(join("k7f3m"), room_of(join(), "k7f3m")) == "k7f3m"


def test_a_new_code_opens_a_new_room():
    assert found(join("y"), room_of(join("x"), "x")) is None


@pytest.mark.parametrize("value", ["1", True, 1.0])
def test_env_args_of_another_type_are_another_game(value):
    with pytest.raises(MatchRefusedError, match="env-arg"):
        found(join("x", env_args={"a": value}), room_of(join("x", env_args={"a": 1}), "x"))


@pytest.mark.parametrize("room", ["", "x"])
def test_the_order_of_env_args_means_nothing(room):
    first, second = {"a": 1, "b": 2}, {"b": 2, "a": 1}
    assert found(join(room, env_args=second), room_of(join(room, env_args=first), "x")) == "x"


def test_players_of_the_same_name_are_told_apart():
    assert distinct_names(["ann", "bob", "ann", "ann"]) == ["ann", "bob", "ann-2", "ann-3"]
    assert distinct_names(["ann", "ann", "ann-2"]) == ["ann", "ann-2", "ann-2-2"]
    long = "x" * MAX_NAME_CHARS
    assert [len(name) for name in distinct_names([long, long])] == [MAX_NAME_CHARS] * 2
