"""A gamepad beside the keyboard: whatever keys a player has, the pad gets controls for the same actions."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from peer.controllers.default_keys import HANDS
from peer.controllers.key_map import Binding, KeyMap
from peer.controllers.key_names import key_code
from peer.controllers.pad_keys import DIRECTIONS, control_code, is_pad

_BUTTONS: Final = ("a", "b", "x", "y", *(str(number) for number in range(4, 11)))


def with_pad(key_map: KeyMap) -> KeyMap:
    """The same keys, and a control of the first pad for each; unchanged if it speaks of pads already."""
    bindings = key_map.bindings
    if any(is_pad(key) for key in key_map.keys):
        return key_map
    stands_for = _controls(bindings)
    added: dict[tuple[frozenset[int], int | None], Binding] = {}
    for binding in bindings:
        if binding.keys <= stands_for.keys():
            keys = frozenset(stands_for[key] for key in binding.keys)
            added.setdefault((keys, binding.axis), replace(binding, keys=keys))
    return replace(key_map, bindings=(*bindings, *added.values()))


def _controls(bindings: tuple[Binding, ...]) -> dict[int, int]:
    """Key -> control. Directions are the keys of the first hand that has any of its keys in the map."""
    alone = [binding for binding in bindings if len(binding.keys) == 1]
    keys = {key: binding for binding in alone for key in binding.keys}
    hand = _hand_of(set(keys))
    controls: dict[int, int] = {}
    of_action: dict[tuple[int | None, str], int] = {}
    buttons = map(control_code, _BUTTONS)
    digits = {key_code(str(digit)) for digit in range(10)}
    only_digits = not keys.keys() - digits
    for key, binding in sorted(keys.items(), key=lambda item: item[0] not in hand):
        what = (binding.axis, repr(binding.action))
        if key in hand:
            controls[key] = hand[key]
        elif what in of_action:
            controls[key] = of_action[what]
        elif only_digits or key not in digits:
            button = next(buttons, None)
            if button is None:
                continue
            controls[key] = button
        else:
            continue
        of_action.setdefault(what, controls[key])
    return controls


def _hand_of(keys: set[int]) -> dict[int, int]:
    for hand in HANDS:
        codes = {key_code(hand[direction]): control_code(direction) for direction in DIRECTIONS}
        if keys & codes.keys():
            return codes
    return {}
