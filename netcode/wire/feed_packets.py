"""Packets between a feeder (a player or a spectator) and those who watch the match through it.

Both are cumulative: any of them may be lost, doubled or overtaken, and the next one mends it.
A link to a watcher opens with hellos and ends with a goodbye, as one between players does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgpack

from netcode import limits
from netcode.episodes import FIRST_EPISODE, EpisodeStart
from netcode.errors import RemoteProtocolError
from netcode.events import EndReason

FEED: Final = 4
WATCH: Final = 5

_pack_array = msgpack.Packer().pack  # reused: a new Packer for each packet costs more than packing
_REASONS: Final = {reason.value: reason for reason in EndReason}


@dataclass(frozen=True, slots=True)
class Feed:
    """What was really played. Times are in ticks of 100 us, modulo 2**32."""

    first: int  # frame of the first input carried
    inputs: bytes  # all slots side by side, frame by frame
    settled: int  # frames below are final; the feeder has them all
    digest_first: int  # number of the first digest carried
    digests: bytes  # 8 bytes each
    sent: int  # the feeder's clock when sent
    episode: EpisodeStart = FIRST_EPISODE  # the newest that begins below `settled`
    substituted: tuple[tuple[int, int], ...] = ()  # (slot, since which frame a substitute plays it), of the
    # frame before `settled`
    hops: int = 0  # from the feeder to a player
    ending: tuple[EndReason, str] | None = None  # once the match has ended for the feeder: how


@dataclass(frozen=True, slots=True)
class Watch:
    """What a watcher holds. There is no way to say anything else: it cannot touch the game."""

    held: int  # frames below are held
    digests_held: int
    echo: int  # `sent` of the newest feed; -1 if none
    waited: int  # ticks that feed had waited when this was sent


def encode_feed(feed: Feed) -> bytes:
    """Without a link id: the same bytes go to several watchers."""
    ending = None if feed.ending is None else (feed.ending[0].value, feed.ending[1])
    head = (FEED, feed.first, feed.inputs, feed.settled, feed.digest_first, feed.digests, feed.sent)
    body: bytes = _pack_array((*head, *feed.episode, feed.substituted, feed.hops, ending))
    return body


def encode_watch(link_id: bytes, watch: Watch) -> bytes:
    body: bytes = _pack_array((WATCH, watch.held, watch.digests_held, watch.echo, watch.waited))
    return link_id + body


def read_feed(fields: list[Any]) -> Feed:
    """Raises: RemoteProtocolError"""
    _, first, inputs, settled, digest_first, digests, sent, start, episode, substituted, hops, ending = fields
    for number in (first, settled, digest_first, sent, start, episode, hops):
        _check_number(number, 0)
    if type(inputs) is not bytes or type(digests) is not bytes:
        raise RemoteProtocolError("feed: inputs and digests must be bytes")
    if len(digests) % limits.DIGEST_BYTES:
        raise RemoteProtocolError("feed: digests have a wrong length")
    if not episode <= start <= settled:  # each has a frame at least
        raise RemoteProtocolError("feed: no such beginning of an episode")
    head = (first, inputs, settled, digest_first, digests, sent, EpisodeStart(start, episode))
    return Feed(*head, _substituted(substituted), hops, _ending(ending))


def read_watch(fields: list[Any]) -> Watch:
    """Raises: RemoteProtocolError"""
    _, held, digests_held, echo, waited = fields
    for number in (held, digests_held, waited):
        _check_number(number, 0)
    _check_number(echo, -1)
    return Watch(held, digests_held, echo, waited)


def _check_number(value: Any, low: int) -> None:
    if type(value) is not int or not low <= value <= limits.MAX_FRAME:
        raise RemoteProtocolError("feed: a number is out of range")


def _substituted(value: Any) -> tuple[tuple[int, int], ...]:
    if type(value) is not list or len(value) > limits.MAX_PLAYERS:
        raise RemoteProtocolError("feed: substitutes must be a short list")
    for pair in value:
        if type(pair) is not list or len(pair) != 2:
            raise RemoteProtocolError("feed: a substitute must be a pair")
        _check_number(pair[0], 0)
        _check_number(pair[1], 0)
        if pair[0] >= limits.MAX_PLAYERS:
            raise RemoteProtocolError("feed: a substitute plays no slot")
    return tuple((slot, since) for slot, since in value)


def _ending(value: Any) -> tuple[EndReason, str] | None:
    if value is None:
        return None
    if type(value) is not list or len(value) != 2 or not all(type(text) is str for text in value):
        raise RemoteProtocolError("feed: an ending must be two texts")
    reason, text = value
    if reason not in _REASONS or not text.isprintable():
        raise RemoteProtocolError("feed: no such ending")
    return _REASONS[reason], text
