"""The players at this peer: for each of its slots a controller, all asked for the same frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from netcode.errors import ConfigError
from peer.controllers.co_pilot import CoPilotController
from peer.controllers.controller import NOT_YET, PlayedGame
from peer.controllers.default_keys import HANDS, SPARE_KEYS
from peer.controllers.key_map import NO_STRENGTHS, KeyMap
from peer.controllers.key_names import key_code, shown_name
from peer.controllers.keyboard import KeyboardController, PressedKeys, Strengths
from peer.controllers.make import Thinking, make_controller
from peer.controllers.my_keys import MyKeys
from peer.controllers.pad_defaults import with_pad
from peer.controllers.pad_keys import is_pad, on_first_pad, seat_of
from peer.controllers.policy_asking import AskedPolicy
from peer.controllers.specs import parse_spec


class LocalPlayers:
    """Samples them together, so that a key tapped between two frames counts for all of them."""

    def __init__(
        self,
        specs: Mapping[int, str],
        seed: int,
        simulation: PlayedGame,
        *,
        pressed_keys: PressedKeys | None = None,
        strengths: Strengths | None = None,
        keys: Mapping[str, Any] | None = None,
        default_action: Any = None,
        key_file: Path | None = None,
        say: Callable[[str], None] = lambda text: None,
        thinking: Thinking | None = None,
        co_pilot: str = "",
        co_pilot_after: int = 0,
    ) -> None:
        """`specs`: slot -> the word for its controller; for the rest see `make_controller`. `key_file`: where
        this person's own keys are kept, None: nowhere; `say` tells what is wrong with it. `co_pilot`:
        policy that plays for a person who touches no key for more than `co_pilot_after` frames, "": nobody.

        Raises: ConfigError for an unknown spec, a broken script, a keyboard without a window, or one on which
        two players would share a key.
        """
        self._simulation = simulation
        self._read_keys, self._read_strengths = pressed_keys, strengths
        self._keys: Sequence[int] = ()
        self._strengths: Mapping[int, float] = NO_STRENGTHS
        by_hand = [slot for slot, spec in specs.items() if parse_spec(spec)[0] == "keyboard"]

        def make(slot: int, spec: str) -> Any:
            player = by_hand.index(slot) if slot in by_hand else 0
            return make_controller(
                spec,
                slot,
                seed,
                simulation,
                pressed_keys=None if pressed_keys is None else lambda: self._keys_of(player, len(by_hand)),
                strengths=lambda: self._strengths_of(player, len(by_hand)),
                keys=keys,
                default_action=default_action,
                thinking=thinking,
                hand=(player, len(by_hand)),
            )

        self._controllers = {slot: make(slot, spec) for slot, spec in specs.items()}
        people = [each for each in self._controllers.values() if isinstance(each, KeyboardController)]
        self.by_hand = bool(people)  # does a person play here?
        _set_apart(people)
        for person in people:
            person.key_map = with_pad(person.key_map)
        self.board = MyKeys(people, key_file, say)
        self._co_pilots = {
            slot: CoPilotController(person, make(slot, co_pilot), co_pilot_after)
            for slot, person in self._controllers.items()
            if co_pilot and isinstance(person, KeyboardController)
        }
        self._policies = {
            slot: (spec, self._controllers[slot]) for slot, spec in specs.items() if slot not in by_hand
        } | {slot: (co_pilot, pair.co_pilot) for slot, pair in self._co_pilots.items()}
        self._controllers |= self._co_pilots

    @property
    def co_piloted(self) -> tuple[int, ...]:
        """Slots of people for whom their co-pilot plays at present."""
        return tuple(slot for slot, pair in self._co_pilots.items() if pair.plays)

    def handovers(self) -> list[dict[str, Any]]:
        """Between people and their co-pilots, since the last call."""
        news = [change for pair in self._co_pilots.values() for change in pair.handovers]
        for pair in self._co_pilots.values():
            pair.handovers.clear()
        return news

    def policies(self) -> list[dict[str, Any]]:
        """What each policy here did, for the report."""
        return [
            {
                "slot": slot,
                "policy": spec.removeprefix("policy:"),
                **controller.report(),
                "co_pilot_frames": self._co_pilots[slot].frames if slot in self._co_pilots else None,
            }
            for slot, (spec, controller) in self._policies.items()
            if isinstance(controller, AskedPolicy)
        ]

    def sample(self, frame: int) -> dict[int, bytes] | None:
        """Slot -> input of `frame`; who does nothing plays the default. None: somebody still thinks."""
        simulation = self._simulation
        if self._read_keys is not None:
            self._keys = self._read_keys()
        if self._read_strengths is not None:
            self._strengths = self._read_strengths()
        actions = {
            slot: controller.sample(frame, simulation, slot) for slot, controller in self._controllers.items()
        }
        if any(action is NOT_YET for action in actions.values()):
            return None
        return {
            slot: simulation.default_inputs[slot]
            if action is None
            else simulation.codecs[slot].encode(action)
            for slot, action in actions.items()
        }

    def _keys_of(self, player: int, players: int) -> Sequence[int]:
        """All of the keyboard, and of the pads those that are this player's."""
        return [
            on_first_pad(key) if is_pad(key) else key
            for key in self._keys
            if not is_pad(key) or _player_at(key, players) == player
        ]

    def _strengths_of(self, player: int, players: int) -> Mapping[int, float]:
        return {
            on_first_pad(key): strength
            for key, strength in self._strengths.items()
            if _player_at(key, players) == player
        }


def _player_at(key: int, players: int) -> int:
    """Whose pad it is: the first is the last player's, so that with one pad the first has the keyboard."""
    return (players - 1 - seat_of(key)) % players


def _set_apart(people: Sequence[KeyboardController]) -> None:
    """Where two would share a key, the later one gets other keys for the same actions.

    Raises: ConfigError if there are none left.
    """
    taken: set[int] = set()
    for person in people:
        shared = sorted(person.key_map.keys & taken)
        if shared:
            person.key_map = _elsewhere(person.key_map, taken, shown_name(shared[0]))
        taken |= person.key_map.keys


def _elsewhere(key_map: KeyMap, taken: set[int], shared: str) -> KeyMap:
    """On the first hand that nobody has: directions to its directions, all else to its other keys."""
    mine = [key for binding in key_map.bindings for key in sorted(binding.keys)]
    home = next((hand for hand in HANDS if {key_code(key) for key in hand.values()} & set(mine)), HANDS[0])
    for hand, others in sorted(zip(HANDS, SPARE_KEYS, strict=True), key=lambda pair: pair[0] is home):
        moves = {key_code(home[direction]): key_code(hand[direction]) for direction in home}
        spare = iter([key_code(name) for name in others])
        for key in mine:
            if key not in moves:
                moves[key] = next(spare, key)
        moved = key_map.renamed(moves)
        if not moved.keys & taken and len(moved.keys) == len(key_map.keys):
            return moved
    raise ConfigError(
        f"two players at one keyboard would share the key {shared}; give one of them "
        "another controller, or a peer of their own"
    )
