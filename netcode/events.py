"""What a session tells its owner. Events may be read or ignored; nothing depends on their being read.

Each says what has happened, and after "To do:" what its reader may do about it. docs/events.md is made of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from netcode.desync.fields import Difference


class EndReason(Enum):
    """Why a match ended for this peer. Only FINISHED is a success."""

    FINISHED = "finished"  # every frame was confirmed by all who are left, every digest compared
    STOPPED = "stopped"  # this peer was told to stop
    LEFT = "left"  # a remote said goodbye in mid-match; with on_drop the others would have played on
    LOST = "lost"  # a remote was silent for longer than the disconnect timeout; likewise
    DROPPED = "dropped"  # the others lost us, agreed on it, and go on: come again with `netplay peer --into`
    SPLIT = "split"  # too many are out of reach: the others go on, or nobody does; come again likewise
    REFUSED = "refused"  # a remote would play another game: the text names the field to be made equal
    FAILED = "failed"  # this peer could not go on: above all, the environment failed, and not on a guess
    DESYNC = "desync"  # confirmed digests differ: the promise is broken; see docs/desync-playbook.md


@dataclass(frozen=True, slots=True)
class LinkUp:
    """`name` has agreed to settings and fingerprint.

    To do: show who is there. The match starts when all links are up.
    """

    name: str


@dataclass(frozen=True, slots=True)
class MatchStarted:
    """All links are up; frame 0 is next.

    To do: show the game.
    """


@dataclass(frozen=True, slots=True)
class InputDelayChanged:
    """From frame `frame` on our players are sampled `delay` frames ahead, not `before`. No input is lost.

    `automatic`: by what was measured of the links, not because somebody asked.

    To do: show the figure. The others need not know.
    """

    frame: int
    before: int
    delay: int
    automatic: bool


@dataclass(frozen=True, slots=True)
class Interrupted:
    """`name` has been silent for `silent_s` seconds: its process, its machine or the network.

    To do: tell the person. Nothing is lost if it comes back before the disconnect timeout.
    """

    name: str
    silent_s: float


@dataclass(frozen=True, slots=True)
class Resumed:
    """`name`, who was interrupted, is heard again.

    To do: take the notice away. The game catches up by itself.
    """

    name: str


@dataclass(frozen=True, slots=True)
class Accused:
    """`name` sends what no honest peer would, or keeps back what is due; `text` says what.

    To do: tell the person. The match goes on without `name` or ends, as it does when somebody is lost.
    """

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Stalled:
    """The prediction window is used up: the game waits for the inputs of these remotes.

    To do: show for whom it waits. Should it happen often, the link is slower than the window: widen the
    window or the input delay of the next match.
    """

    waiting_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StallEnded:
    """The game goes on, `seconds` after it stalled.

    To do: take the notice away.
    """

    seconds: float


@dataclass(frozen=True, slots=True)
class Slowed:
    """The match goes on at `fps` of its `full_fps` frames a second, as fast as the machine of `name` can
    (None: ours). All players play at that pace.

    To do: tell the person. If it is ours, other programs or a slow policy may be what takes the time.
    """

    name: str | None
    fps: float
    full_fps: float


@dataclass(frozen=True, slots=True)
class FullPace:
    """The match is played at its full frame rate again, after `seconds` below it, all in all.

    To do: take the notice away.
    """

    seconds: float


@dataclass(frozen=True, slots=True)
class GuessingEnded:
    """From frame `frame` on this peer predicts nothing: the game holds what no snapshot can put back; `why`
    names it. Each frame waits for everybody's inputs; the game stays the true one.

    To do: tell the person, who feels the delay of the link now. `netplay check` names the line.
    """

    frame: int
    why: str


@dataclass(frozen=True, slots=True)
class GuessingResumed:
    """What ended it is gone: from frame `frame` on this peer predicts again.

    To do: take the notice away.
    """

    frame: int


@dataclass(frozen=True, slots=True)
class Desync:
    """The confirmed game is not the same here and at `name` (several: `ann and bob`). The match ends, unless
    `left` says who is gone for it: then it goes on.

    Where inputs differ, `suspects` are who may have lied about them. To do: show `text`, and see
    docs/desync-playbook.md for what it may come from.
    """

    name: str
    first: int  # the digest that differs is of frames first..last
    last: int
    frame: int | None = None  # the first that differs; None: not found out, `why` says what kept us from it
    differences: tuple[Difference, ...] = ()  # in that frame
    more: int = 0  # fields that differ besides
    why: str = ""
    text: str = ""
    suspects: tuple[str, ...] = ()  # who lied about inputs: the likeliest, and another if nobody can tell
    left: tuple[str, ...] = ()  # whose game is not the match's, and who play no more
    wrong: tuple[int, int] | None = None  # it is ours: outcomes of these frames, first and last, are not true


@dataclass(frozen=True, slots=True)
class PlayerDropped:
    """All survivors agree: the last input of `name` is of frame `frame` - 1. A substitute plays from then on.

    To do: tell the person. The match goes on.
    """

    name: str
    slots: tuple[int, ...]
    frame: int


@dataclass(frozen=True, slots=True)
class AskingWitness:
    """Half of the match, `lost`, is out of reach: the broker is asked which half goes on. Within seconds the
    match goes on (`PlayerDropped` follows) or ends here (`MatchEnded`, SPLIT).

    To do: say that the game waits, and for what.
    """

    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlayerSeated:
    """From frame `frame` on `name` plays slots that a substitute played: somebody came back, or came late.

    To do: tell the person. Nothing stopped for it.
    """

    name: str
    slots: tuple[int, ...]
    frame: int


@dataclass(frozen=True, slots=True)
class SeatTaken:
    """We have caught up: from frame `frame` on slot `slot` is ours.

    To do: let the person play.
    """

    slot: int
    frame: int


@dataclass(frozen=True, slots=True)
class FalseBeginning:
    """For a late comer: `source` said that episode `number` begins with frame `frame`. That is not so; `why`
    says what was found instead. `is_last`: nobody else can be asked, so all frames are played.

    To do: tell the person. Nothing of it is in the record.
    """

    source: str
    frame: int
    number: int
    why: str
    is_last: bool


@dataclass(frozen=True, slots=True)
class SourceFound:
    """A spectator's event: the match is watched through `name` from now on.

    To do: nothing.
    """

    name: str


@dataclass(frozen=True, slots=True)
class SourceLost:
    """A spectator's event: `name` feeds us no more; `why` says what it said, or that it was silent.

    To do: nothing. The next source is asked, or else the broker for another.
    """

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class CatchingUp:
    """A spectator's event: `frame` of `frames` is played, far behind the others.

    To do: show the progress instead of the game; drawing would only cost time.
    """

    frame: int
    frames: int


@dataclass(frozen=True, slots=True)
class Live:
    """A spectator's event: from `frame` on the match is followed as it is played.

    To do: show it.
    """

    frame: int


@dataclass(frozen=True, slots=True)
class MatchEnded:
    """The last event: the match is over for this peer. `reason` says how, `text` says it to the person.

    To do: show `text` and write the report. `reason` is FINISHED if and only if all went well.
    """

    reason: EndReason
    text: str


Event = (
    LinkUp
    | MatchStarted
    | InputDelayChanged
    | Interrupted
    | Resumed
    | Accused
    | Stalled
    | StallEnded
    | Slowed
    | FullPace
    | GuessingEnded
    | GuessingResumed
    | Desync
    | AskingWitness
    | PlayerDropped
    | PlayerSeated
    | SeatTaken
    | FalseBeginning
    | MatchEnded
)
SpectatorEvent = SourceFound | SourceLost | CatchingUp | Live | FalseBeginning | Desync | MatchEnded
