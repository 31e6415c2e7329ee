"""What `netplay check` found out about an environment."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from peer.simulation.check.culprit import Culprit


@dataclass(slots=True)
class Check:
    """One claim, and how it fared. `passed` is None if it does not apply."""

    claim: str
    passed: bool | None
    detail: str = ""
    culprit: Culprit | None = None  # the line that is to blame, where one could be found

    def as_dict(self) -> dict[str, Any]:
        culprit = self.culprit.as_dict() if self.culprit else None
        return {"claim": self.claim, "passed": self.passed, "detail": self.detail, "culprit": culprit}


@dataclass(slots=True)
class Report:
    """`ok`: certified for exactly what netplay would do with it, rollback or lockstep."""

    env: str
    players: int
    frames: int
    fps: float = 60.0
    episodes: int = 0
    checks: list[Check] = field(default_factory=list)
    entropy: list[dict[str, Any]] = field(default_factory=list)  # EntropyUse.as_dict of each place
    costs_us: dict[str, float] = field(default_factory=dict)
    guessed: int = 0  # frames that were taken back and played again; less than `frames` where guessing ends
    ends_guessing: str = ""  # why: what came up in play
    left_out: dict[str, str] = field(default_factory=dict)  # globals that are no state: name -> why
    objects: int = 0  # mutable objects in a snapshot
    snapshot_bytes: int = 0
    mode: str = "unplayable"  # or "rollback", "lockstep"
    replayed_frames: int = 0  # that fit one frame's time
    verdict: str = ""

    @property
    def ok(self) -> bool:
        return self.mode != "unplayable" and all(check.passed is not False for check in self.checks)

    def as_dict(self) -> dict[str, Any]:
        """As JSON knows it, with "ok"."""
        plain = {**asdict(self), "checks": [check.as_dict() for check in self.checks]}
        return plain | {"ok": self.ok}
