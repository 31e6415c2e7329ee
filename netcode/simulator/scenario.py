"""One whole scenario: a match and all that goes wrong in it. Plain data, small enough to keep as a file."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from netcode import limits
from netcode.errors import ConfigError
from netcode.settings import MatchSettings, explain
from netcode.simulator.weather import Weather

Slot = Annotated[int, Field(ge=0, lt=limits.MAX_PLAYERS)]
Seconds = Annotated[float, Field(ge=0.0, le=3600.0)]
Milliseconds = Annotated[float, Field(ge=0.0, le=60_000.0)]
Share = Annotated[float, Field(ge=0.0, lt=1.0)]

TrickName = Literal[
    "garbage",
    "stranger",
    "truncated",
    "oversize",
    "other link",
    "forged ack",
    "forged digest ack",
    "forged goodbye",
    "future frame",
    "future inputs",
    "gap",
    "no such action",
    "equivocation",
    "boast",
    "lying pace",
]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BadWeather(_Model):
    """One direction of a link is bad until the healing time. Fields as in `Weather`."""

    kind: Literal["weather"] = "weather"
    source: Slot
    target: Slot
    delay_ms: Milliseconds = 0.0
    jitter_ms: Milliseconds = 0.0
    loss: Share = 0.0
    burst_loss: Share = 0.0
    burst_ms: Annotated[float, Field(gt=0.0, le=60_000.0)] = 60.0
    reorder: Share = 0.0
    reorder_ms: Milliseconds = 20.0
    duplicate: Share = 0.0
    kbit: Annotated[float, Field(ge=0.0)] = 0.0

    @property
    def weather(self) -> Weather:
        return Weather(**self.model_dump(exclude={"kind", "source", "target"}))


class Cut(_Model):
    """One direction of a link lets nothing through for a while."""

    kind: Literal["cut"] = "cut"
    source: Slot
    target: Slot
    at: Seconds
    seconds: Seconds


class Pause(_Model):
    """A process stands still, as after SIGSTOP."""

    kind: Literal["pause"] = "pause"
    slot: Slot
    at: Seconds
    seconds: Seconds


class ClockRate(_Model):
    """A peer's frames take `rate` times as long as they should."""

    kind: Literal["clock"] = "clock"
    slot: Slot
    rate: Annotated[float, Field(gt=0.5, lt=2.0)]


class Slow(_Model):
    """A machine manages no more than `speed` of the frame rate for a while, without rollbacks."""

    kind: Literal["slow"] = "slow"
    slot: Slot
    at: Seconds
    seconds: Seconds
    speed: Annotated[float, Field(gt=0.1, lt=1.0)]
    replayed: Share = 0.3  # of a frame's work, which every replayed frame costs again


class LateStart(_Model):
    """A peer starts later than the others."""

    kind: Literal["late"] = "late"
    slot: Slot
    seconds: Seconds


class Trick(_Model):
    """A hostile peer adds a crafted packet to a share of those it sends, until the healing time."""

    kind: Literal["trick"] = "trick"
    slot: Slot
    name: TrickName
    share: Share


class TwoFaces(_Model):
    """A hostile peer tells `deceived` other inputs than it presses, of `frames` frames from `frame` on.

    `mute`: it takes no part in finding out who it was, and tells no digests.
    """

    kind: Literal["two faces"] = "two faces"
    slot: Slot
    deceived: Annotated[tuple[Slot, ...], Field(min_length=1, max_length=limits.MAX_PLAYERS)]
    frame: Annotated[int, Field(ge=0)]
    frames: Annotated[int, Field(ge=1)] = 1
    mute: bool = False

    @property
    def end(self) -> int:
        return self.frame + self.frames


class Crash(_Model):
    """A process vanishes without a word."""

    kind: Literal["crash"] = "crash"
    slot: Slot
    at: Seconds


