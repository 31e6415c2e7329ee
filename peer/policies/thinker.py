"""A policy in a thread of its own: it thinks as long as it likes, and frames go on."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from netcode.errors import UnplayableError
from peer.policies.policy import Policy


@dataclass(frozen=True)
class Question:
    """What was seen at a frame."""

    frame: int
    observation: Any
    info: Mapping[str, Any]
    begins: bool  # the first look of an episode


@dataclass(frozen=True)
class Answer:
    """What is to be done about it."""

    frame: int
    action: Any
    seconds: float  # of thinking


class Thinker:
    """Asked by the main thread; only the newest question waits (a queue of one, the older falls out)."""

    def __init__(self, policy: Policy) -> None:
        self.skipped = 0  # questions that a newer one replaced before they were thought about
        self._policy = policy
        self._question: Question | None = None
        self._answers: list[Answer] = []
        self._error: str | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="policy", daemon=True)
        self._thread.start()

    def ask(self, question: Question) -> None:
        with self._changed:
            before = self._question
            if before is not None:
                self.skipped += 1
                if before.begins:  # that an episode began is not to be forgotten
                    question = replace(question, begins=True)
            self._question = question
            self._changed.notify_all()

    def answers(self, frame: int, patience: float) -> list[Answer]:
        """Those given since the last call; waits at most `patience` seconds for the one about `frame`.

        Raises: UnplayableError if the policy failed.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._error is not None or self._has(frame), patience)
            if self._error is not None:
                raise UnplayableError(self._error)
            answers, self._answers = self._answers, []
            return answers

    def _has(self, frame: int) -> bool:
        return bool(self._answers) and self._answers[-1].frame >= frame

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._question is not None)
                question, self._question = self._question, None
            assert question is not None
            began = perf_counter()
            try:
                if question.begins:
                    self._policy.reset()
                action = self._policy.act(question.observation, question.info)
            except Exception as error:  # somebody else's code
                told = str(error).splitlines()[0] if str(error) else ""
                with self._changed:
                    self._error = (
                        f"the policy failed at frame {question.frame}: {type(error).__name__}: {told}"
                    )
                    self._changed.notify_all()
                return
            with self._changed:
                self._answers.append(Answer(question.frame, action, perf_counter() - began))
                self._changed.notify_all()
