"""Lobby messages: what is sent comes back; whatever else comes is refused in one way."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netcode import limits
from netcode.errors import LocalProtocolError, RemoteProtocolError
from netcode.roster import Player, Seat, build_rosters, link_ids_needed
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
from netcode.wire.msgpack_bounds import pack, unpack
from netcode.wire.running import Host, Playing, Watching
from netcode.wire.testimony import AskWitness, WitnessWord

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=24)
SCALARS = st.one_of(st.booleans(), st.integers(-(2**63), 2**63), st.floats(allow_nan=False), WORDS)
ENDPOINTS = st.lists(
    st.one_of(
        st.builds("tcp://{}:{}".format, st.ip_addresses(v=4), st.integers(1, 65535)),
        st.builds("tcp://[{}]:{}".format, st.ip_addresses(v=6), st.integers(1, 65535)),
    ),
    max_size=limits.MAX_ENDPOINTS,
).map(tuple)
MEMBERS = st.binary(min_size=16, max_size=16)
SETTINGS = st.builds(
    MatchSettings,
    env=st.just("CartPole-v1"),
    env_args=st.dictionaries(WORDS, SCALARS, max_size=4),
    players=st.integers(1, limits.MAX_PLAYERS),
    seed=st.integers(0, 2**63 - 1),
    fps=st.floats(1, 1000),
)
JOINS = st.builds(
    Join,
    member=MEMBERS,
    name=WORDS,
    room=WORDS,
    fingerprint=st.dictionaries(WORDS, st.text(max_size=99).filter(lambda text: text.isascii()), max_size=9),
    settings=SETTINGS.map(MatchSettings.model_dump),
    seed_given=st.booleans(),
    endpoints=ENDPOINTS,
    host=WORDS,
    players=st.integers(1, limits.MAX_PLAYERS),
)


@st.composite
def matches(draw):
    chosen = draw(SETTINGS)
    players, left = [], chosen.players
    while left:
        also = draw(st.lists(WORDS, max_size=left - 1)) if draw(st.booleans()) else []
        players.append(Player(draw(WORDS), draw(ENDPOINTS), draw(WORDS), tuple(also)))
        left -= 1 + len(also)
    links = [n.to_bytes(8, "big") for n in range(link_ids_needed(len(players)))]
    return Matched(draw(st.sampled_from(build_rosters("k7f3m", draw(WORDS), chosen, players, links))))


WAITING = st.lists(WORDS, max_size=8).flatmap(
    lambda names: st.builds(
        Waiting,
        room=WORDS,
        need=st.integers(max(1, len(names)), 16),
        names=st.just(tuple(names)),
        notes=st.lists(WORDS, max_size=limits.NOTES_TOLD).map(tuple),
    )
)
SIDES = st.lists(st.integers(0, limits.MAX_MEMBERS_EVER - 1), min_size=1, max_size=32).map(tuple)
MESSAGES = st.one_of(
    JOINS,
    st.builds(Leave, MEMBERS),
    WAITING,
    matches(),
    st.builds(Refused, WORDS),
    st.builds(OutOfReach, MEMBERS, st.integers(0, limits.MAX_PLAYERS - 1)),
    st.builds(CalledOff, WORDS),
    st.builds(AskWitness, MEMBERS, st.just("k7f3m"), SIDES, SIDES),
    st.builds(WitnessWord, SIDES, SIDES, st.booleans(), WORDS),
)

JOIN = Join(
    bytes(16),
    "ada",
    "x",
    {"env": "CartPole-v1"},
    MatchSettings(env="CartPole-v1").model_dump(),
    False,
    ("tcp://10.0.0.1:5000",),
    "host",
)


@given(MESSAGES)
def test_what_is_sent_comes_back(message):
    assert decode_lobby(encode_lobby(message)) == message


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_any_bytes_give_a_message_or_our_error(data):
    try:
        decode_lobby(data)
    except RemoteProtocolError:
        pass


TREES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 2**64 - 1), st.floats(), st.binary(), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(max_size=3), inner)),
    max_leaves=8,
)


@settings(max_examples=300)
@given(MESSAGES, st.data())
def test_a_message_with_one_field_replaced_gives_a_message_or_our_error(message, data):
    fields = unpack(encode_lobby(message), limits.MAX_LOBBY_BYTES)
    at = data.draw(st.integers(0, len(fields) - 1))
    fields[at] = data.draw(TREES)
    try:
        decoded = decode_lobby(pack(fields))
    except RemoteProtocolError:
        return
    if not isinstance(decoded, OtherVersion):
        assert decode_lobby(encode_lobby(decoded)) is not None


@given(MESSAGES, st.data())
def test_a_cut_message_is_refused(message, data):
    encoded = encode_lobby(message)
    cut = data.draw(st.integers(0, len(encoded) - 1))
    with pytest.raises(RemoteProtocolError):
        decode_lobby(encoded[:cut])


@pytest.mark.parametrize(
    "endpoint",
    [
        "ipc:///run/secret.sock",
        "tcp://127.0.0.1:1;10.0.0.9:5000",
        "tcp://example.org:5000",
        "tcp://10.0.0.1:0",
        "tcp://10.0.0.1:65536",
        "tcp://10.0.0:5000",
        "tcp://[10.0.0.1]:5000",
        "tcp://[fe80::1%eth0]:5000",
        "tcp://*:5000",
        "tcp://10.0.0.1:5000\n",
    ],
)
def test_an_endpoint_is_tcp_to_a_plain_ip_and_nothing_else(endpoint):
    with pytest.raises(LocalProtocolError, match="endpoint"):
        encode_lobby(dataclasses.replace(JOIN, endpoints=(endpoint,)))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"member": bytes(15)}, "member"),
        ({"name": "n" * 1025}, "ValueError"),
        ({"host": "h" * 65}, "host"),
        ({"host": "\x1b[2J"}, "host"),
        ({"endpoints": ("tcp://10.0.0.1:1",) * 9}, "endpoints"),
        ({"settings": {"env_args": {"a": {"b": 1}}}}, "settings"),
        ({"settings": {"env_args": [1]}}, "settings"),
        ({"settings": {"a": {str(n): "x" * 1000 for n in range(9)}}}, "settings"),
        ({"settings": {"env_args": {"a": 2**70}}}, "out of range"),
        ({"fingerprint": {"a": 1}}, "fingerprint"),
        ({"fingerprint": {str(n): "" for n in range(129)}}, "ValueError"),
        ({"seed_given": 1}, "seed_given"),
        ({"name": "\ud800"}, "utf-8"),
    ],
)
def test_what_is_out_of_bounds_is_named_before_it_is_sent(change, field):
    with pytest.raises(LocalProtocolError, match=field) as caught:
        encode_lobby(dataclasses.replace(JOIN, **change))
    assert "\n" not in str(caught.value)


def test_another_version_is_told_apart_whatever_its_fields():
    newer = limits.PROTOCOL_VERSION + 1
    assert decode_lobby(pack([newer, {"all": "new"}])) == OtherVersion(newer)


@pytest.mark.parametrize(
    "fields",
    [
        [limits.PROTOCOL_VERSION],
        [True, 2, bytes(16)],
        [limits.PROTOCOL_VERSION, 2.0, bytes(16)],
        [limits.PROTOCOL_VERSION, 2, bytes(16), 0],
        [limits.PROTOCOL_VERSION, 3, "x", 2, ["a", "b", "c"]],
        [limits.PROTOCOL_VERSION, 3, "x", 0, []],
        [limits.PROTOCOL_VERSION, 3, "x", 17, []],
        [limits.PROTOCOL_VERSION, 5, "two\nlines"],
        {"not": "a list"},
    ],
)
def test_a_wrong_shape_is_refused(fields):
    with pytest.raises(RemoteProtocolError):
        decode_lobby(pack(fields))


def roster_fields():
    players = [Player(name, (), "h") for name in ("ada", "bob", "cleo")]
    links = [bytes([n]) * 8 for n in range(6)]
    rosters = build_rosters("k7f3m", "x", MatchSettings(env="E", players=3), players, links)
    return unpack(encode_lobby(Matched(rosters[1])), limits.MAX_LOBBY_BYTES)


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (0, "../../etc"),
        (0, "x" * 33),
        (2, {"env": "E", "players": 2}),
        (2, {"env": "E", "players": 0}),
        (2, {"env": "E", "players": 3, "surprise": 1}),
        (3, 3),
        (3, -1),
        (3, 0),
        (4, ["ada", "bob"]),
        (5, []),
        (5, [[0, "ada", [], "h", bytes(8), bytes(8), []], [2, "cleo", [], "h", bytes(8), bytes(8), []]]),
        (6, [0]),
    ],
)
def test_a_roster_that_does_not_fit_together_is_refused(at, value):
    fields = roster_fields()
    decode_lobby(pack(fields))
    fields[2][at] = value
    with pytest.raises(RemoteProtocolError):
        decode_lobby(pack(fields))


def test_every_pair_shares_its_link_ids():
    players = [Player(f"p{n}", (f"tcp://10.0.0.{n + 1}:5000",), "h") for n in range(8)]
    links = [n.to_bytes(8, "big") for n in range(link_ids_needed(8))]
    rosters = build_rosters("m", "x", MatchSettings(env="E", players=8), players, links)
    seats = {(roster.my_slot, seat.slot): seat for roster in rosters for seat in roster.seats}
    assert len(seats) == 56
    for (a, b), seat in seats.items():
        assert seat.link_out == seats[b, a].link_in
        assert (seat.name, seat.endpoints) == (players[b].name, players[b].endpoints)
    assert len({seat.link_out for seat in seats.values()}) == 56


def test_the_largest_match_fits_a_message():
    count = limits.MAX_PLAYERS
    endpoint = "tcp://[" + ":".join(["ffff"] * 8) + "]:65535"
    player = Player(
        "\U0001f600" * limits.MAX_NAME_CHARS, (endpoint,) * limits.MAX_ENDPOINTS, "\U0001f600" * 64
    )
    args = {f"{n:04}": "x" * 950 for n in range(8)}
    chosen = MatchSettings(env="E" * 256, env_args=args, players=count)
    assert limits.MAX_SETTINGS_BYTES - 300 < len(pack(chosen.model_dump())) <= limits.MAX_SETTINGS_BYTES
    links = [n.to_bytes(8, "big") for n in range(link_ids_needed(count))]
    rosters = build_rosters("m" * 32, "\U0001f600" * 32, chosen, [player] * count, links)
    assert len(encode_lobby(Matched(rosters[0]))) <= limits.MAX_LOBBY_BYTES


def watching_fields():
    links = [(bytes([slot]) * 8, bytes([9 - slot]) * 8) for slot in (0, 1)]
    hosts = tuple(Host(f"p{slot}", slot, (), "h", *links[slot]) for slot in (0, 1))
    seats = tuple(Seat(slot, f"p{slot}", (), "h", *links[slot]) for slot in (0, 1))
    told = Watching("m", "r", MatchSettings(env="E", players=3), ("a", "b", "c"), bytes(8), hosts, seats, 2)
    return unpack(encode_lobby(told), limits.MAX_LOBBY_BYTES)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ((9,), 3),  # the receiver's slot
        ((9,), 1),  # played by somebody
        ((8, 0, 0), 3),
        ((8, 0, 0), 1),  # two play it
        ((8, 0, 0), None),
        ((8, 0, 6), [1]),
        ((8, 0, 6), [3]),
        ((8, 1, 6), [0]),
        ((8, 0, 4), bytes([1]) * 8),  # a link of another's
        ((7, 0, 1), 3),
    ],
)
def test_players_of_a_match_that_do_not_fit_together_are_refused(place, value):
    fields = watching_fields()
    decode_lobby(pack(fields))
    *path, last = place
    at = fields
    for index in path:
        at = at[index]
    at[last] = value
    with pytest.raises(RemoteProtocolError):
        decode_lobby(pack(fields))


@pytest.mark.parametrize("also", [[0], [1, 1], [2, 1], [3], [-1]])
def test_further_slots_of_a_player_come_after_the_first_in_order(also):
    chosen = MatchSettings(env="E", players=3)
    said = Playing("m", "r", chosen, ("a", "b", "c"), 0, (), 0, 0, (), "h", False, (1, 2))
    fields = unpack(encode_lobby(said), limits.MAX_LOBBY_BYTES)
    fields[-1] = also
    with pytest.raises(RemoteProtocolError):
        decode_lobby(pack(fields))