class Return(_Model):
    """A new process comes into the slot of one that has crashed or left."""

    kind: Literal["return"] = "return"
    slot: Slot
    at: Seconds


class Unplug(_Model):
    """Nobody hears a peer, and it hears nobody, for longer than the timeout: it is lost."""

    kind: Literal["unplug"] = "unplug"
    slot: Slot
    at: Seconds
    seconds: Seconds


class Leave(_Model):
    """A player leaves, and says goodbye."""

    kind: Literal["leave"] = "leave"
    slot: Slot
    at: Seconds


class Watch(_Model):
    """Somebody watches through one of these players, the first that it can reach; and may vanish."""

    kind: Literal["watch"] = "watch"
    through: Annotated[tuple[Slot, ...], Field(min_length=1, max_length=limits.MAX_PLAYERS)]
    at: Seconds
    crashes_at: Seconds | None = None


class NoBroker(_Model):
    """A peer does not reach the broker for a while."""

    kind: Literal["no broker"] = "no broker"
    slot: Slot
    at: Seconds
    seconds: Seconds


class BrokerStops(_Model):
    """The broker's process ends; after `seconds` one that knows of no match takes its place."""

    kind: Literal["broker stops"] = "broker stops"
    at: Seconds
    seconds: Seconds


Fault = (
    BadWeather
    | Cut
    | Pause
    | ClockRate
    | Slow
    | LateStart
    | Trick
    | Crash
    | Leave
    | Return
    | Unplug
    | Watch
    | TwoFaces
    | NoBroker
    | BrokerStops
)
DEPARTURES: Final = (Crash, Leave, Unplug)  # after one of these only those finish who survive drops


class Scenario(_Model):
    """Everything about one simulated match follows from this."""

    settings: MatchSettings
    hold: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0  # chance that a button stays as it was
    ordered: bool = True  # False: jitter lets packets overtake
    brittle: bool = False  # the game fails on some guesses
    forgetful: bool = False  # the game comes into states that no snapshot can put back
    heals_at: Seconds = 0.0  # from here on links are calm, and peers must get on
    faults: tuple[Annotated[Fault, Field(discriminator="kind")], ...] = ()
    may_split: bool = False  # sleeps, cuts and leaves may part the players anywhere: nobody need finish

    @property
    def departures(self) -> tuple[Crash | Leave | Unplug, ...]:
        return tuple(fault for fault in self.faults if isinstance(fault, DEPARTURES))

    @property
    def lie(self) -> TwoFaces | None:
        """Who tells the others different inputs, if anybody does."""
        return next((fault for fault in self.faults if isinstance(fault, TwoFaces)), None)

    @property
    def survives_drops(self) -> bool:
        return self.settings.on_drop != "end"

    def to_json(self) -> str:
        return self.model_dump_json(indent=1, exclude_defaults=False) + "\n"

    @classmethod
    def from_json(cls, text: str, where: str) -> Scenario:
        """Raises: ConfigError naming what is wrong in `where`."""
        try:
            scenario = cls.model_validate_json(text)
        except ValidationError as error:
            raise ConfigError(explain(error, where, cls)) from None
        players = scenario.settings.players
        for fault in scenario.faults:
            if max(slots_of(fault)) >= players:
                raise ConfigError(f"{where}: a fault of slot {max(slots_of(fault))}, {players} play")
            if isinstance(fault, BadWeather | Cut) and fault.source == fault.target:
                raise ConfigError(f"{where}: a link from slot {fault.source} to itself")
        return scenario


def slots_of(fault: Fault) -> tuple[int, ...]:
    """The slots that a fault touches."""
    if isinstance(fault, BrokerStops):
        return (0,)
    if isinstance(fault, Watch):
        return fault.through
    if isinstance(fault, TwoFaces):
        return (fault.slot, *fault.deceived)
    return (fault.source, fault.target) if isinstance(fault, BadWeather | Cut) else (fault.slot,)
