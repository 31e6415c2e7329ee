"""The match log: settings, seed, who played, and every confirmed frame. Enough to play the match again.

A log is a sequence of records, each 4 bytes of length and one msgpack value: first a header, then chunks
of frames. A process that is killed loses the last unfinished chunk, and nothing before it. A chunk that
begins before the end of the last one replaces all from there on: this peer's game had gone wrong, and was
put right. Between chunks there may be notes, maps with plain values: what a desync was, and whether it was
healed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from netcode.confirmed_frame import ConfirmedFrame
from netcode.errors import NetplayError, RemoteProtocolError
from netcode.settings import MatchSettings
from netcode.wire.msgpack_bounds import pack, unpack

MAGIC: Final = b"netplay log 1\n"
FRAMES_A_CHUNK: Final = 60  # at least, until the match is over
MOST_IN_A_CHUNK: Final = 240  # who comes late has many at once; a chunk must fit MAX_RECORD_BYTES
MAX_RECORD_BYTES: Final = 4 << 20


@dataclass(frozen=True)
class LogHeader:
    """What was played, by whom; `slot` is the one who wrote this log, None a spectator."""

    match_id: str
    slot: int | None
    names: tuple[str, ...]
    settings: MatchSettings
    input_sizes: tuple[int, ...]  # bytes, by slot
    fingerprint: dict[str, str]

    @property
    def author(self) -> str:
        """Who wrote this log."""
        return "a spectator" if self.slot is None else self.names[self.slot]


class MatchLogWriter:
    """Appends confirmed frames to a file, a chunk at a time."""

    def __init__(self, path: Path | None, header: LogHeader) -> None:
        """Without a path the frames go nowhere.

        Raises: NetplayError if the file cannot be written.
        """
        path = path or Path(os.devnull)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: BinaryIO = path.open("wb")
        except OSError as error:
            raise NetplayError(f"cannot write {path}: {error.strerror}") from None
        self._held: list[ConfirmedFrame] = []
        self._file.write(MAGIC)
        self._record(
            {
                "match_id": header.match_id,
                "slot": header.slot,
                "names": list(header.names),
                "settings": header.settings.model_dump(),
                "input_sizes": list(header.input_sizes),
                "fingerprint": header.fingerprint,
            }
        )
        self._file.flush()

    def write(self, frames: Iterable[ConfirmedFrame], final: int | None = None) -> None:
        """The next confirmed frames, in order; or again from an earlier one, in place of those written.

        Those from frame `final` on may still turn out otherwise, should we be lost to the others, and wait;
        None: none of them.
        """
        for frame in frames:
            if self._held and frame.frame <= self._held[-1].frame:
                self._held = [held for held in self._held if held.frame < frame.frame]
            self._held.append(frame)
        if len(self._held) >= FRAMES_A_CHUNK:
            self._flush(final)

    def note(self, note: dict[str, Any]) -> None:
        """Something that a reader of the log should know, in plain values."""
        self._record(note)
        self._file.flush()

    def close(self, final: int | None = None) -> None:
        """The last chunk: frames below `final`."""
        if not self._file.closed:
            self._flush(final)
            self._file.close()

    def _flush(self, final: int | None) -> None:
        held = self._held
        count = len(held)
        if held and final is not None:
            count = min(max(final - held[0].frame, 0), count)
        for start in range(0, count, MOST_IN_A_CHUNK):
            chunk = held[start : min(start + MOST_IN_A_CHUNK, count)]
            self._record(
                [
                    chunk[0].frame,
                    [b"".join(frame.inputs) for frame in chunk],
                    [frame.outcome for frame in chunk],
                    [frame.digest for frame in chunk],
                ]
            )
        del held[:count]
        self._file.flush()

    def _record(self, value: object) -> None:
        data = pack(value)
        self._file.write(len(data).to_bytes(4, "little") + data)


@dataclass(frozen=True)
class MatchLog:
    """A log read back whole."""

    header: LogHeader
    frames: list[ConfirmedFrame]
    notes: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> MatchLog:
        """Raises: NetplayError if the file is not a match log; a torn last record is left out."""
        try:
            data = path.read_bytes()
        except OSError as error:
            raise NetplayError(f"cannot read {path}: {error.strerror}") from None
        if not data.startswith(MAGIC):
            raise NetplayError(f"{path} is not a match log")
        try:
            records = _records(data[len(MAGIC) :])
            header = _header(next(records))
            frames: list[ConfirmedFrame] = []
            notes: list[dict[str, Any]] = []
            for record in records:
                if isinstance(record, dict):
                    notes.append(record)
                    continue
                chunk = list(_frames(record, header.input_sizes))
                del frames[record[0] - (frames[0].frame if frames else record[0]) :]
                frames += chunk
        except (RemoteProtocolError, StopIteration, KeyError, TypeError, ValueError, NetplayError) as error:
            raise NetplayError(f"{path} is broken: {error or 'no header'}") from None
        return cls(header, frames, notes)


def _records(data: bytes) -> Iterator[Any]:
    position = 0
    while position + 4 <= len(data):
        length = int.from_bytes(data[position : position + 4], "little")
        if position + 4 + length > len(data):
            return  # torn by a crash
        yield unpack(data[position + 4 : position + 4 + length], MAX_RECORD_BYTES)
        position += 4 + length


def _header(value: dict[str, Any]) -> LogHeader:
    return LogHeader(
        match_id=str(value["match_id"]),
        slot=None if value["slot"] is None else int(value["slot"]),
        names=tuple(str(name) for name in value["names"]),
        settings=MatchSettings.parse(value["settings"], "match log"),
        input_sizes=tuple(int(size) for size in value["input_sizes"]),
        fingerprint={str(key): str(text) for key, text in value["fingerprint"].items()},
    )


def _frames(record: list[Any], sizes: Sequence[int]) -> Iterator[ConfirmedFrame]:
    first, inputs, outcomes, digests = record
    for index, (joined, outcome, digest) in enumerate(zip(inputs, outcomes, digests, strict=True)):
        yield ConfirmedFrame(first + index, _split(joined, sizes), outcome, digest)


def _split(joined: bytes, sizes: Sequence[int]) -> tuple[bytes, ...]:
    if len(joined) != sum(sizes):
        raise ValueError("inputs of a wrong length")
    parts, start = [], 0
    for size in sizes:
        parts.append(joined[start : start + size])
        start += size
    return tuple(parts)
