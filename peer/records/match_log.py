"""The match log: settings, seed, who played, every confirmed frame, the end. Enough to play the match again.

Its records (see log_records) are lists that begin with a word: first `header`, then `frames`, a chunk each,
with `note`s between them (a desync, a change of the input delay ...), at last `end`. A process that is killed
loses the last unfinished chunk and the end, and nothing before it.

A file is believed no more than a packet: everything is bounded and checked before it is used. Of a log that
is damaged, what comes before the damage is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, Final

from netcode.confirmed_frame import ConfirmedFrame
from netcode.errors import NetplayError, RemoteProtocolError
from netcode.events import EndReason
from netcode.limits import DIGEST_BYTES, MAX_FRAME, MAX_INPUT_BYTES
from netcode.settings import MatchSettings
from netcode.wire.fields import (
    exact_bytes,
    integer,
    label,
    list_of,
    match_id_of,
    match_settings_of,
    names_of,
    texts_of,
)
from netcode.wire.text import printable
from peer.records.log_records import DamagedLogError, read_records

MOST_IN_A_CHUNK: Final = 240  # frames; who comes late has many at once, and a record has its limit
MAX_FRAMES: Final = 2**23  # of one log, 38 hours at 60 fps; whoever writes one stops there, and says so
MAX_NOTES: Final = 2**16  # of one log; further ones are not written
MAX_OUTCOME_BYTES: Final = 4096  # of one frame
END_CHARS: Final = 240  # of the text that says how it ended


@dataclass(frozen=True)
class LogHeader:
    """What was played, by whom; `slot` is the one who wrote this log, None a spectator."""

    match_id: str
    slot: int | None
    names: tuple[str, ...]  # by slot
    settings: MatchSettings
    input_sizes: tuple[int, ...]  # bytes, by slot
    fingerprint: dict[str, str]

    @property
    def author(self) -> str:
        """Who wrote this log."""
        return "a spectator" if self.slot is None else self.names[self.slot]

    def is_digest_frame(self, frame: int) -> bool:
        """Is a digest due of all frames up to and with this one?"""
        return (frame + 1) % self.settings.digest_interval == 0 or frame + 1 == self.settings.frames


@dataclass(frozen=True)
class LogEnd:
    """How the match ended for who wrote the log. Without it the log is not whole."""

    frames: int
    reason: str  # as in netcode.events.EndReason
    text: str


@dataclass(frozen=True)
class MatchLog:
    """A log read back, up to the first damage."""

    header: LogHeader
    frames: list[ConfirmedFrame]
    notes: list[dict[str, Any]] = field(default_factory=list)
    end: LogEnd | None = None
    damage: str | None = None  # what is wrong with the file, and where

    @classmethod
    def read(cls, path: Path) -> MatchLog:
        """Raises: NetplayError if the file cannot be read, or not even its header."""
        try:
            with path.open("rb") as file:
                return _read(file)
        except OSError as error:
            raise NetplayError(f"cannot read {path}: {error.strerror or error}") from None
        except DamagedLogError as error:
            raise NetplayError(f"{path} cannot be used: {error}") from None

    def before_it_went_wrong(self) -> MatchLog:
        """Without the frames from which on its author's game was another, by its own notes."""
        first = [note["wrong_frames"][0] for note in self.notes if note.get("wrong_frames")]
        return replace(self, frames=self.frames[: min(first, default=None)])

    @property
    def missing(self) -> str | None:
        """What this log lacks of all that it should hold, in words; None if it is whole."""
        of = f" of {self.header.settings.frames:,}" if self.header.settings.frames else ""
        held = f"it holds frames 0 to {len(self.frames) - 1:,}{of}" if self.frames else "it holds no frames"
        if self.damage is not None:
            return f"{held}; {self.damage}"
        if self.end is None:
            return f"{held}, and no end: whoever wrote it was ended, or could not write any more"
        if self.end.frames != len(self.frames):
            return f"{held}; by its end, the match had {self.end.frames:,}"
        if self.ended_early and self.end.reason == EndReason.FINISHED.value:
            return f"{held}, and says that the match was finished"
        if self.skipped == len(self.frames):
            return f"{held}; of none of them is there an outcome" if self.frames else held
        return None

    @property
    def ended_early(self) -> bool:
        """Was the match to last longer?"""
        settings = self.header.settings
        return 0 < len(self.frames) < settings.frames and not settings.episodes

    @property
    def skipped(self) -> int:
        """So many frames the author, who came late, did not play: only inputs and digests are here."""
        return sum(frame.outcome is None for frame in self.frames)


def header_record(header: LogHeader) -> list[object]:
    """As `MatchLog.read` reads it."""
    return [
        "header",
        header.match_id,
        header.slot,
        list(header.names),
        header.settings.model_dump(),
        list(header.input_sizes),
        header.fingerprint,
    ]


def frames_record(frames: list[ConfirmedFrame]) -> list[object]:
    """Of at most MOST_IN_A_CHUNK frames, one after the other."""
    return [
        "frames",
        frames[0].frame,
        [b"".join(frame.inputs) for frame in frames],
        [frame.outcome for frame in frames],
        [frame.digest for frame in frames],
    ]


