"""The keys as this player likes them: which stands in for which, changed in the window, kept in a file.

Only keys are exchanged, never actions: whatever a key map came from, the file cannot make it wrong.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final

from netcode.errors import ConfigError
from peer.controllers.key_map import KeyMap
from peer.controllers.key_names import key_code, key_name, shown_name
from peer.controllers.keyboard import KeyboardController
from peer.controllers.pad_keys import is_pad, on_first_pad

_MOST_SWAPS: Final = 256  # of a file; what is beyond is not read
_LARGEST_FILE: Final = 65536  # bytes
_LONGEST_REASON: Final = 200  # characters
Say = Callable[[str], None]


def user_folder(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Where this user's own settings are kept."""
    if platform == "win32" and environ.get("APPDATA"):
        return Path(environ["APPDATA"], "netplay")
    if platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "netplay"
    return Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config", "netplay")


def key_file(env: str, folder: Path | None = None) -> Path:
    """The file for an environment: readable, and another one for each."""
    plain = re.sub(r"[^A-Za-z0-9.-]+", "_", env)[:80].strip("_.")
    mark = blake2b(env.encode(), digest_size=3).hexdigest()
    return (folder or user_folder()) / "keys" / f"{plain}-{mark}.toml"


@dataclass(frozen=True, slots=True)
class KeyRow:
    """What some keys of this player do: a row of the start screen and of the menu."""

    word: str  # what they do; "" where nobody knows a word for it
    keys: tuple[str, ...]  # as shown on the keys
    player: int = 0  # of several at this keyboard
    codes: tuple[int, ...] = ()  # pygame's numbers, in the order of `keys`


class MyKeys:
    """The keys of all players at this keyboard, as the screen shows and changes them."""

    def __init__(self, controllers: Sequence[KeyboardController], path: Path | None, say: Say) -> None:
        """`path`: where changes are kept; None: nowhere. What cannot be read or written is told, no more."""
        self._controllers = list(controllers)
        self._first: list[KeyMap] = [controller.key_map for controller in controllers]
        self._path, self._say = path, say
        self._swaps = _read(path, say) if path is not None else {}
        self._apply()

    def rows(self) -> list[KeyRow]:
        """One for each thing that can be done, of each player."""
        found: dict[tuple[int, str], tuple[str, list[int]]] = {}
        for player, key_map in enumerate(self._first):
            for binding in key_map.bindings:
                if len(binding.keys) > 1:
                    continue  # what several keys do together follows from what each does
                what = (player, f"{binding.axis} {binding.action!r}")
                word = binding.name or f"action {binding.action}"
                found.setdefault(what, (word, []))[1].extend(self._now(key) for key in binding.keys)
        return [
            KeyRow(word, tuple(map(shown_name, codes)), what[0], tuple(codes))
            for what, (word, codes) in found.items()
        ]

    def rebind(self, row: int, code: int) -> str:
        """Let `code` do what the row says, in place of its first key (of a pad: its first control).

        What the key did before is done by the one it replaces, so that nothing is left without a key.
        Returns: one line that tells what was changed.
        """
        code = on_first_pad(code) if is_pad(code) else code
        chosen = self.rows()[row]
        old = next((key for key in chosen.codes if is_pad(key) == is_pad(code)), None)
        if not key_name(code):
            return "this key has no name: choose another"
        if old is None or old == code:
            return f"{shown_name(code)}: {chosen.word}"
        back = {now: first for first, now in self._swaps.items()}
        self._swaps[back.get(old, old)] = code
        self._swaps[back.get(code, code)] = old
        self._keep()
        return f"{shown_name(code)}: {chosen.word}"

    def reset(self) -> str:
        """All keys as they were before anything was changed."""
        self._swaps.clear()
        self._keep()
        return "all keys are as they were at first"

    def _now(self, key: int) -> int:
        return self._swaps.get(key, key)

    def _apply(self) -> None:
        for controller, key_map in zip(self._controllers, self._first, strict=True):
            controller.key_map = key_map.renamed(self._swaps)

    def _keep(self) -> None:
        self._swaps = {key: now for key, now in self._swaps.items() if key != now}
        self._apply()
        if self._path is not None:
            _write(self._path, self._swaps, self._say)


def _read(path: Path, say: Say) -> dict[int, int]:
    """Each key stands in for one and has one that stands in for it; a file where it is not so is told."""
    try:
        if not path.exists():
            return {}
        with path.open("rb") as file:
            table = tomllib.loads(file.read(_LARGEST_FILE).decode()).get("keys", {})
        swaps = {key_code(key): key_code(str(now)) for key, now in list(table.items())[:_MOST_SWAPS]}
        if sorted(swaps) != sorted(swaps.values()):
            raise ConfigError("two keys would do the same, or one nothing")
    except (OSError, ValueError, AttributeError, RecursionError, ConfigError) as error:
        told = " ".join(str(error).split())[:_LONGEST_REASON]
        say(f"your keys in {path} cannot be used ({told}); playing with the first ones")
        return {}
    return swaps


def _write(path: Path, swaps: Mapping[int, int], say: Say) -> None:
    lines = [f"{json.dumps(key_name(key))} = {json.dumps(key_name(now))}" for key, now in swaps.items()]
    text = (
        "# Which key is pressed in place of which; made by netplay, remove it to have the first keys again.\n"
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".new")
        beside.write_text(text + "[keys]\n" + "".join(f"{line}\n" for line in lines), encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        say(f"your keys could not be kept in {path}: {error.strerror}")
