"""A policy as the controller of a slot: its actions are inputs, so only they need to agree everywhere."""

from __future__ import annotations

from collections import deque
from typing import Any, Protocol

from netcode.errors import ConfigError, UnplayableError
from peer.controllers.actions import as_action, first_of_discrete
from peer.controllers.controller import PlayedGame
from peer.policies.options import PolicyOptions
from peer.policies.pipeline import ObservationPipeline
from peer.policies.policy import Policy
from peer.policies.thinker import Answer, Question, Thinker


class SeenGame(PlayedGame, Protocol):
    """A game that also shows a slot what it sees."""

    @property
    def episode(self) -> int: ...

    def observe(self, slot: int) -> Any:
        """None once the slot is out."""
        ...


class PolicyController:
    """Looks every `frame_skip` frames at the present as it is predicted here, and acts on it `reaction`
    frames later, or as soon as it has thought. Until then it holds its last action, or does nothing."""

    def __init__(self, policy: Policy, options: PolicyOptions) -> None:
        self._options = options
        self._thinker = Thinker(policy)
        self._pipeline = ObservationPipeline(options)
        self._decided: deque[Answer] = deque()  # not due yet; at most one a frame of the reaction
        self._action: Any = None
        self._frame = -1  # of the newest sample
        self._looked_at: int | None = None
        self._episode = -1

    def sample(self, frame: int, simulation: PlayedGame, slot: int) -> Any | None:
        """Raises: UnplayableError if the policy fails, or gives what is no action of the slot."""
        if frame == self._frame:
            return self._action
        self._frame = frame
        asked = self._look(frame, simulation, slot)
        reaction = self._options.reaction
        patience = self._options.patience_ms / 1000 if asked and not reaction else 0.0
        self._decided.extend(self._thinker.answers(frame, patience))
        due = False
        while self._decided and self._decided[0].frame + reaction <= frame:
            self._action, due = self._as_action(self._decided.popleft().action, simulation, slot), True
        if asked and not due and self._options.while_thinking == "default":
            self._action = None
        return self._action

    def _look(self, frame: int, simulation: Any, slot: int) -> bool:
        """Ask the policy, if it is time to. Returns whether it was."""
        begins = simulation.episode != self._episode
        if begins:
            self._pipeline.reset()
            self._looked_at = None
        if self._looked_at is not None and frame - self._looked_at < self._options.frame_skip:
            return False
        seen = simulation.observe(slot)
        if seen is None:
            self._action = None
            return False  # out of the game for now
        self._episode, self._looked_at = simulation.episode, frame
        info = {
            "slot": slot,
            "frame": frame,
            "episode": simulation.episode,
            "action_mask": simulation.action_mask(slot),
            "first_action": first_of_discrete(simulation.codecs[slot]),
        }
        self._thinker.ask(Question(frame, self._pipeline.see(seen), info, begins))
        return True

    def _as_action(self, action: Any, simulation: PlayedGame, slot: int) -> Any:
        if action is None:
            return None
        plain = action.tolist() if hasattr(action, "tolist") else action
        try:
            return as_action(plain, simulation.codecs[slot], f"slot {slot}")
        except ConfigError as error:
            raise UnplayableError(f"the policy gave no action of its slot: {error}") from None
