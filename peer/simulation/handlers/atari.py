"""Atari: the machine is cloned by ALE itself, luck included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from netcode.errors import UncapturableStateError
from peer.simulation.handlers.handler import Handler, Handlers, Part


class Atari(Handler):
    """An ALE machine: memory, registers, luck. The picture it last drew is none of its state."""

    tag = b"A"
    flat = True

    def capture(self, obj: Any) -> Any:
        """Raises: UncapturableStateError where ALE keeps keys pressed by chance: it does not tell which."""
        if obj.getFloat("repeat_action_probability"):
            raise UncapturableStateError(_STICKY)
        return obj.cloneSystemState()

    def restore(self, obj: Any, saved: Any) -> None:
        obj.restoreSystemState(saved)

    def parts(self, saved: Any) -> list[Part]:
        return [(".frame", saved.getFrameNumber()), (".machine", bytes(saved.serialize()))]


_STICKY: Final = (
    "ALE keeps keys pressed by chance and does not tell which; without that snapshots are exact: "
    "say --env-arg repeat_action_probability=0"
)


class SavedMachine:
    """A cloned state of multi_agent_ale_py, which is an address."""

    __slots__ = ("ale", "state")

    def __init__(self, ale: Any) -> None:
        self.ale, self.state = ale, ale.cloneSystemState()

    def __del__(self) -> None:
        self.ale.deleteState(self.state)


class MultiAtari(Handler):
    """The same for several players."""

    tag = b"A"
    flat = True

    def capture(self, obj: Any) -> SavedMachine:
        if obj.getFloat(b"repeat_action_probability"):
            raise UncapturableStateError(_STICKY)
        return SavedMachine(obj)

    def restore(self, obj: Any, saved: SavedMachine) -> None:
        obj.restoreSystemState(saved.state)

    def parts(self, saved: SavedMachine) -> list[Part]:
        return [(".machine", bytes(saved.ale.encodeState(saved.state)))]


HANDLERS: Final[Mapping[str, Handlers]] = {
    "ale_py._ale_py.ALEInterface": (Atari(),),
    "multi_agent_ale_py.ale_python_interface.ALEInterface": (MultiAtari(),),
}
