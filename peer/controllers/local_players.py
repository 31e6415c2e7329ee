"""The players at this peer: for each of its slots a controller, all asked for the same frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from netcode.errors import ConfigError
from peer.controllers.controller import Controller, PlayedGame
from peer.controllers.key_names import shown_name
from peer.controllers.keyboard import KeyboardController, PressedKeys
from peer.controllers.make import make_controller
from peer.controllers.specs import parse_spec


class SampledGame(PlayedGame, Protocol):
    """A game that also says what each slot plays where nobody does anything."""

    @property
    def default_inputs(self) -> Sequence[bytes]: ...


class LocalPlayers:
    """Samples them together, so that a key tapped between two frames counts for all of them."""

    def __init__(
        self,
        specs: Mapping[int, str],
        seed: int,
        simulation: SampledGame,
        *,
        pressed_keys: PressedKeys | None = None,
        keys: Mapping[str, Any] | None = None,
        default_action: Any = None,
    ) -> None:
        """`specs`: slot -> the word for its controller; for the rest see `make_controller`.

        Raises: ConfigError for an unknown spec, a broken script, a keyboard without a window, or one on which
        two players would share a key.
        """
        self._simulation = simulation
        self._read_keys = pressed_keys
        self._keys: Sequence[int] = ()
        by_hand = [slot for slot, spec in specs.items() if parse_spec(spec)[0] == "keyboard"]
        self._controllers = {
            slot: make_controller(
                spec,
                slot,
                seed,
                simulation,
                pressed_keys=None if pressed_keys is None else lambda: self._keys,
                keys=keys,
                default_action=default_action,
                hand=(by_hand.index(slot) if slot in by_hand else 0, len(by_hand)),
            )
            for slot, spec in specs.items()
        }
        _check_apart(self._controllers.values())

    @property
    def legend(self) -> str:
        """The keys of those who play with keys."""
        legends = [getattr(controller, "legend", "") for controller in self._controllers.values()]
        return "   |   ".join(filter(None, legends))

    def sample(self, frame: int) -> dict[int, bytes]:
        """Slot -> input of `frame`; who does nothing plays the default."""
        simulation = self._simulation
        if self._read_keys is not None:
            self._keys = self._read_keys()
        inputs = {}
        for slot, controller in self._controllers.items():
            action = controller.sample(frame, simulation, slot)
            default = simulation.default_inputs[slot]
            inputs[slot] = default if action is None else simulation.codecs[slot].encode(action)
        return inputs


def _check_apart(controllers: Iterable[Controller]) -> None:
    taken: set[int] = set()
    for controller in controllers:
        if isinstance(controller, KeyboardController):
            shared = sorted(shown_name(key) for key in controller.keys & taken)
            if shared:
                raise ConfigError(
                    f"two players at one keyboard would share the key {shared[0]}; give one of them "
                    "another controller, or a peer of their own"
                )
            taken |= controller.keys
