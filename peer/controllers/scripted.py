"""A player who does what a text file says."""

from __future__ import annotations

import json
from bisect import bisect_right
from pathlib import Path
from typing import Any

from netcode.errors import ConfigError
from netcode.limits import MAX_FRAME
from peer.controllers.actions import as_action
from peer.controllers.controller import ActionCodec, PlayedGame
from peer.text_files import read_text

MAX_SCRIPT_BYTES = 16 * 2**20  # a script for an hour of changes at 60 fps is 3 MB


class ScriptController:
    """Plays the last line whose frame has come; the default action before the first line."""

    def __init__(self, frames: list[int], actions: list[Any]) -> None:
        self._frames = frames
        self._actions = actions

    def sample(self, frame: int, simulation: PlayedGame, slot: int) -> Any | None:
        index = bisect_right(self._frames, frame) - 1
        return self._actions[index] if index >= 0 else None


def read_script(path: Path, codec: ActionCodec) -> ScriptController:
    """Read lines of `FRAME ACTION`: the frame a whole number, the action in JSON; `null` is the default.

    Empty lines and lines that begin with # are skipped; frames must rise.

    Raises: ConfigError naming the file and the line.
    """
    frames: list[int] = []
    actions: list[Any] = []
    for number, line in enumerate(read_text(path, MAX_SCRIPT_BYTES).splitlines(), start=1):
        words = line.strip()
        if not words or words.startswith("#"):
            continue
        frame, action = _parse(words, codec, f"{path} line {number}")
        if frames and frame <= frames[-1]:
            raise ConfigError(
                f"{path} line {number}: frame {frame} comes after frame {frames[-1]}; frames must rise"
            )
        frames.append(frame)
        actions.append(action)
    return ScriptController(frames, actions)


def _parse(line: str, codec: ActionCodec, where: str) -> tuple[int, Any]:
    word, rest = [*line.split(maxsplit=1), ""][:2]
    if not (word.isascii() and word.isdecimal() and len(word) <= 13 and int(word) <= MAX_FRAME):
        raise ConfigError(f"{where}: '{word[:40]}' is no frame number; a line is FRAME ACTION, as in: 30 2")
    if not rest:
        raise ConfigError(f"{where}: the action is missing; a line is FRAME ACTION, as in: 30 2")
    try:
        value = json.loads(rest)
    except (ValueError, RecursionError):
        raise ConfigError(f"{where}: the action is not JSON: {rest[:40]}") from None
    return int(word), None if value is None else as_action(value, codec, where)
