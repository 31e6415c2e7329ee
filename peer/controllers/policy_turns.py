"""A policy in a game of turns: asked when it is its turn, and each answer is one move."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from peer.controllers.controller import NOT_YET, PlayedGame
from peer.controllers.policy_asking import AskedPolicy
from peer.controllers.policy_player import ALIVE
from peer.policies.options import PolicyOptions
from peer.policies.policy import Policy
from peer.policies.thinker import Answer


class TurnPolicyController(AskedPolicy):
    """Waits until its slot is to act, asks once, and plays the answer in a single frame.

    A move that is on its way (the input delay) is waited for: played again, it might be taken for an answer
    to the next turn. If it is our turn still, or again, when it has been played, the policy is asked anew.
    """

    def __init__(
        self,
        policy: Policy,
        options: PolicyOptions,
        *,
        waits: bool = False,
        input_delay: Callable[[], int] = lambda: 0,
    ) -> None:
        """`waits`: see PolicyController. `input_delay()`: frames from an input to its being played."""
        super().__init__(policy, options)
        self._waits = waits
        self._input_delay = input_delay
        self._question: int | None = None  # frame of the one that is being thought about
        self._answer: Answer | None = None  # to it, if its time has not come
        self._frame = -1  # of the newest sample
        self._moved: int | None = None  # frame of the newest move
        self._action: Any = None
        self._is_settled = True

    def forget(self) -> None:
        super().forget()
        self._question = self._answer = None

    def sample(self, frame: int, simulation: PlayedGame, slot: int) -> Any | None:
        """Raises: UnplayableError if the policy fails, or gives what is no action of the slot."""
        if frame == self._frame and self._is_settled:
            return self._action
        self._frame = frame
        self._action = self._move(frame, simulation, slot)
        self._is_settled = self._action is not NOT_YET
        return self._action

    def _move(self, frame: int, simulation: PlayedGame, slot: int) -> Any | None:
        options, newest = self.options, -1 if self._question is None else self._question
        on_its_way = self._moved is not None and frame - self._input_delay() <= self._moved
        if simulation.slot_to_act != slot or on_its_way:
            self.answers(newest, 0.0)
            self._question = self._answer = None
            return None
        asks = self._question is None
        if asks:
            if not self.ask(frame, simulation, slot):
                return None
            self._question = newest = frame
        patience = (
            ALIVE if self._waits else options.patience_ms / 1000 if asks and not options.reaction else 0.0
        )
        for answer in self.answers(newest, patience if self._answer is None else 0.0):
            if answer.frame == self._question:
                self._answer = answer
        if self._answer is None:
            self.held_frames += not self._waits and frame >= newest + options.reaction
            return NOT_YET if self._waits else None
        if frame < newest + options.reaction:
            return None
        self.late += self._was_late(frame, newest + options.reaction)
        action, self._moved = self.action(self._answer, simulation, slot), frame
        self._question = self._answer = None
        return action

    def _was_late(self, frame: int, due: int) -> bool:
        return not self._waits and frame > due
