"""What the actions of a Discrete slot are called, as far as the environment says so anywhere.

Asked in this order: `get_action_meanings()`, an Enum of actions, constants of its module, and a few
well-known environments that say it only in their documentation.
"""

from __future__ import annotations

import enum
import inspect
import re
import sys
from collections.abc import Iterable
from typing import Any, Final

Words = dict[int, str]

_ENUM_NAMES: Final = ("actions", "Actions", "Action", "action_enum")
_DOCUMENTED: Final[dict[str, tuple[str, ...]]] = {
    "TaxiEnv": ("down", "up", "right", "left", "pick up", "drop off"),
    "CartPoleEnv": ("left", "right"),
    "AcrobotEnv": ("left", "nothing", "right"),
    "MountainCarEnv": ("left", "nothing", "right"),
    "LunarLander": ("nothing", "left engine", "main engine", "right engine"),
    "CarRacing": ("nothing", "right", "left", "gas", "brake"),
    "CliffWalkingEnv": ("up", "right", "down", "left"),
    "BlackjackEnv": ("stick", "hit"),
    "cooperative_pong": ("nothing", "up", "down"),
}
_PLAINER: Final = {"ccw": "left", "cw": "right"}
_NO_WORDS: Final = frozenset(
    {"noop", "no op", "none", "nothing", "noaction", "stay", "idle", "wait", "still"}
)


def action_words(base: Any, first: int, count: int) -> Words:
    """Action -> its word, in small letters, of a Discrete slot with actions `first`.. . {} if nobody says.

    `base` is the unwrapped environment. Whatever is wrong with its tables, they are merely no help.
    """
    for source in (_from_meanings, _from_enums, _from_constants, _documented):
        try:
            names = source(base, first, count)
        except Exception:
            continue
        words = _without_common_start({action: _plain(name) for action, name in names.items()})
        if len(words) == count and all(words.values()):
            return words
    return {}


def does_nothing(word: str) -> bool:
    return word in _NO_WORDS


def _from_meanings(base: Any, first: int, count: int) -> Words:
    names = list(base.get_action_meanings())
    told = len(names) == count and all(isinstance(name, str) for name in names)
    return {first + index: name for index, name in enumerate(names)} if told else {}


def _from_enums(base: Any, first: int, count: int) -> Words:
    module = inspect.getmodule(type(base))
    for holder in (base, module):
        for name in _ENUM_NAMES:
            found = getattr(holder, name, None)
            if isinstance(found, type) and issubclass(found, enum.Enum):
                words = _numbered(((member.name, member.value) for member in found), first, count)
                if words:
                    return words
    return {}


def _from_constants(base: Any, first: int, count: int) -> Words:
    """`LEFT = 0`, `DOWN = 1` ... at the top of the environment's module."""
    module = sys.modules[type(base).__module__]
    constants = ((name, value) for name, value in vars(module).items() if name.isupper())
    return _numbered(constants, first, count)


def _documented(base: Any, first: int, count: int) -> Words:
    for known in (type(base).__name__, type(base).__module__.rpartition(".")[2]):
        if len(_DOCUMENTED.get(known, ())) == count:
            return {first + index: word for index, word in enumerate(_DOCUMENTED[known])}
    return {}


def _numbered(pairs: Iterable[tuple[str, Any]], first: int, count: int) -> Words:
    """Only if each action has exactly one name; numbers of anything else are no answer."""
    words: Words = {}
    for name, value in pairs:
        if type(value) is int:
            if value in words or not first <= value < first + count:
                return {}
            words[value] = name
    return words


def _without_common_start(words: Words) -> Words:
    """`action forward`, `action back` -> `forward`, `back`."""
    starts = {word.partition(" ")[0] for word in words.values()}
    if len(starts) == 1 and all(" " in word for word in words.values()):
        return {action: word.partition(" ")[2] for action, word in words.items()}
    return words


def _plain(name: str) -> str:
    """`TOGGLE_LOAD`, `toggleLoad` -> `toggle load`."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(name))
    words = re.split(r"[\s_\-]+", parted.strip().lower())
    return " ".join(_PLAINER.get(word, word) for word in words).strip()
