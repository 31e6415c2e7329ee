"""A person and a policy in one slot: the policy plays while the person's hands are still."""

from __future__ import annotations

from typing import Any

from peer.controllers.controller import PlayedGame
from peer.controllers.keyboard import KeyboardController
from peer.controllers.policy_player import PolicyController
from peer.controllers.policy_turns import TurnPolicyController


class CoPilotController:
    """The person plays in the very frame a key of theirs is pressed, and is quiet for a while until the
    co-pilot plays again; it begins anew then, as it has seen nothing of what the person did."""

    def __init__(
        self, person: KeyboardController, co_pilot: PolicyController | TurnPolicyController, after: int
    ) -> None:
        """`after`: frames without a key of the person's until the co-pilot plays."""
        self.person, self.co_pilot = person, co_pilot
        self.plays = False  # the co-pilot, in the newest frame
        self.frames = 0  # it has played
        self.handovers: list[dict[str, Any]] = []  # for the match log; whoever reads them clears them
        self._after = after
        self._touched: int | None = None  # newest frame with a key down; None: the hands were always still
        self._counted = -1  # frame of the newest sample

    def sample(self, frame: int, simulation: PlayedGame, slot: int) -> Any | None:
        if self.person.is_touched:
            self._touched = frame
        plays = self._touched is None or frame - self._touched > self._after
        if plays != self.plays:
            self.plays = plays
            self.handovers.append({"frame": frame, "slot": slot, "co_pilot": plays})
            self.co_pilot.forget()
        if not plays:
            return self.person.sample(frame, simulation, slot)
        if frame != self._counted:
            self._counted = frame
            self.frames += 1
        return self.co_pilot.sample(frame, simulation, slot)
