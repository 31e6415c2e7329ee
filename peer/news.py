"""Events of a match as lines for a person."""

from __future__ import annotations

from netcode.events import (
    Accused,
    AskingWitness,
    CatchingUp,
    Desync,
    Event,
    FalseBeginning,
    FullPace,
    GuessingEnded,
    GuessingResumed,
    InputDelayChanged,
    Interrupted,
    LinkUp,
    Live,
    MatchEnded,
    MatchStarted,
    PlayerDropped,
    PlayerSeated,
    Resumed,
    SeatTaken,
    Slowed,
    SourceFound,
    SourceLost,
    SpectatorEvent,
    Stalled,
    StallEnded,
)


def describe(event: Event | SpectatorEvent) -> str:
    """An event as a line for a person."""
    match event:
        case LinkUp(name):
            return f"{name} is here"
        case MatchStarted():
            return "the match begins"
        case InputDelayChanged(frame, before, delay, automatic):
            why = " (as measured)" if automatic else ""
            return f"input delay: {delay} frames from frame {frame} on, not {before}{why}"
        case Interrupted(name, silent):
            return f"nothing heard from {name} for {silent:.1f} s, waiting"
        case Resumed(name):
            return f"{name} is back"
        case Accused(_, text):
            return text
        case Stalled(names):
            return f"waiting for {', '.join(names)}"
        case StallEnded(seconds):
            return f"going on after {seconds:.1f} s"
        case Slowed():
            return describe_pace(event)
        case FullPace(seconds):
            return f"at the full frame rate again; {seconds:.1f} s were played below it"
        case GuessingEnded(frame, why):
            return f"from frame {frame:,} on nothing is predicted, as {why}"
        case GuessingResumed(frame):
            return f"from frame {frame:,} on inputs are predicted again"
        case Desync(suspects=names, text=text) if names:
            return text
        case Desync(name, first, last, text=""):  # at a spectator, who knows no more
            return f"the game here differs from that of {name} within frames {first} to {last}"
        case Desync(left=names, text=text) if names:
            return f"{' and '.join(names)} played another game and left: {text}"
        case Desync(wrong=frames, text=text) if frames:
            return f"our game had gone wrong: {text}"
        case Desync(name, text=text):
            return f"the game differs from {name}'s: {text}"
        case PlayerSeated(name, _, frame):
            return f"{name} plays from frame {frame} on"
        case SeatTaken(slot, frame):
            return f"caught up: slot {slot} is ours from frame {frame} on"
        case AskingWitness(names):
            return f"{' and '.join(names)} out of reach, half of the match: asking the broker who goes on"
        case PlayerDropped(name, _, frame):
            return f"{name} is gone; from frame {frame} on a substitute plays"
        case SourceFound(name):
            return f"watching through {name}"
        case FalseBeginning(name, frame, number, why, is_last):
            then = "nobody else can be asked: all frames are played" if is_last else "asking others"
            said = f"{name} says that episode {number:,} begins with frame {frame:,}"
            return f"{said}, which is false: {why}; {then}"
        case SourceLost(name, why):
            return f"{name} feeds us no more ({why}); asking others"
        case CatchingUp(frame, frames):
            return f"catching up from frame {frame:,} of {frames:,}"
        case Live(frame):
            return f"live from frame {frame:,} on"
        case MatchEnded(reason, text):
            return f"{reason.value}: {text}"


def describe_pace(event: Slowed) -> str:
    """Why the match is slow, in one line."""
    whose = "this machine" if event.name is None else f"{event.name}'s machine"
    return f"running at {event.fps:.0f} of {event.full_fps:g} fps: {whose} is slow"
