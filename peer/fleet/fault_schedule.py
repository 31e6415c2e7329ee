"""The seeded schedule of a soak: what goes wrong, when, to whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal

from peer.fleet.soak_config import SoakConfig

FaultKind = Literal["kill_peer", "kill_broker", "pause_peer", "change_weather"]


@dataclass(frozen=True)
class Fault:
    """One planned fault. `lane` and `peer` are wishes: who is not playing just then is passed over."""

    at: float  # seconds from the start
    kind: FaultKind
    lane: int
    peer: int  # modulo the players of the match
    pause_s: float = 0.0
    weather: str = ""

    def __str__(self) -> str:
        match self.kind:
            case "pause_peer":
                return f"pause of {self.pause_s:.1f} s"
            case "change_weather":
                return f"weather {self.weather}"
            case "kill_peer":
                return "peer killed"
            case "kill_broker":
                return "broker killed"


def fault_schedule(config: SoakConfig, minutes: float) -> list[Fault]:
    """All faults of `minutes` minutes, in order of time."""
    return list(_faults(config, minutes))


def _faults(config: SoakConfig, minutes: float) -> Iterator[Fault]:
    rng = Random(f"faults {config.seed}")
    weights: dict[FaultKind, float] = config.faults.model_dump()  # type: ignore[assignment]
    kinds = list(weights)
    if not any(weights.values()):
        return
    at = config.fault_every
    while at < minutes * 60:
        kind = rng.choices(kinds, list(weights.values()))[0]
        yield Fault(
            at=round(at, 3),
            kind=kind,
            lane=rng.randrange(config.lanes),
            peer=rng.randrange(16),
            pause_s=round(rng.uniform(*config.pause_seconds), 2),
            weather=rng.choice(config.weathers),
        )
        at += config.fault_every


def match_seed(config: SoakConfig, lane: int, number: int) -> int:
    """The seed of the `number`-th match of a lane."""
    return Random(f"match {config.seed} {lane} {number}").randrange(2**31)
