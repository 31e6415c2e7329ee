"""Gamepads as keys: each direction and button of a pad has a number, far above those of the keyboard.

The cross and the left stick mean the same; a stick also has a strength, from 0 to 1.
"""

from __future__ import annotations

from typing import Final

PAD: Final = 1 << 40  # numbers from here on are of pads
SEATS: Final = 8  # pads that play at once; one more is not heard
_CONTROLS: Final = 256  # numbers of one pad
_BUTTONS: Final = 64

DIRECTIONS: Final = ("left", "right", "up", "down")
STICK_2: Final = ("stick2_left", "stick2_right", "stick2_up", "stick2_down")
TRIGGERS: Final = ("trigger_left", "trigger_right")
_LETTERS: Final = ("a", "b", "x", "y")
_OTHERS: Final = (*DIRECTIONS, *STICK_2, *TRIGGERS)
_SHOWN: Final = {"left": "←", "right": "→", "up": "↑", "down": "↓"}


def pad_code(name: str, seat: int = 0) -> int | None:
    """`pad_left`, `pad_a`, `pad_7` -> its number on the pad of `seat`; None: there is no such control."""
    control = name.removeprefix("pad_")
    if control == name:
        return None
    if control in _OTHERS:
        number = _BUTTONS + _OTHERS.index(control)
    elif control in _LETTERS:
        number = _LETTERS.index(control)
    elif control.isdecimal() and int(control) < _BUTTONS:
        number = int(control)
    else:
        return None
    return PAD + seat * _CONTROLS + number


def control_code(control: str, seat: int = 0) -> int:
    """The same for a control that there is."""
    code = pad_code(f"pad_{control}", seat)
    assert code is not None
    return code


def is_pad(code: int) -> bool:
    return code >= PAD


def seat_of(code: int) -> int:
    """The pad's."""
    return (code - PAD) // _CONTROLS


def on_first_pad(code: int) -> int:
    """The same control of the pad of seat 0: key maps speak of that one."""
    return PAD + (code - PAD) % _CONTROLS


def pad_name(code: int) -> str:
    """As written in files; the inverse of `pad_code`."""
    number = (code - PAD) % _CONTROLS
    if number >= _BUTTONS:
        return f"pad_{_OTHERS[number - _BUTTONS]}"
    return f"pad_{_LETTERS[number] if number < len(_LETTERS) else number}"


def shown_pad_name(code: int) -> str:
    """As shown on the screen: `pad ←`, `pad A`."""
    name = pad_name(code).removeprefix("pad_")
    return f"pad {_SHOWN.get(name, name.upper() if len(name) == 1 else name.replace('_', ' '))}"
