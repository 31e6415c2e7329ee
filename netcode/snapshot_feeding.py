"""Giving a state to who comes late: players and spectators vouch for digests of states, and send one.

Of each digest frame a snapshot is taken anyway; the newest are kept here, which costs nothing. Only when
somebody asks is one of them encoded, seldom and a step a frame, and sent in chunks, a few a frame for all who
ask together. Only settled frames are told of: another one may still be played otherwise, should we drop out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from netcode import limits
from netcode.archive import Archive
from netcode.errors import NetplayError
from netcode.simulation import SendableSimulation, Simulation, Snapshot
from netcode.wire.snapshot_packets import (
    NEWEST,
    SnapshotAsk,
    SnapshotChunk,
    SnapshotTold,
    chunks_of,
    encode_snapshot_chunk,
    encode_snapshot_told,
)
from netcode.wire.text import printable

ENCODED_EVERY: Final = 5.0  # seconds; who asks in between gets the same state, and the inputs since

_Digests = tuple[bytes, bytes]  # of the state, and of the history up to it


@dataclass(slots=True)
class _Asker:
    """What one link still waits for."""

    tell: int | None = None  # of which frame to tell
    frame: int = NEWEST  # whose chunks it wants
    chunks: deque[int] = field(default_factory=deque)

    @property
    def waits(self) -> bool:
        return self.tell is not None or bool(self.chunks)


class SnapshotFeeder:
    """One process's states for others. Never raises on what they ask."""

    def __init__(self, archive: Archive, simulation: Simulation) -> None:
        """`archive`: says what is settled."""
        self.sent = 0  # states that were asked for and encoded
        self._archive = archive
        self._simulation = simulation if isinstance(simulation, SendableSimulation) else None
        self._digests: dict[int, _Digests] = {}  # by frame, oldest first
        self._kept: deque[tuple[int, Snapshot]] = deque()
        self._askers: dict[bytes, _Asker] = {}  # by link_out; as many as a Feeder has guests
        self._encoding: tuple[int, Iterator[bytes | None]] | None = None
        self._encoded: dict[int, bytes] = {}  # by frame, oldest first
        self._encode_due = float("-inf")
        self._refusal = "" if self._simulation is not None else "the states of this game cannot be sent"

    def keep(self, frame: int, snapshot: Snapshot, state: bytes, chain: bytes) -> None:
        """The confirmed state before `frame`, its digest, and that of the history up to it."""
        self._forget_from(frame)
        self._digests[frame] = (state, chain)
        if len(self._digests) > limits.STATE_DIGESTS_KEPT:
            del self._digests[next(iter(self._digests))]
        kept = self._kept
        while len(kept) > 1 and kept[1][0] <= self._archive.settled:
            kept.popleft()
        if len(kept) < limits.SNAPSHOTS_KEPT:  # else the oldest is about to be settled, and stays
            kept.append((frame, snapshot))

    def ask(self, link_out: bytes, ask: SnapshotAsk) -> None:
        """A guest asks. The newest question of its kind counts; it asks again until it is answered."""
        asker = self._askers.setdefault(link_out, _Asker())
        if not ask.chunks:
            asker.tell = ask.frame
            return
        if asker.frame != ask.frame:
            asker.frame = ask.frame
            asker.chunks.clear()
        for number in ask.chunks:
            if number not in asker.chunks and len(asker.chunks) < limits.SNAPSHOT_CHUNKS_ASKED:
                asker.chunks.append(number)

    def forget(self, link_out: bytes) -> None:
        """This guest is gone."""
        self._askers.pop(link_out, None)

    def outgoing(self, now: float) -> list[bytes]:
        """Answers to send now. Call once a frame, when the frame's own packets have left."""
        if not self._askers:
            return []
        if self._encoding is not None:
            self._encode_on(now)
        packets = []
        for link_out, asker in self._askers.items():
            told = None if asker.tell is None else self._tell(asker.tell, now)
            if told is not None:
                asker.tell = None
                packets.append(encode_snapshot_told(link_out, told))
        packets += self._chunks()
        self._askers = {key: asker for key, asker in self._askers.items() if asker.waits}
        return packets

    # ------------------------------------------------------------ within

    def _forget_from(self, frame: int) -> None:
        """What was kept of this frame and later ones was put right since, by a resync."""
        if frame > next(reversed(self._digests), -1):
            return
        self._digests = {known: digests for known, digests in self._digests.items() if known < frame}
        self._encoded = {known: data for known, data in self._encoded.items() if known < frame}
        self._kept = deque([kept for kept in self._kept if kept[0] < frame])
        self._encoding = None

    def _tell(self, frame: int, now: float) -> SnapshotTold | None:
        """What is known; None: not yet."""
        if frame == NEWEST:
            newest = self._newest(now)
            if newest is None:
                return SnapshotTold(NEWEST, refusal=self._refusal) if self._refusal else None
            frame = newest
        digests = self._digests.get(frame) if frame <= self._archive.settled else None
        if digests is None:
            return SnapshotTold(frame)
        return SnapshotTold(frame, *digests, size=len(self._encoded.get(frame, b"")))

    def _newest(self, now: float) -> int | None:
        """The frame of an encoded state that is new enough; if there is none, one is begun."""
        if now >= self._encode_due and self._encoding is None and self._simulation is not None:
            settled = [kept for kept in self._kept if kept[0] <= self._archive.settled]
            if settled and settled[-1][0] not in self._encoded:
                frame, snapshot = settled[-1]
                self._encoding = frame, self._simulation.encode_steps(snapshot)
                self._encode_due = now + ENCODED_EVERY
                self._encode_on(now)
        return None if self._encoding is not None else next(reversed(self._encoded), None)

    def _encode_on(self, now: float) -> None:
        """One more step; when it was the last, the state is at hand."""
        assert self._encoding is not None
        frame, steps = self._encoding
        try:
            data = next(steps)
        except NetplayError as error:
            self._encoding, self._refusal = None, printable(str(error))
            self._encoded.clear()
            return
        if data is not None:
            self._encoding, self._refusal = None, ""
            self._encoded[frame] = data
            self.sent += 1
            while len(self._encoded) > limits.SNAPSHOTS_ENCODED:
                del self._encoded[next(iter(self._encoded))]

    def _chunks(self) -> list[bytes]:
        """The next chunks. Askers take turns."""
        packets: list[bytes] = []
        for link_out, asker in list(self._askers.items()):
            if len(packets) == limits.SNAPSHOT_CHUNKS_A_TICK:
                break
            if not asker.chunks:
                continue
            self._askers[link_out] = self._askers.pop(link_out)  # to the end: the others come first now
            number, data = asker.chunks.popleft(), self._encoded.get(asker.frame, b"")
            if number >= chunks_of(len(data)):
                asker.tell = asker.frame  # not here any more: it is told so
                asker.chunks.clear()
                continue
            start = number * limits.SNAPSHOT_CHUNK_BYTES
            chunk = SnapshotChunk(asker.frame, number, data[start : start + limits.SNAPSHOT_CHUNK_BYTES])
            packets.append(encode_snapshot_chunk(link_out, chunk))
        return packets
