"""Which key does what: from the match file, the environment's own tables, or in the order of the actions."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from netcode.errors import ConfigError
from peer.controllers.actions import NamedAction, as_action, first_of_discrete, is_allowed
from peer.controllers.controller import ActionCodec, ActionMask, PlayedGame
from peer.controllers.key_names import key_code, modern_code, shown_name

_IN_ORDER = (("left", "a"), ("right", "d"), ("up", "w"), ("down", "s"), ("space",))
_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Binding:
    """These keys together mean this action; `name` is its word for the player, may be empty."""

    keys: frozenset[int]
    action: Any
    name: str = ""


@dataclass(frozen=True, slots=True)
class KeyMap:
    """All bindings of one player; `idle` is the action while no key is down (None: the default)."""

    bindings: tuple[Binding, ...]
    idle: Any | None = None

    def choose(self, held: Sequence[int], codec: ActionCodec, mask: ActionMask | None) -> Any | None:
        """The action for the keys held, oldest first: the longest chord wins, then the newest key."""
        best, best_rank = self.idle, (0, -1)
        for binding in self.bindings:
            if not binding.keys <= set(held) or not is_allowed(binding.action, codec, mask):
                continue
            rank = (len(binding.keys), max(held.index(key) for key in binding.keys))
            if rank > best_rank:
                best, best_rank = binding.action, rank
        return best if best is None or is_allowed(best, codec, mask) else None

    def legend(self) -> str:
        """One line for the player: `W forward   S back`; the bare keys where the actions have no names."""
        texts: dict[str, str] = {}
        for binding in self.bindings:
            keys = "+".join(sorted(shown_name(key) for key in binding.keys))
            word = binding.name or keys
            texts[word] = f"{texts[word]} {keys}" if binding.name and word in texts else keys
        if any(binding.name for binding in self.bindings):
            return "   ".join(f"{keys} {word}" if keys != word else keys for word, keys in texts.items())
        return "keys: " + " ".join(texts)


def find_key_map(
    simulation: PlayedGame,
    slot: int,
    keys: Mapping[str, Any] | None = None,
    default_action: Any = None,
    hand: tuple[int, int] = (0, 1),
) -> KeyMap:
    """The key map of `slot`: `keys` (name or `a+b` -> action or NamedAction), else the environment's own.
    `hand` (k, n): the k-th of n at one keyboard.

    Raises: ConfigError for a key or action that does not exist, or where no map can be guessed.
    """
    codec = simulation.codecs[slot]
    idle = None if default_action is None else as_action(default_action, codec, "default_action")
    if keys:
        return KeyMap(tuple(_written(keys, codec)), idle)
    env = getattr(simulation, "env", None)
    base = env[slot] if isinstance(env, tuple) else env
    base = getattr(base, "unwrapped", base)
    for bindings, own_idle in (_from_method(base, codec), _from_manual_policy(base, slot, codec)):
        if bindings:
            return KeyMap(bindings, own_idle if idle is None else idle)
    return KeyMap(_in_order(codec, slot, hand), idle)


def _written(keys: Mapping[str, Any], codec: ActionCodec) -> Iterable[Binding]:
    for chord, value in keys.items():
        action, word = (value.action, value.name) if isinstance(value, NamedAction) else (value, "")
        codes = frozenset(key_code(name) for name in (chord.split("+") if len(chord) > 1 else [chord]))
        yield Binding(codes, as_action(action, codec, f"[keys] {chord}"), word)


def _from_method(base: Any, codec: ActionCodec) -> tuple[tuple[Binding, ...], Any | None]:
    """gymnasium's convention: get_keys_to_action() gives {keys: action}; keys a number, a text or a tuple."""
    method = getattr(base, "get_keys_to_action", None)
    try:
        table = dict(method()) if callable(method) else {}
        chords = {_chord(keys): action for keys, action in table.items()}
        return _checked(chords, codec)
    # The table is the environment's: whatever is wrong with it, it is merely no help.
    except Exception:
        return (), None


def _from_manual_policy(base: Any, slot: int, codec: ActionCodec) -> tuple[tuple[Binding, ...], Any | None]:
    """PettingZoo's convention: ManualPolicy(env, agent_id) has action_mapping and default_action."""
    agents = list(getattr(base, "possible_agents", []))
    try:
        policy_class = _manual_policy_class(type(base))
        # It only wants names; the real environment stays out of its hands.
        policy = policy_class(SimpleNamespace(agents=agents, possible_agents=agents), slot)
        chords = {frozenset({int(key)}): action for key, action in policy.action_mapping.items()}
        return _checked(chords | {frozenset(): policy.default_action}, codec)
    except Exception:
        return (), None


def _manual_policy_class(env_class: type) -> Any:
    """The class beside the environment's: in its module, or in `manual_policy` of the same package."""
    module = inspect.getmodule(env_class)
    own = getattr(module, "ManualPolicy", None)
    package = env_class.__module__.rpartition(".")[0]
    return own or importlib.import_module(f"{package}.manual_policy").ManualPolicy


def _chord(keys: Any) -> frozenset[int]:
    parts = keys if isinstance(keys, (tuple, list)) else [*keys] if isinstance(keys, str) else [keys]
    return frozenset(key_code(part) if isinstance(part, str) else modern_code(int(part)) for part in parts)


def _checked(
    chords: Mapping[frozenset[int], Any], codec: ActionCodec
) -> tuple[tuple[Binding, ...], Any | None]:
    actions = {chord: as_action(action, codec, "own keys") for chord, action in chords.items()}
    idle = actions.pop(frozenset(), None)
    return tuple(Binding(chord, action) for chord, action in actions.items()), idle


def _in_order(codec: ActionCodec, slot: int, hand: tuple[int, int]) -> tuple[Binding, ...]:
    """Digit k is the k-th action; arrows, letters and space are the actions that do something, in order.

    Of two at one keyboard the first has the arrows, the second the letters, and nobody the digits.
    """
    every = _few_actions(codec)
    if not every:
        raise ConfigError(f"keyboard: no keys are known for slot {slot}; name them in [keys] of a match file")
    doing = every if len(every) <= 2 else every[1:]
    bindings = [
        Binding(frozenset({key_code(key)}), action)
        for keys, action in zip(_IN_ORDER, doing, strict=False)
        for key in (keys if hand[1] <= 1 else keys[hand[0] : hand[0] + 1])
    ]
    if hand[1] > 1:
        return tuple(bindings)
    digits = [Binding(frozenset({key_code(str(index))}), action) for index, action in enumerate(every)]
    return tuple(bindings + digits)


def _few_actions(codec: ActionCodec) -> list[int]:
    """All actions of a Discrete slot with no more of them than there are digits; else none."""
    first = first_of_discrete(codec)
    actions: list[int] = []
    while first is not None and len(actions) <= _DIGITS:
        try:
            codec.encode(first + len(actions))
        except ValueError:
            return actions
        actions.append(first + len(actions))
    return []
