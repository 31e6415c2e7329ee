"""A policy that is asked about one slot: what it sees, and what may be done with its answers."""

from __future__ import annotations

from typing import Any

from netcode.errors import ConfigError, UnplayableError
from peer.controllers.actions import as_action, first_of_discrete
from peer.controllers.controller import PlayedGame
from peer.policies.options import PolicyOptions
from peer.policies.pipeline import ObservationPipeline
from peer.policies.policy import Policy
from peer.policies.thinker import Answer, Question, Thinker
from peer.timing import Histogram


class AskedPolicy:
    """Puts questions to the policy's own thread. Nothing is carried from one episode to the next."""

    def __init__(self, policy: Policy, options: PolicyOptions) -> None:
        self.options = options
        self.late = 0  # answers that came after the frame they were meant for
        self.held_frames = 0  # in which the answer was missing, and the last one or nothing was played
        self._answer_ms = Histogram()  # thinking, without the wait to be asked
        self._thinker = Thinker(policy)
        self._pipeline = ObservationPipeline(options)
        self._episode: int | None = None  # of the newest question; None: it is to begin anew
        self._first = 0  # frame of the first question that is still worth an answer

    def is_new(self, simulation: PlayedGame) -> bool:
        """Will the next question begin an episode?"""
        return simulation.episode != self._episode

    def forget(self) -> None:
        """Begin anew with the next question, as after a pause; answers that are on their way are dropped."""
        self._episode = None

    def ask(self, frame: int, simulation: PlayedGame, slot: int) -> bool:
        """What to do in what the slot sees now? False if it sees nothing: it is out for now."""
        seen = simulation.observe(slot)
        if seen is None:
            return False
        mask = simulation.action_mask(slot)  # may fail, as may the look: from here on nothing does
        begins = self.is_new(simulation)
        if begins:
            self._pipeline.reset()
            self._first = frame
        self._episode = simulation.episode
        info = {
            "slot": slot,
            "frame": frame,
            "episode": simulation.episode,
            "action_mask": mask,
            "first_action": first_of_discrete(simulation.codecs[slot]),
        }
        self._thinker.ask(Question(frame, self._pipeline.see(seen), info, begins))
        return True

    def answers(self, frame: int, patience: float) -> list[Answer]:
        """Those given since the last call; waits at most `patience` seconds for the one about `frame`.

        Raises: UnplayableError if the policy failed.
        """
        answers = self._thinker.answers(frame, patience)
        for answer in answers:
            self._answer_ms.add(answer.seconds * 1000)
        return [answer for answer in answers if answer.frame >= self._first]

    def action(self, answer: Answer, simulation: PlayedGame, slot: int) -> Any:
        """The answer as an action of the slot, numbers cut off at their bounds; None is the default.

        Raises: UnplayableError if it is none.
        """
        action = answer.action
        if action is None:
            return None
        plain = action.tolist() if hasattr(action, "tolist") else action
        codec = simulation.codecs[slot]
        try:
            return as_action(codec.within(plain), codec, f"slot {slot}")
        except ConfigError as error:
            raise UnplayableError(f"the policy gave no action of its slot: {error}") from None

    def report(self) -> dict[str, Any]:
        return {
            "answers": self._answer_ms.total,
            "answer_ms": self._answer_ms.summary(50, 99),
            "late": self.late,
            "held_frames": self.held_frames,
            "skipped": self._thinker.skipped,
        }
