"""What all three kinds of environment look like to the simulation: slots that act at the same time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from gymnasium import spaces

from netcode.errors import UnplayableError
from peer.simulation.adapters.legal_actions import legal_action
from peer.simulation.adapters.spaces import ActionCodec

FOR_EVER: Final = -1


@dataclass(slots=True)
class Progress:
    """Where the match stands, beside the environment. All of it is state; indexed by slot."""

    episode: int = 0
    episode_frame: int = 0
    between: int = 0  # frames until the next episode begins; FOR_EVER after the last one
    rewards: list[float] = field(default_factory=list)  # of the newest frame
    terminations: list[bool] = field(default_factory=list)  # True from the frame on in which the slot ended
    truncations: list[bool] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)  # rewards summed over the episode

    def begin(self, slots: int, episode: int) -> None:
        self.episode, self.episode_frame, self.between = episode, 0, 0
        # Always the same lists: what is new each frame costs more to capture.
        self.rewards[:] = self.scores[:] = [0.0] * slots
        self.terminations[:] = self.truncations[:] = [False] * slots

    def begin_frame(self) -> None:
        self.rewards[:] = [0.0] * len(self.rewards)

    def end_frame(self) -> None:
        self.episode_frame += 1
        for slot, reward in enumerate(self.rewards):
            self.scores[slot] += reward

    def is_over(self, slot: int) -> bool:
        return self.terminations[slot] or self.truncations[slot]


def picture_of(env: Any) -> Any:
    """What one environment draws, or None: `render` in another mode may raise, warn or open a window."""
    return env.render() if getattr(env, "render_mode", None) == "rgb_array" else None


class Slots(dict[Any, int]):
    """The environment's ids -> slots. All of them have to be known before a match."""

    def __missing__(self, agent: Any) -> int:
        known = ", ".join(map(str, self))[:80]
        raise UnplayableError(
            f"agent {agent!s:.40} has come up in play and is none of possible_agents ({known}); list it there"
        )


def slots_of(agents: Sequence[Any]) -> Slots:
    return Slots({agent: slot for slot, agent in enumerate(agents)})


def mask_in(shown: Any) -> Any:
    """The action mask in an observation or info, or None."""
    return shown.get("action_mask") if isinstance(shown, dict) else None


class Adapter(ABC):
    """One environment object, played by slots. Holds no state of its own but `seen`."""

    may_skip = True  # the same inputs may be played several times in a frame
    takes_turns = False  # only one slot acts at a time

    def __init__(self, env: Any, agents: Sequence[Any], codecs: Sequence[ActionCodec]) -> None:
        self.env = env
        self.agents = tuple(agents)  # the environment's own ids, by slot
        self.codecs = tuple(codecs)
        # slot -> newest observation, ~slot -> newest mask told beside it; where stepping yields them
        self.seen: dict[int, Any] = {}
        self._stand_ins: list[Any] | None = None

    @property
    @abstractmethod
    def base(self) -> Any:
        """The unwrapped environment: paths of its fields are the ones a person knows."""

    @abstractmethod
    def defaults(self) -> list[bytes]:
        """By slot: the input that does nothing, by meaning where the environment says so."""

    @abstractmethod
    def reset(self, seed: int) -> None:
        """Begin an episode."""

    @abstractmethod
    def step(self, inputs: Sequence[bytes], progress: Progress) -> bool:
        """Play one step: add its rewards to those in `progress`, and set end flags, by slot.

        Returns: whether the episode is over.
        """

    def observe(self, slot: int) -> Any:
        """The slot's newest observation; None once it is out of the game."""
        return self.seen.get(slot)

    def action_mask(self, slot: int) -> Any:
        """Which actions are legal now, where the environment says so: in the form its action space takes."""
        if ~slot in self.seen:
            return self.seen[~slot]
        return mask_in(self.observe(slot))

    def legal(self, space: spaces.Space[Any], slot: int, data: bytes) -> Any:
        """The action that `data` stands for, made legal (legal_actions.py): equal on all peers.

        For environments that step with their eyes open; nothing is asked of them here.
        """
        action = self.codecs[slot].decode(data)
        mask = self.seen.get(~slot)
        if mask is None:
            mask = mask_in(self.seen.get(slot))
        if mask is None:
            return action
        if self._stand_ins is None:
            pairs = zip(self.codecs, self.defaults(), strict=True)
            self._stand_ins = [codec.decode(default) for codec, default in pairs]
        return legal_action(space, action, mask, self._stand_ins[slot])

    def see(self, slot: int, observation: Any, info: Any) -> None:
        """Keep what a step or reset has shown."""
        self.seen[slot] = observation
        mask = mask_in(info)
        if mask is not None:
            self.seen[~slot] = mask
        else:
            self.seen.pop(~slot, None)

    @property
    def slot_to_act(self) -> int | None:
        """Whose turn it is, where turns are taken."""
        return None

    def render(self) -> Any:
        """The environment's own picture, if it draws any."""
        return picture_of(self.env)

    def close(self) -> None:
        self.env.close()
