"""Keys where nobody named any: by what the actions mean, else in their order.

A hand is one set of keys: arrows, letters, and two more for further players at the same keyboard.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from peer.controllers.action_leaves import Leaf, probe_leaves
from peer.controllers.action_words import action_words, does_nothing
from peer.controllers.actions import first_of_discrete
from peer.controllers.controller import ActionCodec
from peer.controllers.key_map import Binding
from peer.controllers.key_names import key_code

Hand = dict[str, str]  # left, right, up, down -> the key

ARROWS: Final[Hand] = {"left": "left", "right": "right", "up": "up", "down": "down"}
LETTERS: Final[Hand] = {"left": "a", "right": "d", "up": "w", "down": "s"}
HANDS: Final[tuple[Hand, ...]] = (
    ARROWS,
    LETTERS,
    {"left": "j", "right": "l", "up": "i", "down": "k"},
    {"left": "kp4", "right": "kp6", "up": "kp8", "down": "kp5"},
)
SPARE_KEYS: Final[tuple[tuple[str, ...], ...]] = (
    ("return", "rshift", ".", ",", "/", ";"),
    ("space", "e", "q", "f", "r", "z", "x", "c", "v"),
    ("u", "o", "p", "h", "y", "n", "m"),
    ("kp0", "kp7", "kp9", "kp1", "kp3", "kp2"),
)
_ALONE: Final = ("space", "e", "q", "f", "r", "z", "x", "c", "v", "g", "t", "b")
_MOST_ACTIONS: Final = 32  # of a Discrete slot, looked at
_DIGITS: Final = 10
_MEANS: Final = {
    "left": ("left", "west", "ccw", "counterclockwise"),
    "right": ("right", "east", "cw", "clockwise"),
    "up": ("up", "north", "forward", "forwards", "ahead", "accelerate", "gas", "throttle", "main", "thrust"),
    "down": ("down", "south", "back", "backward", "backwards", "brake", "reverse", "duck"),
}
_DIRECTION: Final = {word: direction for direction, words in _MEANS.items() for word in words}
_FIRE: Final = "fire"
_GLUED: Final = re.compile(r"^(?:up|down|left|right|north|south|west|east|fire)+$")
_PARTS: Final = re.compile(r"up|down|left|right|north|south|west|east|fire")
_AXES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {  # words for less and for more, by axis
    "CarRacing": (("left", "right"), ("", "gas"), ("", "brake")),
    "LunarLander": (("", "main engine"), ("left engine", "right engine")),
    "Continuous_MountainCarEnv": (("left", "right"),),
    "PendulumEnv": (("turn right", "turn left"),),
}


class _Keyboard:
    """The keys of one player that are not given away yet."""

    def __init__(self, hand: tuple[int, int]) -> None:
        number, count = hand
        alone = count <= 1
        self._hands = (ARROWS, LETTERS) if alone else HANDS[number : number + 1]
        spare = _ALONE if alone else SPARE_KEYS[number] if number < len(SPARE_KEYS) else ()
        self._spare = iter(spare)
        self._free = list(ARROWS)

    def of(self, direction: str) -> list[frozenset[int]]:
        """The keys of a direction; [] if it is taken."""
        if direction not in self._free:
            return []
        self._free.remove(direction)
        return [frozenset({key_code(hand[direction])}) for hand in self._hands]

    def chord(self, directions: list[str], more: frozenset[int]) -> list[frozenset[int]]:
        """The keys of several directions together, and `more`."""
        return [
            frozenset(key_code(hand[direction]) for direction in directions) | more for hand in self._hands
        ]

    def spare(self) -> list[frozenset[int]]:
        """One more key; [] if there is none left."""
        return [frozenset({key_code(name)}) for name in (next(self._spare, None),) if name]

    def next(self) -> list[frozenset[int]]:
        """A direction, while there is one, else a spare key."""
        return self.of(self._free[0]) if self._free else self.spare()


def default_bindings(base: Any, codec: ActionCodec, hand: tuple[int, int]) -> tuple[Binding, ...]:
    """Keys for every action, or () if there are too many. `hand` (k, n): the k-th of n at one keyboard."""
    first = first_of_discrete(codec)
    keyboard = _Keyboard(hand)
    if first is None:
        return tuple(_for_leaves(probe_leaves(codec), _AXES.get(type(base).__name__, ()), keyboard))
    count = _count_actions(codec, first)
    words = action_words(base, first, count) if count <= _MOST_ACTIONS else {}
    if words:
        return tuple(_by_meaning(words, keyboard))
    if count > _DIGITS:
        return ()
    return tuple(_in_order(first, count, keyboard, digits=hand[1] <= 1))


def _by_meaning(words: Mapping[int, str], keyboard: _Keyboard) -> Iterator[Binding]:
    """Directions first, then what has none, then what is several at once."""
    parts = {action: _parts(word) for action, word in words.items() if not does_nothing(word)}
    fire: frozenset[int] = frozenset()
    unplaced = []
    for action, (directions, _) in parts.items():
        if len(parts[action][0]) == 1 and not parts[action][1]:
            keys = keyboard.of(directions[0])
            yield from (Binding(key, action, words[action]) for key in keys)
            if keys:
                continue
        unplaced.append(action)
    several = []
    for action in unplaced:
        directions, fires = parts[action]
        if len(directions) > 1 or (directions and fires):
            several.append(action)
            continue
        for key in keyboard.spare():
            fire = fire or (key if fires else fire)
            yield Binding(key, action, words[action])
    for action in several:
        directions, fires = parts[action]
        if not fires or fire:
            for key in keyboard.chord(directions, fire if fires else frozenset()):
                yield Binding(key, action, words[action])


def _parts(word: str) -> tuple[list[str], bool]:
    """The directions in a word, and whether it fires: `downleftfire` -> ([down, left], True)."""
    tokens = [
        part for token in word.split() for part in (_PARTS.findall(token) if _GLUED.match(token) else [token])
    ]
    directions = list(dict.fromkeys(_DIRECTION[token] for token in tokens if token in _DIRECTION))
    return directions, _FIRE in tokens


def _in_order(first: int, count: int, keyboard: _Keyboard, *, digits: bool) -> Iterator[Binding]:
    """Digit k is the k-th action; arrows, letters and spare keys are the actions that do something."""
    for action in range(first if count <= 2 else first + 1, first + count):
        yield from (Binding(key, action) for key in keyboard.next())
    if digits:
        for index in range(count):
            yield Binding(frozenset({key_code(str(index))}), first + index)


def _for_leaves(
    leaves: list[Leaf], words: tuple[tuple[str, str], ...], keyboard: _Keyboard
) -> Iterator[Binding]:
    """A key for each value of each number; where there are not enough, the first ones have them."""
    for axis, leaf in enumerate(leaves):
        known = words[axis] if axis < len(words) else None
        for value in leaf.others:
            word = known[value > leaf.rest] if known else _value_word(axis, len(leaves), leaf, value)
            if not word:
                continue
            directions, _ = _parts(word)
            keys = keyboard.of(directions[0]) if known and directions else []
            yield from (Binding(key, value, word, axis) for key in keys or keyboard.next())


def _value_word(axis: int, count: int, leaf: Leaf, value: float) -> str:
    if not isinstance(leaf.rest, int):
        return f"{'less' if value < leaf.rest else 'more'} {axis + 1 if count > 1 else ''}".strip()
    if len(leaf.others) == 1:
        return f"button {axis + 1}"
    return f"choice {value:g}" + (f" of {axis + 1}" if count > 1 else "")


def _count_actions(codec: ActionCodec, first: int) -> int:
    """At most one more than _MOST_ACTIONS."""
    count = 0
    while count <= _MOST_ACTIONS:
        try:
            codec.encode(first + count)
        except ValueError:
            break
        count += 1
    return count
