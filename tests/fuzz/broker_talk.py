"""What anybody may say to a broker: whole conversations from a seed, valid and half valid."""

from __future__ import annotations

from random import Random
from typing import Any

from netcode import limits
from netcode.wire.msgpack_bounds import pack

WIDE = "\U0001f600"  # four bytes a character
LONG_ENDPOINT = "tcp://[0000:0000:0000:0000:0000:ffff:255.255.255.255]:65535"
CASES = {
    "env_args": [
        {},
        {},
        {},
        {"a": 2**64 - 1, "b": -(2**63), "c": False},
        {"\x1b": "\x1b[2J"},
        {"nan": float("nan")},
    ],
    "env": [*["E"] * 12, WIDE * 256, "\x1b[31mE", "E\u2028", "x" * 257],
    "name": ["ann", "bob", "ann", WIDE * limits.MAX_NAME_CHARS],
    "room": ["", "r", "r", "s", WIDE * limits.MAX_ROOM_CHARS],
    "host": ["h", WIDE * limits.MAX_HOST_CHARS],
    "endpoints": [["tcp://127.0.0.1:9"], [LONG_ENDPOINT] * limits.MAX_ENDPOINTS],
    "players": [2, 2, 3, 1, limits.MAX_PLAYERS],
}
EDGES: list[Any] = [
    -1, 0, 1, 2, 15, 16, 17, 255, 256, 257, 1024, 1025, 2**31, limits.MAX_FRAME, limits.MAX_FRAME + 1,
    2**64 - 1, -(2**63), "", "a", "../x", "x" * 33, "x" * 1024, "x" * 1025, "\x1b[2J", "\u202e", WIDE * 48,
    WIDE * 49, b"", bytes(8), bytes(16), bytes(17), None, True, False, 0.5, float("nan"), float("inf"), [],
    [0], [0, 1], [1, 0], [15], list(range(16)), {}, {"a": {"b": {"c": 1}}},
]  # fmt: skip


class BrokerTalk:
    """Speaks for a handful of members in a handful of rooms and matches, so that what is said meets."""

    def __init__(self, seed: int, half_valid: float = 0.3) -> None:
        """`half_valid`: the share of messages in which one field was changed to a bound or beyond it."""
        self._rng = Random(seed)
        self._half_valid = half_valid
        self._members = [self._rng.randbytes(limits.MEMBER_BYTES) for _ in range(6)]
        self.matches = ["m", "m", "n", "x" * 32]  # ids; those that the broker makes may be added
        self._settings = [self._some_settings() for _ in range(4)]

    def message(self) -> bytes:
        kinds = [self._join, self._leave, self._announcement, self._wish, self._question, self._no_way]
        if self._rng.random() < 0.05:  # somebody new
            self._members[self._rng.randrange(6)] = self._rng.randbytes(limits.MEMBER_BYTES)
        (make,) = self._rng.choices(kinds, (6, 1, 8, 8, 2, 1))
        fields = make()
        if self._rng.random() < self._half_valid:
            spoil(fields, self._rng)
        return pack([limits.PROTOCOL_VERSION, *fields])

    def _one(self, what: str) -> Any:
        return self._rng.choice(CASES[what])

    def _some_settings(self) -> dict[str, Any]:
        rng = self._rng
        chosen = {what: self._one(what) for what in ("env", "players", "env_args")}
        if rng.random() < 0.2:  # from just within the limit as it comes, to just within it with all defaults
            chosen["env_args"] = {f"k{n}": "x" * 500 for n in range(15)} | {"last": "x" * rng.randrange(560)}
        if rng.random() < 0.3:
            chosen |= {"open_slots": 1, "on_drop": "default"}
        if rng.random() < 0.3:
            chosen |= {"witness": "broker"}
        return chosen

    def _settings_now(self) -> dict[str, Any]:
        rng = self._rng
        if rng.random() < 0.1:
            self._settings[rng.randrange(len(self._settings))] = self._some_settings()
        return dict(rng.choice(self._settings))

    def _slots(self, players: int, most: int) -> list[int]:
        return self._rng.sample(range(players), self._rng.randint(0, min(most, players)))

    def _join(self) -> list[Any]:
        rng, game = self._rng, {"numpy": self._rng.choice(["1", "1", "2", WIDE * 200])}
        players = rng.choice([1, 1, 1, 2, 15, 16])
        who = [rng.choice(self._members), self._one("name"), self._one("room"), game, self._settings_now()]
        return [1, *who, rng.random() < 0.5, self._one("endpoints"), self._one("host"), players]

    def _leave(self) -> list[Any]:
        return [2, self._rng.choice(self._members)]

    def _no_way(self) -> list[Any]:
        return [22, self._rng.choice(self._members), self._rng.randrange(3)]

    def _announcement(self) -> list[Any]:
        rng, chosen = self._rng, self._settings_now()
        players = chosen["players"]
        names = [self._one("name") for _ in range(players)]
        slot, frames = rng.randrange(players), rng.choice([0, 1, 1000, limits.MAX_FRAME])
        also = [other for other in sorted(self._slots(players, 2)) if other > slot and rng.random() < 0.5]
        what = [rng.choice(self.matches), "r", chosen, names, slot, self._slots(players, 2), frames, 0]
        return [6, *what, self._one("endpoints"), self._one("host"), rng.random() < 0.3, also]

    def _wish(self) -> list[Any]:
        rng = self._rng
        slot = rng.choice([None, 0, 1, 9, limits.MAX_PLAYERS])
        whom = rng.choice([*self.matches, "", "r"])
        who = [
            rng.choice(self._members),
            self._one("name"),
            whom,
            slot,
            rng.random() < 0.6,
            rng.choice([0, 9]),
        ]
        return [8, *who, self._one("endpoints"), self._one("host"), rng.random() < 0.3, rng.random() < 0.3]

    def _question(self) -> list[Any]:
        rng = self._rng
        here, lost = ([rng.randrange(4) for _ in range(rng.randint(1, 3))] for _ in "ab")
        return [20, rng.choice(self._members), rng.choice(self.matches), here, lost]


def spoil(fields: list[Any], rng: Random) -> None:
    """Change one value somewhere in it to a bound, or to one beyond."""
    place: Any = fields
    index: Any = rng.randrange(1, len(fields))
    while isinstance(inner := place[index], list | dict) and inner and rng.random() < 0.7:
        place[index] = inner.copy()
        place = place[index]
        index = rng.choice(list(place)) if isinstance(place, dict) else rng.randrange(len(place))
    change = rng.random()
    if change < 0.1 and isinstance(place, list):
        del place[index]
    elif change < 0.2 and isinstance(place, list):
        place.insert(index, place[index])
    elif change < 0.3 and isinstance(place[index], list):
        place[index] = place[index] * 20
    else:
        place[index] = rng.choice(EDGES)
