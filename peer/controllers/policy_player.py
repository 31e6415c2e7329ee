"""A policy as the controller of a slot: its actions are inputs, so only they need to agree everywhere."""

from __future__ import annotations

from collections import deque
from typing import Any, Final

from peer.controllers.controller import NOT_YET, PlayedGame
from peer.controllers.policy_asking import AskedPolicy
from peer.policies.options import PolicyOptions
from peer.policies.policy import Policy
from peer.policies.thinker import Answer

ALIVE: Final = (
    0.01  # seconds that a frame which waits for an answer gives it, until the network is looked after
)


class PolicyController(AskedPolicy):
    """Looks every `frame_skip` frames at the present as it is predicted here, and acts on it `reaction`
    frames later, or as soon as it has thought. Until then it holds its last action, or does nothing."""

    def __init__(self, policy: Policy, options: PolicyOptions, *, waits: bool = False) -> None:
        """`waits`: no frame is played without its answer, as in a match that is as fast as it can be."""
        super().__init__(policy, options)
        self._waits = waits
        self._expected: deque[int] = deque()  # frames asked about whose answers are not due yet
        self._decided: deque[Answer] = deque()  # not due yet; at most one a frame of the reaction
        self._action: Any = None
        self._frame = self._looked_at = self._due = self._answered = -1
        self._is_settled = True

    def forget(self) -> None:
        super().forget()
        self._let_go()

    def sample(self, frame: int, simulation: PlayedGame, slot: int) -> Any | None:
        """Raises: UnplayableError if the policy fails, or gives what is no action of the slot."""
        if frame == self._frame and self._is_settled:
            return self._action
        asks = frame != self._frame and self._look(frame, simulation, slot)
        self._frame = frame
        self._decided.extend(self.answers(self._looked_at, self._patience(asks)))
        self._is_settled = not self._waits or not self._lacks_answer
        if not self._is_settled:
            return NOT_YET
        self._decide(frame, simulation, slot)
        return self._action

    def _let_go(self) -> None:
        self._decided.clear()
        self._expected.clear()
        self._action, self._due = None, self._answered

    @property
    def _lacks_answer(self) -> bool:
        newest = self._decided[-1].frame if self._decided else self._answered
        return bool(self._expected) and self._expected[-1] > newest

    def _patience(self, asks: bool) -> float:
        if self._waits:
            return ALIVE if self._lacks_answer else 0.0
        return self.options.patience_ms / 1000 if asks and not self.options.reaction else 0.0

    def _look(self, frame: int, simulation: PlayedGame, slot: int) -> bool:
        """Ask the policy, if it is time to. Returns whether it was."""
        is_new = self.is_new(simulation)
        if not is_new and frame - self._looked_at < self.options.frame_skip:
            return False
        if not self.ask(frame, simulation, slot):
            self._action = None
            return False  # out of the game for now
        if is_new:
            self._let_go()
        self._looked_at = frame
        self._expected.append(frame)
        return True

    def _decide(self, frame: int, simulation: PlayedGame, slot: int) -> None:
        """Act on the answers whose time has come."""
        reaction = self.options.reaction
        while self._expected and self._expected[0] + reaction <= frame:
            self._due = self._expected.popleft()
        acts = False
        while self._decided and self._decided[0].frame + reaction <= frame:
            answer = self._decided.popleft()
            self.late += answer.frame + reaction < frame
            self._action, self._answered, acts = (
                self.action(answer, simulation, slot),
                answer.frame,
                True,
            )
        if not acts and self._answered < self._due:
            self.held_frames += 1
            if self.options.while_thinking == "default":
                self._action = None
