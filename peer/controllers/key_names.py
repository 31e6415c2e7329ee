"""Names of keys, as people write them, and pygame's numbers for them."""

from __future__ import annotations

from functools import cache

from netcode.errors import ConfigError, NetplayError
from peer.controllers.pad_keys import is_pad, pad_code, pad_name, shown_pad_name

# Environments older than pygame 2 still give the arrow keys the numbers of SDL 1.
_SDL1_ARROWS = {273: "up", 274: "down", 275: "right", 276: "left"}
_SHOWN = {"up": "↑", "down": "↓", "left": "←", "right": "→", "space": "Space", "return": "Enter"}


def key_code(name: str) -> int:
    """`w`, `W`, `space`, `left`, `kp0` -> pygame's number; `pad_a`, `pad_left` -> that of a gamepad's.

    Raises: ConfigError for no such key.
    """
    plain = "space" if name == " " else name.strip().lower()
    code = pad_code(plain) or _codes().get(plain)
    if code is None:
        raise ConfigError(
            f"[keys]: there is no key '{name}'; write a letter, a digit, or a name like space, left, return"
        )
    return code


def modern_code(code: int) -> int:
    """A key number from an environment's own table, as pygame 2 has it."""
    return _codes()[_SDL1_ARROWS[code]] if code in _SDL1_ARROWS else code


def shown_name(code: int) -> str:
    """What to call a key on the screen."""
    if is_pad(code):
        return shown_pad_name(code)
    name = _names().get(code)
    if name is None:
        return f"key {code}"
    return _SHOWN.get(name, name.upper() if len(name) == 1 else name.capitalize())


def key_name(code: int) -> str:
    """What to call a key in a file: the inverse of `key_code`; "" for a key without a name."""
    return pad_name(code) if is_pad(code) else _names().get(code, "")


@cache
def _names() -> dict[int, str]:
    names: dict[int, str] = {}
    for name, number in sorted(_codes().items(), key=lambda item: "_" in item[0]):
        names.setdefault(number, name)  # kp0 is nicer than kp_0
    return names


@cache
def _codes() -> dict[str, int]:
    try:
        import pygame.constants
    except ImportError:
        raise NetplayError("the keyboard needs pygame-ce; run: pip install 'netplay[window]'") from None
    names = vars(pygame.constants).items()
    codes = {name[2:].lower(): code for name, code in names if name.startswith("K_")}
    punctuation = {chr(code): code for code in codes.values() if 33 <= code < 127}
    return punctuation | codes
