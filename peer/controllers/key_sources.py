"""Where a player's keys come from: the match file, the environment's own tables, or what its actions mean."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Final

from netcode.errors import ConfigError
from peer.controllers.action_words import Words, action_words
from peer.controllers.actions import KeyNumber, NamedAction, as_action, as_number, first_of_discrete
from peer.controllers.controller import ActionCodec, PlayedGame
from peer.controllers.default_keys import default_bindings
from peer.controllers.key_map import Binding, KeyMap
from peer.controllers.key_names import key_code, modern_code

WINDOW_KEYS: Final = ("escape", "f1", "f2", "f3")  # menu, figures, input delay: never the game's


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
            return KeyMap(_with_words(bindings, base, codec), own_idle if idle is None else idle)
    bindings = default_bindings(base, codec, hand)
    if not bindings:
        raise ConfigError(f"keyboard: no keys are known for slot {slot}; name them in [keys] of a match file")
    return KeyMap(bindings, idle)


def _written(keys: Mapping[str, Any], codec: ActionCodec) -> Iterable[Binding]:
    for chord, value in keys.items():
        codes = frozenset(key_code(name) for name in (chord.split("+") if len(chord) > 1 else [chord]))
        where = f"[keys] {chord}"
        if codes & {key_code(name) for name in WINDOW_KEYS}:
            raise ConfigError(f"{where}: the window keeps this key for itself; choose another")
        if isinstance(value, KeyNumber):
            yield Binding(codes, as_number(value, codec, where), value.name, value.axis)
        else:
            action, word = (value.action, value.name) if isinstance(value, NamedAction) else (value, "")
            yield Binding(codes, as_action(action, codec, where), word)


def _with_words(bindings: Sequence[Binding], base: Any, codec: ActionCodec) -> tuple[Binding, ...]:
    """An environment's own keys, with its words for the actions where it has any."""
    first = first_of_discrete(codec)
    actions = [binding.action for binding in bindings]
    if first is None or not actions:
        return tuple(bindings)
    words: Words = {}
    for count in range(max(actions) - first + 1, max(actions) - first + 3):  # the idle one may be the last
        words = words or action_words(base, first, count)
    return tuple(replace(binding, name=words.get(binding.action, "")) for binding in bindings)


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