def end_record(end: LogEnd) -> list[object]:
    return ["end", end.frames, end.reason, printable(end.text)[:END_CHARS]]


# ---------------------------------------------------------------- reading


def _read(file: BinaryIO) -> MatchLog:
    records = read_records(file)
    place, first = next(records, (0, None))
    if first is None:
        raise DamagedLogError("it ends before its header")
    content = _Content(_checked(place, _header, first))
    try:
        for place, record in records:
            _checked(place, content.add, record)
    except DamagedLogError as error:
        content.damage = str(error)
    return content.log()


def _checked(place: int, use: Any, record: object) -> Any:
    """`use(record)`, whose faults are told with their place."""
    try:
        return use(record)
    except RemoteProtocolError as error:  # as of a packet
        raise DamagedLogError(f"the record at byte {place:,}: {printable(str(error))}") from None


class _Content:
    """What has been read of a log."""

    def __init__(self, header: LogHeader) -> None:
        self.damage: str | None = None
        self._header = header
        self._stride = sum(header.input_sizes)
        self._frames: list[ConfirmedFrame] = []
        self._notes: list[dict[str, Any]] = []
        self._end: LogEnd | None = None

    def add(self, record: object) -> None:
        """Raises: RemoteProtocolError"""
        if self._end is not None:
            raise RemoteProtocolError("there is more after the end")
        match record:
            case ["frames", first, inputs, outcomes, digests]:
                self._add_frames(first, inputs, outcomes, digests)
            case ["note", dict() as note] if len(self._notes) < MAX_NOTES:
                self._notes.append(note)
            case ["end", frames, reason, text]:
                frames = integer("frames", frames, 0, MAX_FRAMES)
                self._end = LogEnd(frames, label("end", reason, 32), label("end", text, END_CHARS))
            case _:
                raise RemoteProtocolError("of no kind that is known")

    def log(self) -> MatchLog:
        if self.damage is None and self._frames:
            try:
                self._check_outcome(len(self._frames), self._frames[-1])
            except RemoteProtocolError as error:
                self.damage = str(error)
        return MatchLog(self._header, self._frames, self._notes, self._end, self.damage)

    def _check_outcome(self, frame: int, before: ConfirmedFrame | None) -> None:
        """Whoever skips frames goes on where a digest is due, which proves them all."""
        if before is not None and before.outcome is None and not self._header.is_digest_frame(frame - 1):
            raise RemoteProtocolError(f"frame {frame - 1:,}: its outcome is missing")

    def _add_frames(self, first: object, inputs: object, outcomes: object, digests: object) -> None:
        begin = integer("first frame", first, 0, MAX_FRAME)
        if begin != len(self._frames):
            raise RemoteProtocolError(f"frame {len(self._frames):,} should follow, not {begin:,}")
        chunk = list_of("inputs", inputs, 1, MOST_IN_A_CHUNK)
        if begin + len(chunk) > MAX_FRAMES:
            raise RemoteProtocolError(f"more than {MAX_FRAMES:,} frames")
        brought = list_of("outcomes", outcomes, len(chunk), len(chunk))
        hashes = list_of("digests", digests, len(chunk), len(chunk))
        before = self._frames[begin - 1] if begin else None
        frames = []
        for frame, (joined, outcome, digest) in enumerate(zip(chunk, brought, hashes, strict=True), begin):
            due = self._header.is_digest_frame(frame)
            if (digest is not None) != due or (due and not _is_bytes(digest, DIGEST_BYTES, DIGEST_BYTES)):
                raise RemoteProtocolError(f"frame {frame:,}: a digest {'is missing' if due else 'too many'}")
            if outcome is not None:
                if not _is_bytes(outcome, 0, MAX_OUTCOME_BYTES):
                    raise RemoteProtocolError(f"frame {frame:,}: its outcome is none")
                self._check_outcome(frame, before)
            whole = exact_bytes(f"frame {frame:,}: input", joined, self._stride)
            before = ConfirmedFrame(frame, tuple(self._split(whole)), outcome, digest)
            frames.append(before)
        self._frames += frames

    def _split(self, joined: bytes) -> Iterator[bytes]:
        start = 0
        for size in self._header.input_sizes:
            yield joined[start : start + size]
            start += size


def _is_bytes(value: object, low: int, high: int) -> bool:
    return isinstance(value, bytes) and low <= len(value) <= high


def _header(record: object) -> LogHeader:
    match record:
        case ["header", match_id, slot, names, settings, sizes, game]:
            agreed = match_settings_of("settings", settings)
            count = agreed.players
            return LogHeader(
                match_id=match_id_of("match_id", match_id),
                slot=None if slot is None else integer("slot", slot, 0, count - 1),
                names=names_of("names", names, count, count),
                settings=agreed,
                input_sizes=tuple(
                    integer("input size", size, 0, MAX_INPUT_BYTES)
                    for size in list_of("input sizes", sizes, count, count)
                ),
                fingerprint=texts_of("fingerprint", game),
            )
    raise RemoteProtocolError("it should be the header")
