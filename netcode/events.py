"""What a session tells its owner. Events may be read or ignored; nothing depends on their being read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from netcode.desync.fields import Difference


class EndReason(Enum):
    """Why a match ended for this peer. Only FINISHED is a success."""

    FINISHED = "finished"  # every frame was confirmed by all, every digest compared
    STOPPED = "stopped"  # this peer was told to stop
    LEFT = "left"  # a remote said goodbye in mid-match
    LOST = "lost"  # a remote was silent for longer than the disconnect timeout
    DROPPED = "dropped"  # the others lost us, agreed on it, and go on
    SPLIT = "split"  # too many are out of reach: the others go on, or nobody does
    REFUSED = "refused"  # a remote would play another game: the text names the field
    DESYNC = "desync"  # confirmed digests differ: the promise is broken, and said so


@dataclass(frozen=True, slots=True)
class LinkUp:
    """The remote has agreed to settings and fingerprint. The match starts when all links are up."""

    name: str


@dataclass(frozen=True, slots=True)
class MatchStarted:
    """All links are up; frame 0 is next. Show the game."""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A remote has been silent for a while. Tell the person; nothing is lost if it comes back in time."""

    name: str
    silent_s: float


@dataclass(frozen=True, slots=True)
class Resumed:
    """The remote that was interrupted is heard again. The game catches up by itself."""

    name: str


@dataclass(frozen=True, slots=True)
class Stalled:
    """The window is used up: the game waits for these remotes. Show whom."""

    waiting_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StallEnded:
    """The game goes on after `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Desync:
    """The confirmed game is not the same here and at `name` (several: `ann and bob`). The match ends.

    Show `text`, and see docs/desync-playbook.md for what it may come from.
    """

    name: str
    first: int  # the digest that differs is of frames first..last
    last: int
    frame: int | None = None  # the first that differs; None: not found out, `why` says what kept us from it
    differences: tuple[Difference, ...] = ()  # in that frame
    more: int = 0  # fields that differ besides
    why: str = ""
    text: str = ""

    def with_advice(self, words: str) -> Desync:
        """The same, and what else there is to say."""
        return replace(self, text=f"{self.text}; {words}")


@dataclass(frozen=True, slots=True)
class Resynced:
    """The game of some peers had gone wrong, and is the same as everybody's again.

    Tell the person; records of frames from `base` on were replaced where they were wrong. Should it happen
    again and again, see docs/desync-playbook.md.
    """

    names: tuple[str, ...]  # remotes whose game was wrong
    we_too: bool  # ours was
    base: int  # the first frame that was played again
    frame: int | None  # the first that had differed
    differences: tuple[Difference, ...]
    more: int
    text: str


@dataclass(frozen=True, slots=True)
class PlayerDropped:
    """All survivors agree: the last input of `name` is of frame `frame` - 1; a substitute plays from then on.

    Tell the person. The match goes on.
    """

    name: str
    slots: tuple[int, ...]
    frame: int


@dataclass(frozen=True, slots=True)
class PlayerSeated:
    """From frame `frame` on `name` plays slots that a substitute played: somebody came back, or came late.

    Tell the person. Nothing stopped for it.
    """

    name: str
    slots: tuple[int, ...]
    frame: int


@dataclass(frozen=True, slots=True)
class SeatTaken:
    """From frame `frame` on slot `slot` is ours: we have caught up. Let the person play."""

    slot: int
    frame: int


@dataclass(frozen=True, slots=True)
class StateTaken:
    """We go on from frame `frame`, in the state that `source` sent: replaying would have taken too long.

    Its digest is what all in `confirmed_by` say. If that is `source` alone, nobody else could be asked: tell
    the person, as one peer's word is all there is for it until the next digests are compared.
    """

    frame: int
    source: str
    confirmed_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StateRefused:
    """The state of `source` was not taken. Nothing to do: another source is asked, and replaying goes on."""

    source: str
    why: str


@dataclass(frozen=True, slots=True)
class SourceFound:
    """A spectator's event: the match is watched through `name` from now on. Nothing to do."""

    name: str


@dataclass(frozen=True, slots=True)
class SourceLost:
    """A spectator's event: `name` feeds us no more. The next source is asked, or else the broker."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class CatchingUp:
    """A spectator's event: at `frame` of `frames`, far behind. Show the progress; drawing would only cost."""

    frame: int
    frames: int


@dataclass(frozen=True, slots=True)
class Live:
    """A spectator's event: from `frame` on the match is followed as it is played. Show it."""

    frame: int


@dataclass(frozen=True, slots=True)
class MatchEnded:
    """The last event. Show `text`; write the report."""

    reason: EndReason
    text: str


Event = (
    LinkUp
    | MatchStarted
    | Interrupted
    | Resumed
    | Stalled
    | StallEnded
    | Desync
    | Resynced
    | PlayerDropped
    | PlayerSeated
    | SeatTaken
    | StateTaken
    | StateRefused
    | MatchEnded
)
SpectatorEvent = (
    SourceFound | SourceLost | CatchingUp | Live | StateTaken | StateRefused | Desync | MatchEnded
)
