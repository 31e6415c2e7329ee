"""Where a player's own input delay comes from: the command line, the match file, a key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from netcode.errors import ConfigError
from netcode.input_delay import Delay
from netcode.limits import MAX_INPUT_DELAY
from netcode.session import PlayerSession
from peer.screen import Screen

AUTO: Final = "auto"


def parse_delays(text: str) -> tuple[Delay, ...]:
    """`2,auto` -> (2, "auto").

    Raises: ConfigError
    """
    return tuple(_parse(word.strip()) for word in text.split(","))


def delay_of(delays: Sequence[Delay], slot: int) -> Delay | None:
    """Of the player in `slot`: one delay is everybody's, several are by slot; None: the match's default."""
    if len(delays) == 1:
        return delays[0]
    return delays[slot] if slot < len(delays) else None


class DelayKnob:
    """Looked at once a frame."""

    def __init__(self, session: PlayerSession, screen: Screen, delays: Sequence[Delay]) -> None:
        """Raises: ConfigError if what is asked for is out of range."""
        self._session, self._screen = session, screen
        own = delay_of(delays, session.slots[0])
        if own is not None:
            session.set_input_delay(own)

    def look(self) -> None:
        """Do what the player asks for."""
        session = self._session
        if steps := self._screen.delay_steps():
            session.set_input_delay(min(max(session.input_delay + steps, 0), MAX_INPUT_DELAY))


def _parse(word: str) -> Delay:
    if word == AUTO:
        return "auto"
    if word.isdecimal() and len(word) <= 4 and int(word) <= MAX_INPUT_DELAY:
        return int(word)
    raise ConfigError(f"input_delay = {word}: write 0 to {MAX_INPUT_DELAY} frames, or auto")
