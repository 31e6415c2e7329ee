"""From the word a person wrote to the controller it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any

from netcode.errors import ConfigError
from peer.controllers.controller import Controller, PlayedGame
from peer.controllers.key_sources import find_key_map
from peer.controllers.keyboard import KeyboardController, PressedKeys, Strengths
from peer.controllers.policy_player import PolicyController
from peer.controllers.policy_turns import TurnPolicyController
from peer.controllers.random_actions import RandomController
from peer.controllers.scripted import read_script
from peer.controllers.specs import parse_spec
from peer.policies.options import PolicyOptions
from peer.policies.shelf import PolicyShelf


class IdleController:
    """Does nothing, frame after frame."""

    def sample(self, frame: int, simulation: PlayedGame, slot: int) -> Any | None:
        return None


@dataclass(frozen=True)
class Thinking:
    """How policies play in a match."""

    options: PolicyOptions = field(default_factory=PolicyOptions)  # of all that have none of their own
    shelf: PolicyShelf = field(default_factory=PolicyShelf)  # those that are loaded already
    longest_wait_ms: float = inf  # of a frame for a policy, whatever that says itself
    fast: bool = False  # then frames wait as long as it takes
    input_delay: Callable[[], int] = lambda: 0  # frames from an input to its being played


def make_controller(
    spec: str,
    slot: int,
    seed: int,
    simulation: PlayedGame,
    *,
    pressed_keys: PressedKeys | None = None,
    strengths: Strengths | None = None,
    keys: Mapping[str, Any] | None = None,
    default_action: Any = None,
    hand: tuple[int, int] = (0, 1),
    thinking: Thinking | None = None,
) -> Controller:
    """The controller of `slot`: `keyboard`, `random[:SEED]`, `script:FILE`, `policy:...` or `idle`.

    `seed` serves `random` without one of its own. The keyboard needs `pressed_keys` (of the window);
    `keys` and `default_action` are those of the match file; `hand` (k, n): the k-th of n at one keyboard.

    Raises: ConfigError for an unknown spec, a broken script, a keyboard without a window.
    """
    kind, argument = parse_spec(spec)
    match kind:
        case "random":
            return RandomController(int(argument) if argument else seed, slot)
        case "script":
            return read_script(Path(argument), simulation.codecs[slot])
        case "policy":
            return _policy(argument, simulation, thinking or Thinking())
        case "keyboard":
            if pressed_keys is None:
                raise ConfigError(
                    "controller 'keyboard' needs a display, and there is none; use random or script:FILE"
                )
            key_map = find_key_map(simulation, slot, keys, default_action, hand)
            return KeyboardController(key_map, pressed_keys, strengths)
    return IdleController()


def _policy(argument: str, simulation: PlayedGame, thinking: Thinking) -> Controller:
    loaded, options = thinking.shelf.take(argument, thinking.options)
    patience = min(options.patience_ms, thinking.longest_wait_ms)
    options = options.model_copy(update={"patience_ms": patience})
    if simulation.takes_turns:
        return TurnPolicyController(loaded, options, waits=thinking.fast, input_delay=thinking.input_delay)
    return PolicyController(loaded, options, waits=thinking.fast)
