"""The lobby: who waits in which room, who has been matched, and the answer to each message.

Pure: `now` (seconds, any monotonic clock) and a source of random bytes are handed in. Each `Join` holds all
there is to know of its member, so a new Lobby that receives the same joins comes to the same rooms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from broker.matchmaking import Room, check_join, find_room, game_kind
from broker.neighbours import Neighbours
from broker.running import Running
from broker.witness import Witness
from netcode.errors import MatchRefusedError, NetplayError
from netcode.limits import LINK_ID_BYTES, MAX_MEMBERS, MAX_ROOMS, MAX_TEXT_BYTES, NOTES_TOLD, PROTOCOL_VERSION
from netcode.roster import Player, Roster, build_rosters, link_ids_needed
from netcode.settings import MatchSettings
from netcode.wire.lobby import (
    CalledOff,
    Join,
    Leave,
    LobbyMessage,
    Matched,
    OtherVersion,
    OutOfReach,
    Refused,
    Waiting,
)
from netcode.wire.running import Guests, Matches, Playing, Watch, Watching
from netcode.wire.testimony import AskWitness, WitnessWord

EXPIRY: Final = 3.0  # seconds without a word until a member is dropped: six joins lost in a row
FRESH: Final = 1.5  # a match starts only with members heard this recently, so not with one that just died
MATCH_KEPT: Final = 10.0  # seconds a match is remembered: for those who have not had their answer yet
REFUSAL_KEPT: Final = 60.0  # seconds without the same refusal until it is news again
REFUSALS_KEPT: Final = 1024  # the longest ago is forgotten, and news again

_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that is mistaken for another when read aloud
_CODE_LETTERS = 6

RandomBytes = Callable[[int], bytes]
Answer = Waiting | Matched | Refused | CalledOff | Guests | Watching | Matches | WitnessWord


@dataclass(frozen=True)
class _Match:
    room: str
    made_at: float
    rosters: dict[bytes, Roster]  # by member


class Lobby:
    """`handle` every message that comes; `news` says what happened, one line each."""

    def __init__(self, random_bytes: RandomBytes) -> None:
        self.news: list[str] = []  # for the log; whoever writes it empties it
        # Answers to members who did not just ask; whoever sends them empties it. They ask again anyway, but
        # a broker that dies between two answers must not leave half a match in the lobby.
        self.calls: list[tuple[bytes, Matched]] = []
        self._random_bytes = random_bytes
        self._rooms: dict[str, Room] = {}
        self._room_of: dict[bytes, Room] = {}
        self._neighbours = Neighbours()
        self._heard: dict[bytes, float] = {}  # waiting members, the longest silent first
        self._refused: dict[str, float] = {}  # lines of the log, when last due; the longest ago first
        self._playing: dict[str, _Match] = {}  # by room code, the oldest first
        self._match_of: dict[bytes, _Match] = {}
        self._called_off: dict[str, str] = {}  # matches that cannot begin -> why
        self.running = Running()
        self.witness = Witness()

    def handle(self, message: LobbyMessage | OtherVersion, now: float) -> Answer | None:
        """The answer to one message; None where none is due."""
        self.forget(now)
        match message:
            case Join():
                try:
                    return self._join(message, now)
                except NetplayError as error:
                    return self._refuse(repr(message.name), str(error), now)
            case OutOfReach():
                return self._call_off(message)
            case Playing(match_id=match_id, frames=0) if match_id in self._called_off:
                return CalledOff(self._called_off[match_id])
            case Playing():
                try:
                    return self.running.playing(message, now)
                except NetplayError as error:
                    return self._refuse(repr(message.names[message.slot]), str(error), now)
            case Watch():
                try:
                    return self._watch(message, now)
                except NetplayError as error:
                    return self._refuse(repr(message.name), str(error), now)
            case AskWitness():
                return self._testify(message)
            case Leave(member):
                if member in self._room_of:
                    self._drop(member, "left")
                self.running.leave(member)
            case OtherVersion(version):
                reason = f"the broker speaks protocol {PROTOCOL_VERSION}, not {version}"
                return self._refuse("a peer", f"{reason}; install the same netplay on all machines", now)
        return None  # what only a broker sends is no question

    def forget(self, now: float) -> None:
        """Drop the members not heard for EXPIRY and the matches older than MATCH_KEPT."""
        while self._heard and now - next(iter(self._heard.values())) >= EXPIRY:
            self._drop(next(iter(self._heard)), f"not heard for {EXPIRY:g} s, dropped")
        while self._playing and now - next(iter(self._playing.values())).made_at >= MATCH_KEPT:
            match = self._playing.pop(next(iter(self._playing)))
            for member, roster in match.rosters.items():
                del self._match_of[member]
                self._called_off.pop(roster.match_id, None)
        self.running.forget(now)
        while self.running.news:
            self._tell(self.running.news.pop(0))

    @property
    def counts(self) -> tuple[int, int, int]:
        """Rooms open, members waiting, matches remembered."""
        return len(self._rooms), len(self._heard), len(self._playing)

    def _join(self, join: Join, now: float) -> Answer:
        if (match := self._match_of.get(join.member)) is not None:
            return Matched(match.rosters[join.member])
        room = self._room_of.get(join.member)
        if room is not None and room.members[join.member] != join:
            self._drop(join.member, "changed its wish")
            room = None
        if room is None:
            room = self._admit(join)
        self._heard.pop(join.member, None)  # to the end: the dict stays in order of last word
        self._heard[join.member] = now
        if room.full and all(now - self._heard[member] <= FRESH for member in room.members):
            rosters = self._start(room, now).rosters
            self.calls += [(member, Matched(r)) for member, r in rosters.items() if member != join.member]
            return Matched(rosters[join.member])
        return room.waiting(self._notes(room, join, now))

    def _notes(self, room: Room, join: Join, now: float) -> list[str]:
        """What a member of a room is told of matches that it may mean, and of players whose games differ."""
        running = self.running.ways_back.note(join.name, room.settings.env, join.room)
        notes = [running] if running else []
        notes += [*room.turned_away.values(), *self._neighbours.notes(room, now)]
        return [_one_line(note) for note in notes[:NOTES_TOLD]]

    def _call_off(self, message: OutOfReach) -> CalledOff | None:
        """The others of the match learn it when they next announce that they have not begun."""
        match = self._match_of.get(message.member)
        if match is None:
            return None
        roster = match.rosters[message.member]
        there = next((seat.name for seat in roster.seats if message.slot in seat.slots), None)
        if there is not None and roster.match_id not in self._called_off:
            here = roster.names[roster.my_slot]
            advice = f"check the firewall of {there}'s machine, and that both share a network"
            self._called_off[roster.match_id] = _one_line(f"{here} cannot reach {there}; {advice}")
            self._tell(f"match {roster.match_id}: called off, {here} cannot reach {there}")
        reason = self._called_off.get(roster.match_id)
        return None if reason is None else CalledOff(reason)

    def _watch(self, watch: Watch, now: float) -> Answer:
        answer = self.running.watch(watch, now)
        if isinstance(answer, Watching) and answer.slot is not None:
            self.witness.admit(answer.match_id, watch.member)
        return answer

    def _testify(self, asked: AskWitness) -> WitnessWord:
        testimony = self.witness.judge(asked)
        sides = f"{list(asked.here)} without {list(asked.lost)}"
        said = "may go on" if testimony.granted else f"may not go on: {testimony.why_not}"
        self._tell(f"match {asked.match_id} was cut: {sides} {said}")
        return testimony

    def _admit(self, join: Join) -> Room:
        """Put a new member into its room, which may be a new one. Raises: NetplayError with the reason."""
        settings = check_join(join)
        if join.room in self._playing:
            way_in = "" if settings.on_drop == "end" else f", or come into the match with --into {join.room}"
            raise MatchRefusedError(
                f"room {join.room} is full and already playing; choose another code{way_in}"
            )
        if len(self._heard) + len(self._match_of) >= MAX_MEMBERS:
            raise MatchRefusedError(f"the broker has {MAX_MEMBERS} players already; try again later")
        room = find_room(join, settings, self._rooms) or self._open(join, settings)
        while room.full and len(room.members) > 1:
            # And has not started: someone in it fell silent; the newcomer takes that place.
            silent = min(room.members, key=lambda member: self._heard[member])
            self._drop(silent, "fell silent, replaced")
        if room.free < join.players:
            raise MatchRefusedError(
                f"room {room.code} has place for {room.free} more, not for {join.players}; use another room"
            )
        room.members[join.member] = join
        self._room_of[join.member] = room
        return room

    def _open(self, join: Join, settings: MatchSettings) -> Room:
        if len(self._rooms) >= MAX_ROOMS:
            raise MatchRefusedError(f"the broker has {MAX_ROOMS} rooms open already; try again later")
        if not join.seed_given:
            settings = settings.model_copy(update={"seed": int.from_bytes(self._random_bytes(4), "big")})
        kind = None if join.room else game_kind(join.fingerprint, settings)
        room = Room(join.room or self._new_code(), settings, join.fingerprint, kind)
        self._rooms[room.code] = room
        self._neighbours.opened(room)
        self._tell(f"room {room.code}: opened by {join.name!r}, {settings.env}, {settings.players} players")
        return room

    def _start(self, room: Room, now: float) -> _Match:
        joins = room.members
        players = [
            Player(name, join.endpoints, join.host, also)
            for (name, *rest), join in zip(room.names, joins.values(), strict=True)
            for also in (tuple(rest),)
        ]
        links = [self._random_bytes(LINK_ID_BYTES) for _ in range(link_ids_needed(len(players)))]
        match_id = self._new_code()
        rosters = build_rosters(match_id, room.code, room.settings, players, links)
        match = _Match(room.code, now, dict(zip(joins, rosters, strict=True)))
        for member in joins:
            del self._room_of[member], self._heard[member]
            self._match_of[member] = match
        self._close(room)
        self._playing[room.code] = match
        if room.settings.witness == "broker":
            self.witness.made(match_id, set(joins))
        names = ", ".join(repr(name) for player in players for name in (player.name, *player.also))
        self._tell(f"room {room.code}: match {match_id} of {names}, {room.settings.env}")
        return match

    def _drop(self, member: bytes, why: str) -> None:
        room = self._room_of.pop(member)
        del self._heard[member]
        join = room.members.pop(member)
        self._tell(f"room {room.code}: {join.name!r} {why}")
        if not room.members:
            self._close(room)
            self._tell(f"room {room.code}: empty, closed")

    def _close(self, room: Room) -> None:
        del self._rooms[room.code]
        self._neighbours.closed(room)

    def _refuse(self, whom: str, reason: str, now: float) -> Refused:
        """Said in the log once, however often somebody tries again."""
        reason = _one_line(reason)
        line = f"refused {whom}: {reason}"
        if now - self._refused.pop(line, float("-inf")) >= REFUSAL_KEPT:
            self._tell(line)
        self._refused[line] = now
        if len(self._refused) > REFUSALS_KEPT:
            del self._refused[next(iter(self._refused))]
        return Refused(reason)

    def _new_code(self) -> str:
        while True:
            code = "".join(_LETTERS[byte % len(_LETTERS)] for byte in self._random_bytes(_CODE_LETTERS))
            if code not in self._rooms and code not in self._playing:
                return code

    def _tell(self, line: str) -> None:
        self.news.append(_one_line(line))


def _one_line(text: str) -> str:
    """Fit for a terminal and for the wire, whatever a remote put into it."""
    printable = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
    return printable.encode()[: MAX_TEXT_BYTES - 24].decode(errors="ignore")
