"""One remote and we hold different digests of the same frames: what exactly differs?

Both sides ask and both answer, each for itself: first two digests of every frame, then, for the first frame
that differs, the hashes of all buckets of its fields, then the fields of the buckets that differ. What does
not arrive is asked for again. Nothing a remote says here changes the game; at worst it names nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from netcode import limits
from netcode.desync.evidence import NOT_KEPT, Exhibit, agreed_bound
from netcode.desync.fields import ABSENT, Difference, Field, bucket_of, differences, is_played
from netcode.errors import RemoteProtocolError
from netcode.wire.desync_packets import MAX_CHUNKS, PAYLOAD_BYTES, Answer, Ask, Topic

ASK_AGAIN: Final = 0.1  # seconds without an answer
_FRAME_BYTES: Final = 2 * limits.DIGEST_BYTES
_FIELD_OVERHEAD: Final = 4 * limits.DIGEST_BYTES


@dataclass(frozen=True, slots=True)
class Finding:
    """What an inquiry found out."""

    frame: int | None  # the first that differs; None: not found out, see `why`
    earliest: int  # the same, or an earlier one if states between were not kept
    differences: tuple[Difference, ...]
    more: int  # fields that differ besides
    why: str  # what could not be found out, and why; "" if nothing is missing

    def __str__(self) -> str:
        frame = f"frame {self.frame}"
        if self.earliest != self.frame:
            frame = f"frames {self.earliest} to {self.frame}"
        if not self.differences:
            return f"{frame}: {self.why}"
        more = f", and {self.more} more" if self.more else ""
        also = f" ({self.why})" if self.why else ""
        return f"{frame}: {self.differences[0]}{more}{also}"


class Inquiry:
    """The exchange with one remote about one digest."""

    def __init__(self, index: int, name: str, exhibit: Exhibit) -> None:
        self.index = index
        self.finding: Finding | None = None
        self._name = name
        self._ours = exhibit
        self._topic = Topic.FRAMES
        self._frame = exhibit.first  # that is asked about
        self._earliest = exhibit.first
        self._asked_buckets = b""
        self._states_kept = True  # by both, of that frame
        self._unasked = 0  # differing buckets beyond FIELDS_COMPARED
        self._answers: dict[int, Answer] = {}  # by chunk
        self._news = 0  # answers since the last question
        self._asked_at = float("-inf")
        self._question: Ask | None = None  # theirs, the newest

    def give_up(self, why: str) -> None:
        """No answer will come any more."""
        if self.finding is None:
            frame = None if self._topic is Topic.FRAMES else self._frame
            self.finding = Finding(frame, self._earliest, (), 0, why)

    # ------------------------------------------------------------------- in

    def hear_question(self, ask: Ask) -> None:
        """Raises: RemoteProtocolError for what we shall not answer."""
        if ask.topic is not Topic.FRAMES and not self._ours.may_examine(ask.frame, limits.FRAMES_EXAMINED):
            raise RemoteProtocolError("an inquiry about another frame")
        self._question = ask

    def hear_answer(self, answer: Answer) -> None:
        """Raises: RemoteProtocolError for an answer that cannot be one."""
        if self.finding is not None or answer.topic is not self._topic or answer.chunk in self._answers:
            return  # late, or doubled
        if answer.topic is Topic.FRAMES:
            self._check_frames(answer)
        elif answer.frame != self._frame:
            return
        known = next(iter(self._answers.values()), answer)
        if (answer.frame, answer.chunks) != (known.frame, known.chunks):
            raise RemoteProtocolError("an answer that changed")
        held = sum(len(one.fields) for one in self._answers.values())
        size = sum(len(one.digests) for one in self._answers.values()) + len(answer.digests)
        most = self._frames_due if answer.topic is Topic.FRAMES else limits.DESYNC_BUCKETS
        if held + len(answer.fields) > limits.FIELDS_COMPARED or size > most * _FRAME_BYTES:
            raise RemoteProtocolError("an answer without end")
        self._answers[answer.chunk] = answer
        self._news += 1
        if len(self._answers) == answer.chunks:
            self._conclude([self._answers[chunk] for chunk in range(answer.chunks)])

    def _check_frames(self, answer: Answer) -> None:
        if not self._ours.due_from <= answer.frame <= self._ours.last:
            raise RemoteProtocolError("an answer about other frames")

    @property
    def _frames_due(self) -> int:
        return self._ours.last - self._ours.due_from + 1

    # ------------------------------------------------------------------ out

    def say(self, now: float) -> list[Ask | Answer]:
        """What to send now."""
        packets: list[Ask | Answer] = []
        if self._question is not None:
            packets += self._reply(self._question)
            self._question = None
        again = now - self._asked_at >= ASK_AGAIN or self._news >= limits.ANSWERS_A_TICK
        if self.finding is None and again:
            self._asked_at, self._news = now, 0
            missing = next(chunk for chunk in range(MAX_CHUNKS + 1) if chunk not in self._answers)
            frame = 0 if self._topic is Topic.FRAMES else self._frame
            packets.append(Ask(self.index, self._topic, frame, missing, self._asked_buckets))
        return packets

    def _reply(self, ask: Ask) -> list[Answer]:
        if ask.topic is Topic.FIELDS:
            return self._reply_fields(ask)
        ours = self._ours
        if ask.topic is Topic.FRAMES:
            about, size = ours.first, PAYLOAD_BYTES // _FRAME_BYTES
            chunks = -(-(ours.last - ours.first + 1) // size)
            wanted = range(ask.chunk, min(ask.chunk + limits.ANSWERS_A_TICK, chunks))
            digests = [
                b"".join(
                    ours.digests(frame)
                    for frame in range(about + chunk * size, min(about + (chunk + 1) * size, ours.last + 1))
                )
                for chunk in wanted
            ]
        else:
            about, size = ask.frame, PAYLOAD_BYTES // limits.DIGEST_BYTES
            hashes = ours.buckets(ask.frame)
            chunks = -(-len(hashes) // size)
            wanted = range(ask.chunk, min(ask.chunk + limits.ANSWERS_A_TICK, chunks))
            digests = [b"".join(hashes[chunk * size : (chunk + 1) * size]) for chunk in wanted]
        return [
            Answer(self.index, ask.topic, about, chunk, chunks, data, ())
            for chunk, data in zip(wanted, digests, strict=True)
        ]

    def _reply_fields(self, ask: Ask) -> list[Answer]:
        asked = int.from_bytes(ask.buckets, "little")
        fields = [one for one in self._ours.fields(ask.frame) if asked >> bucket_of(one) & 1]
        parts = _parts(fields[: limits.FIELDS_COMPARED])
        wanted = range(ask.chunk, min(ask.chunk + limits.ANSWERS_A_TICK, len(parts)))
        return [
            Answer(self.index, ask.topic, ask.frame, chunk, len(parts), b"", tuple(parts[chunk]))
            for chunk in wanted
        ]

    # ------------------------------------------------------------ from stage to stage

    def _conclude(self, answers: Sequence[Answer]) -> None:
        """Everything about this topic is here."""
        data = b"".join(answer.digests for answer in answers)
        if self._topic is Topic.FRAMES:
            self._conclude_frames(answers[0].frame, data)
        elif self._topic is Topic.BUCKETS:
            self._conclude_buckets(data)
        else:
            self._conclude_fields([one for answer in answers for one in answer.fields])
        self._answers.clear()
        self._asked_at = float("-inf")

    def _conclude_frames(self, first: int, data: bytes) -> None:
        ours = self._ours
        theirs = _split(data, _FRAME_BYTES)
        if first + len(theirs) != ours.last + 1:
            self.give_up(f"{self._name} answered with other frames")
            return
        both = max(first, ours.first)  # who came late has not played the frames before
        here = [ours.digests(frame) for frame in range(both, ours.last + 1)]
        bound = agreed_bound(here, theirs[both - first :])
        if bound is None:
            self.give_up(f"what {self._name} says of each frame is what we have, its digest is not")
            return
        self._earliest = both + bound[0] if bound[0] else min(first, ours.first)
        self._frame = both + bound[1]
        at = (here[bound[1]], theirs[both - first + bound[1]])
        self._states_kept = NOT_KEPT not in [digests[limits.DIGEST_BYTES :] for digests in at]
        self._topic = Topic.BUCKETS

    def _conclude_buckets(self, data: bytes) -> None:
        theirs = _split(data, limits.DIGEST_BYTES)
        fields, ours = self._ours.fields(self._frame), self._ours.buckets(self._frame)
        if len(theirs) != len(ours):
            self.give_up(f"{self._name} answered with other buckets")
            return
        differing = [bucket for bucket in range(len(ours)) if ours[bucket] != theirs[bucket]]
        if not self._states_kept:
            played = {bucket_of(one) for one in fields if is_played(one)}
            differing = [bucket for bucket in differing if bucket in played]
        if not differing:
            self.give_up("the states differ in something that has no name (order in memory, aliasing)")
            return
        sizes: dict[int, int] = {}  # by bucket, in the order of our fields: inputs come first
        for one in fields:
            sizes[bucket_of(one)] = sizes.get(bucket_of(one), 0) + 1
        asked = total = 0
        for bucket in sorted(differing, key=list(sizes | dict.fromkeys(differing, 0)).index):
            size = sizes.get(bucket, 0)  # 0: fields that only they have
            if asked and total + size > limits.FIELDS_COMPARED // 2:
                self._unasked += 1
                continue
            asked |= 1 << bucket
            total += size
        self._asked_buckets = asked.to_bytes(limits.DESYNC_BUCKETS // 8, "little")
        self._topic = Topic.FIELDS

    def _conclude_fields(self, theirs: Sequence[Field]) -> None:
        asked = int.from_bytes(self._asked_buckets, "little")
        ours = [one for one in self._ours.fields(self._frame) if asked >> bucket_of(one) & 1]
        if not self._states_kept:  # else all of it would be told as absent at one side
            ours, theirs = ([one for one in side if is_played(one)] for side in (ours, theirs))
        found = differences(ours, theirs)
        cut = len(theirs) >= limits.FIELDS_COMPARED
        if cut:  # what is missing there may only have been left out
            found = [one for one in found if one.there != ABSENT]
        if not found:
            self.give_up(f"{self._name} answered with fields that do not fit its hashes")
            return
        named = found[: limits.DIFFERENCES_NAMED]
        more = len(found) - len(named) + self._unasked
        why = f"only {limits.FIELDS_COMPARED} fields were compared" if cut or self._unasked else ""
        self.finding = Finding(self._frame, self._earliest, tuple(named), more, why)


def _parts(fields: Sequence[Field]) -> list[list[Field]]:
    """Fields in chunks that fit a packet; one at least."""
    parts: list[list[Field]] = [[]]
    size = 0
    for one in fields:
        length = len(one.path.encode()) + len(one.text.encode()) + _FIELD_OVERHEAD
        if size + length > PAYLOAD_BYTES:
            parts.append([])
            size = 0
        parts[-1].append(one)
        size += length
    return parts


def _split(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]
