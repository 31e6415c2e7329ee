"""The matches that run, as those in them tell: who is watched through whom, who comes back into which slot.

Pure, and without a memory that matters: everybody says all of it again about once a second, and link ids
follow from who speaks to whom. So a new broker comes to the same answers as the one before.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Final

from broker.ways_back import OpenMatch, WaysBack
from netcode.errors import MatchRefusedError
from netcode.limits import (
    GUEST_BYTES,
    GUESTS_TOLD,
    LINK_ID_BYTES,
    MATCHES_TOLD,
    MAX_RUNNING,
    MAX_WATCHING,
    SOURCES_TOLD,
)
from netcode.roster import Seat
from netcode.settings import MatchSettings
from netcode.wire.running import (
    ANY_SLOT,
    ASKS_FOR_LIST,
    ENV_CHARS,
    NAMES_CHARS,
    Guest,
    Guests,
    Host,
    Matches,
    MatchLine,
    Playing,
    Watch,
    Watching,
)

HEARD: Final = 4.0  # seconds without a word until a player or spectator is forgotten: four messages lost
STILL_SPEAKS: Final = 1.5  # seconds; a word comes every second
SWEEP: Final = 0.5  # seconds between two looks for them
PLAYER_FEEDS: Final = 8  # spectators sent to one player at first, while other sources have room
SPECTATOR_FEEDS: Final = 8  # likewise, to one spectator

Key = int | bytes  # of a source: a player's slot, or a spectator's member id


@dataclass
class _Player:
    said: Playing
    heard_at: float


@dataclass
class _Watcher:
    """A spectator, or somebody on the way into a slot."""

    said: Watch
    heard_at: float
    number: int  # in order of coming: one is fed by older ones only, so they do not feed each other
    sources: list[Key] = field(default_factory=list)  # as told, the first first


@dataclass
class _Match:
    match_id: str
    room: str
    settings: MatchSettings
    players: dict[int, _Player] = field(default_factory=dict)  # by slot; of a peer with several, the first
    watchers: dict[bytes, _Watcher] = field(default_factory=dict)  # by member

    @property
    def newest(self) -> Playing:
        """What the player who is furthest said."""
        return max((player.said for player in self.players.values()), key=lambda said: said.frames)


class Running:
    """Fed messages and `now` (seconds, any monotonic clock); answers each."""

    def __init__(self) -> None:
        self.news: list[str] = []  # for the log; whoever writes it empties it
        self._matches: dict[str, _Match] = {}  # by match id, the oldest first
        self._match_of: dict[bytes, _Match] = {}  # by member who watches
        self._numbers = 0
        self._swept = float("-inf")
        self.ways_back = WaysBack()  # as of the last sweep

    @property
    def counts(self) -> tuple[int, int]:
        """Matches that run, spectators."""
        return len(self._matches), len(self._match_of)

    def playing(self, said: Playing, now: float) -> Guests:
        """A player tells of its match.

        Raises: MatchRefusedError if others tell something else of it: who spoke first is believed.
        """
        match = self._matches.get(said.match_id)
        if match is None:
            if len(self._matches) >= MAX_RUNNING:
                return Guests(())
            match = self._matches[said.match_id] = _Match(said.match_id, said.room, said.settings)
            self.news.append(f"match {said.match_id}: runs, {said.settings.env}")
        if (said.room, said.settings) != (match.room, match.settings):
            raise MatchRefusedError(f"match {said.match_id} is another one, as those who play it tell")
        match.players[said.slot] = _Player(replace(said, settings=match.settings), now)  # kept once a match
        for member, watcher in list(match.watchers.items()):
            if watcher.said.slot in said.slots and watcher.said.stand_in == said.stand_in:
                self._seated(match, member)
        return Guests(self._guests(match, said.slot))

    def watch(self, said: Watch, now: float) -> Watching | Guests | Matches:
        """A spectator, or somebody who wants a slot.

        Raises: MatchRefusedError with the reason.
        """
        match = self._find(said)
        if match is None:
            return self.matches()
        if said.slot is not None:
            said = replace(said, slot=_slot_for(match, said))
        watcher = match.watchers.get(said.member)
        if watcher is None:
            watcher = self._admit(match, said, now)
        watcher.said, watcher.heard_at = said, now
        if not said.needs_sources:
            return Guests(self._guests(match, said.member))
        self._choose_sources(match, watcher)
        return Watching(
            match.match_id,
            match.room,
            match.settings,
            match.newest.names,
            _guest_id(said),
            tuple(_source(match, watcher, key) for key in watcher.sources),
            tuple(_seat(match, watcher, slot) for slot in _others(match, said.slot)),
            said.slot,
        )

    def matches(self) -> Matches:
        """What runs, the newest first."""
        newest = list(self._matches.values())[::-1][:MATCHES_TOLD]
        return Matches(tuple(_line(match) for match in newest))

    def leave(self, member: bytes) -> None:
        """A spectator is gone."""
        match = self._match_of.pop(member, None)
        if match is not None:
            self.news.append(
                f"match {match.match_id}: {match.watchers.pop(member).said.name!r} watches no more"
            )

    def _seated(self, match: _Match, member: bytes) -> None:
        """Who came into a slot plays by now."""
        del self._match_of[member]
        self.news.append(f"match {match.match_id}: {match.watchers.pop(member).said.name!r} plays")

    def forget(self, now: float) -> None:
        """Drop who was not heard for HEARD, and matches of which nobody tells any more."""
        if now - self._swept < SWEEP:
            return
        self._swept = now
        for match in list(self._matches.values()):
            for member, watcher in list(match.watchers.items()):
                if now - watcher.heard_at >= HEARD:
                    self.leave(member)
            for slot, player in list(match.players.items()):
                if now - player.heard_at >= HEARD:
                    del match.players[slot]
            if not match.players:
                for member in match.watchers:
                    del self._match_of[member]
                del self._matches[match.match_id]
                self.news.append(f"match {match.match_id}: over")
        self.ways_back.renew(_open_match(match) for match in self._matches.values())

    # ------------------------------------------------------------ within

    def _find(self, said: Watch) -> _Match | None:
        """The match that is meant; None if there are none or several to choose from."""
        known = self._match_of.get(said.member)
        if known is not None:
            return known
        matches = self._matches
        if said.match == ASKS_FOR_LIST:
            return None
        if not said.match:
            return next(iter(matches.values())) if len(matches) == 1 else None
        in_room = (match for match in reversed(matches.values()) if match.room == said.match)
        return matches.get(said.match) or next(in_room, None)

    def _admit(self, match: _Match, said: Watch, now: float) -> _Watcher:
        if len(self._match_of) >= MAX_WATCHING:
            raise MatchRefusedError(f"the broker has {MAX_WATCHING} spectators already; try again later")
        self._numbers += 1
        watcher = match.watchers[said.member] = _Watcher(said, now, self._numbers)
        self._match_of[said.member] = match
        what = "watches" if said.slot is None else f"comes into slot {said.slot}"
        self.news.append(f"match {match.match_id}: {said.name!r} {what}")
        return watcher

    def _choose_sources(self, match: _Match, watcher: _Watcher) -> None:
        """Players who have room come first, then spectators, those nearest to the players first.

        The first source of before goes to the end: it is silent, or this would not be asked.
        """
        wanted = watcher.said.slot  # its player is gone, and feeds nobody
        keys: list[Key] = [
            slot for slot in sorted(match.players) if wanted not in match.players[slot].said.slots
        ]
        keys += [
            member
            for member, other in match.watchers.items()
            if other.number < watcher.number and other.said.frames and other.said.slot is None
        ]
        left = watcher.sources[:1] if watcher.said.frames else []
        watcher.sources = []
        # Counted once for all: a thousand watchers would otherwise be looked at a thousand times.
        told = Counter(key for other in match.watchers.values() for key in other.sources)
        fed = Counter(key for other in match.watchers.values() for key in other.sources[:1])
        keys = [key for key in keys if told[key] < GUESTS_TOLD]
        keys.sort(key=lambda key: (key in left, *self._crowd(match, key, fed[key])))
        watcher.sources = keys[:SOURCES_TOLD]

    def _crowd(self, match: _Match, key: Key, fed: int) -> tuple[bool, int, int]:
        """The smaller, the better this source: is it full, how far from the players, how many it feeds."""
        if isinstance(key, int):
            return fed >= PLAYER_FEEDS, 0, fed
        return fed >= SPECTATOR_FEEDS, 1 + _depth(match, key), fed

    def _guests(self, match: _Match, key: Key) -> tuple[Guest, ...]:
        """Who may come to this player or spectator."""
        guests = []
        for watcher in match.watchers.values():
            if isinstance(key, int) and _concerns(match, watcher.said, key):
                guests.append(_guest(match, watcher, key, "play"))
            if key in watcher.sources:
                guests.append(_guest(match, watcher, key, "feed"))
        return tuple(guests[:GUESTS_TOLD])


def _seat(match: _Match, watcher: _Watcher, slot: int) -> Seat:
    player, links = match.players[slot].said, _links(match, watcher.said.member, slot, "play")
    return Seat(slot, player.names[slot], player.endpoints, player.host, *links, player.also)


def _source(match: _Match, watcher: _Watcher, key: Key) -> Host:
    links = _links(match, watcher.said.member, key, "feed")
    if isinstance(key, int):
        player = match.players[key].said
        return Host(player.names[key], key, player.endpoints, player.host, *links)
    there = match.watchers[key].said
    return Host(there.name, None, there.endpoints, there.host, *links)


def _guest(match: _Match, watcher: _Watcher, key: Key, purpose: str) -> Guest:
    said = watcher.said
    theirs, ours = _links(match, said.member, key, purpose)
    slot = said.slot if purpose == "play" else None
    return Guest(said.name, slot, _guest_id(said), said.endpoints, said.host, ours, theirs)


def _links(match: _Match, member: bytes, key: Key, purpose: str) -> tuple[bytes, bytes]:
    """Link ids from the watcher to the source and back. Who does not know `member` cannot guess them."""
    source = key.to_bytes(1, "big") if isinstance(key, int) else key
    both = blake2b(
        f"{match.match_id} {purpose} ".encode() + source, key=member, digest_size=2 * LINK_ID_BYTES
    ).digest()
    return both[:LINK_ID_BYTES], both[LINK_ID_BYTES:]


def _guest_id(said: Watch) -> bytes:
    return blake2b(b"guest", key=said.member, digest_size=GUEST_BYTES).digest()


def _depth(match: _Match, key: Key) -> int:
    """How many spectators stand between this one and a player."""
    depth = 0
    while isinstance(key, bytes) and key in match.watchers and match.watchers[key].sources:
        key = match.watchers[key].sources[0]  # always of an older one
        depth += 1
    return depth


def _others(match: _Match, slot: int | None) -> list[int]:
    """The players whom somebody who wants `slot` speaks to; a spectator speaks to none.

    Of two who say that they play the same slot, the one heard last: the other is gone.
    """
    taken, others, lost = {slot}, [], _lost(match)
    if slot is not None:
        newest_first = sorted(match.players.values(), key=lambda player: -player.heard_at)
        for said in (player.said for player in newest_first):
            if said.slot not in lost and taken.isdisjoint(said.slots):
                taken.update(said.slots)
                others.append(said.slot)
    return sorted(others)


def _lost(match: _Match) -> set[int]:
    """Slots that substitutes play, by the newest word; not those whose player speaks himself by now."""
    newest = max(match.players.values(), key=lambda player: player.heard_at)
    speaking = {
        slot
        for player in match.players.values()
        if newest.heard_at - player.heard_at < STILL_SPEAKS
        for slot in player.said.slots
    }
    return set(newest.said.lost) - speaking


def _concerns(match: _Match, wish: Watch, slot: int) -> bool:
    """Is who plays `slot` to know of this wish to play? A stand-in, only when it should make room."""
    return wish.slot is not None and (slot != wish.slot or (match.players[slot].said.stand_in and wish.ready))


def _stood_in(match: _Match) -> set[int]:
    """Slots of stand-ins, who make room."""
    return {slot for slot, player in match.players.items() if player.said.stand_in} - _lost(match)


def _slot_for(match: _Match, said: Watch) -> int:
    """The slot that is meant. Raises: MatchRefusedError if it cannot be had, at present or at all."""
    settings, names, lost = match.settings, match.newest.names, sorted(_lost(match))
    free = lost if said.stand_in else lost + sorted(_stood_in(match))
    wanted = said.slot
    for member, other in match.watchers.items():
        if member == said.member and other.said.slot is not None:
            wanted = other.said.slot  # what was promised holds
        elif other.said.slot is not None:
            raise MatchRefusedError(f"{other.said.name} is just coming into the match; one comes at a time")
    if wanted == ANY_SLOT:
        mine = [slot for slot in free if names[slot] == said.name]
        if not free:
            raise MatchRefusedError(f"no slot of {_open_match(match)} is free")
        return (mine or free)[0]
    if wanted is None or wanted >= settings.players:
        raise MatchRefusedError(f"match {match.match_id} has slots 0 to {settings.players - 1}")
    if wanted not in free:
        raise MatchRefusedError(f"slot {wanted} of match {match.match_id} is played by {names[wanted]}")
    return wanted


def _open_match(match: _Match) -> OpenMatch:
    held = [
        player.said.names[slot]
        for slot in _lost(match) | _stood_in(match)
        for player in match.players.values()
    ]
    return OpenMatch(match.match_id, match.room, match.settings.env, _names(match), frozenset(held))


def _names(match: _Match) -> str:
    names = ", ".join(match.newest.names)
    return names if len(names) <= NAMES_CHARS else names[: NAMES_CHARS - 4] + " ..."


def _line(match: _Match) -> MatchLine:
    newest = match.newest
    return MatchLine(
        match.match_id,
        match.room,
        match.settings.env[:ENV_CHARS],
        _names(match),
        newest.frames,
        match.settings.frames,
        sum(watcher.said.slot is None for watcher in match.watchers.values()),
    )
