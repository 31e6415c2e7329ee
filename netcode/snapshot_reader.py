"""Being given a state: asked of one source at a time, fetched in chunks, and confirmed by another.

The word of one is not enough where another can be asked: the digests of state and history that the sender
tells must be those that a second source tells of the same frame. Who contradicts, is silent, refuses or has
sent what cannot be loaded is left for the next source; when none is left, replaying goes on as it did all
the time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from netcode import limits
from netcode.errors import RemoteProtocolError
from netcode.events import StateRefused
from netcode.sources import Source
from netcode.wire.packets import decode
from netcode.wire.snapshot_packets import (
    NEWEST,
    SnapshotAsk,
    SnapshotChunk,
    SnapshotTold,
    chunks_of,
    encode_snapshot_ask,
)

ASK_INTERVAL: Final = 0.2  # seconds between two questions that nobody answers
CHUNK_PATIENCE: Final = 0.5  # seconds until a chunk is asked for again
SENDER_SILENT: Final = 2.0  # seconds without anything new of the state, until another source is asked
VOUCH_PATIENCE: Final = 2.0  # seconds for the others to confirm, until the sender is the only one there is


@dataclass(frozen=True, slots=True)
class ReceivedState:
    """A whole state before `frame`, confirmed as far as it can be."""

    frame: int
    data: bytes
    state: bytes  # what its digest must be
    chain: bytes  # the digest of the history up to there
    source: str
    confirmed_by: tuple[str, ...]  # names; one alone if nobody else could be asked


class SnapshotReader:
    """Bytes and `now` in, bytes out; never raises. Does nothing until `want` is called."""

    def __init__(self) -> None:
        self.refusals: list[StateRefused] = []  # whoever reads it empties it
        self._wanted = False
        self._sources: Sequence[Source] = ()
        self._done_with: set[Source] = set()  # not to be asked for a state again; they may still confirm
        self._sender: Source | None = None
        self._told: SnapshotTold | None = None  # what the sender has for us
        self._chunks: dict[int, bytes] = {}
        self._todo: deque[int] = deque()  # chunks not asked for yet
        self._asked: dict[int, float] = {}  # chunks on their way -> when asked for
        self._words: dict[Source, SnapshotTold] = {}  # of the others, about the same frame
        self._progress_at = 0.0
        self._told_at = 0.0
        self._ask_due = 0.0

    def want(self) -> None:
        """A state would spare much replaying."""
        self._wanted = True

    def forget(self) -> None:
        """No state is wanted any more, or it is loaded."""
        self._wanted = False
        self._turn_to(None, 0.0)

    def refuse(self, why: str) -> None:
        """The sender's state is not to be had, or not to be believed. The next source is asked."""
        if self._sender is not None:
            self.refusals.append(StateRefused(self._sender.name, why))
            self._done_with.add(self._sender)
            self._turn_to(None, 0.0)

    # ------------------------------------------------------------------- in

    def receive(self, source: Source, data: bytes, arrived: float) -> None:
        """A packet of one of the sources.

        Raises: RemoteProtocolError
        """
        packet = decode(data)
        if type(packet) is SnapshotTold:
            self._receive_told(source, packet, arrived)
        elif type(packet) is SnapshotChunk:
            self._receive_chunk(source, packet, arrived)
        else:
            raise RemoteProtocolError("a packet that no source sends")

    def _receive_told(self, source: Source, told: SnapshotTold, arrived: float) -> None:
        if source != self._sender:
            if self._told is not None and told.frame == self._told.frame:
                self._words[source] = told
        elif told.refusal:
            self.refuse(told.refusal)
        elif self._told is not None:
            if told.frame == self._told.frame and not told.size:
                self.refuse("its state is no longer at hand")
        elif told.size:
            self._told = told
            self._todo = deque(range(chunks_of(told.size)))
            self._progress_at = self._told_at = arrived
            self._ask_due = arrived

    def _receive_chunk(self, source: Source, chunk: SnapshotChunk, arrived: float) -> None:
        told = self._told
        if source != self._sender or told is None or chunk.frame != told.frame:
            return  # of an earlier try
        if chunk.number in self._chunks:
            return
        rest = told.size - chunk.number * limits.SNAPSHOT_CHUNK_BYTES
        if len(chunk.data) != min(rest, limits.SNAPSHOT_CHUNK_BYTES):
            raise RemoteProtocolError("snapshot: a chunk that does not belong to the state told of")
        self._chunks[chunk.number] = chunk.data
        self._asked.pop(chunk.number, None)
        self._progress_at = arrived

    # ------------------------------------------------------------------ out

    def outgoing(self, sources: Sequence[Source], now: float) -> list[bytes]:
        """Questions to send now. `sources`: who may be asked, the best first."""
        self._sources = sources
        if not self._wanted:
            return []
        if self._sender is not None and (
            self._sender not in sources or now - self._progress_at > self._patience
        ):
            self.refuse("it does not send its state")
        if self._sender is None:
            self._turn_to(next((s for s in sources if s not in self._done_with), None), now)
        if self._sender is None:
            return []
        return self._questions(self._sender, now)

    @property
    def _patience(self) -> float:
        whole = self._told is not None and len(self._chunks) == chunks_of(self._told.size)
        return float("inf") if whole else SENDER_SILENT

    def _questions(self, sender: Source, now: float) -> list[bytes]:
        due = now >= self._ask_due
        if due:
            self._ask_due = now + ASK_INTERVAL
        if self._told is None:
            return [encode_snapshot_ask(sender.link_out, SnapshotAsk(NEWEST))] if due else []
        packets = []
        chunks = self._chunks_due(now)
        if chunks:
            packets.append(encode_snapshot_ask(sender.link_out, SnapshotAsk(self._told.frame, chunks)))
        if due:
            ask = SnapshotAsk(self._told.frame)
            unheard = [source for source in self._others if not self._has_word_of(source)]
            packets += [encode_snapshot_ask(source.link_out, ask) for source in unheard]
        return packets

    def _chunks_due(self, now: float) -> tuple[int, ...]:
        asked = self._asked
        due = [number for number, at in asked.items() if now - at > CHUNK_PATIENCE]
        while self._todo and len(asked) < limits.SNAPSHOT_CHUNKS_ASKED:
            due.append(self._todo.popleft())
            asked[due[-1]] = now
        asked.update(dict.fromkeys(due, now))
        return tuple(due)

    # ------------------------------------------------------------ is it true?

    def confirmed(self, now: float) -> ReceivedState | None:
        """The state, once it is whole and no more can be done to confirm it."""
        told, sender = self._told, self._sender
        if told is None or sender is None or len(self._chunks) < chunks_of(told.size):
            return None
        agreeing = [s for s in self._others if self._has_word_of(s) and self._agrees(s, told)]
        if not agreeing:
            unheard = [source for source in self._others if not self._has_word_of(source)]
            if unheard and now - self._told_at <= VOUCH_PATIENCE:
                return None
            if any(self._has_word_of(source) for source in self._others):
                self.refuse("others tell of another state")
                return None
        data = b"".join([self._chunks[number] for number in range(chunks_of(told.size))])
        names = (sender.name, *(source.name for source in agreeing))
        return ReceivedState(told.frame, data, told.state, told.chain, sender.name, names)

    @property
    def _others(self) -> list[Source]:
        """Who may confirm; also whose own state was refused: else one liar of two shuts out the other."""
        return [source for source in self._sources if source != self._sender]

    def _has_word_of(self, source: Source) -> bool:
        """Has it told of the state's digest? Who does not know it (yet) is asked again."""
        return source in self._words and bool(self._words[source].state)

    def _agrees(self, source: Source, told: SnapshotTold) -> bool:
        word = self._words[source]
        return (word.state, word.chain) == (told.state, told.chain)

    def _turn_to(self, source: Source | None, now: float) -> None:
        self._sender, self._told = source, None
        self._progress_at = self._ask_due = now
        self._chunks, self._words, self._asked = {}, {}, {}
        self._todo.clear()
