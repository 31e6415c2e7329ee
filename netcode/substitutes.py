"""Who plays the slots of those who are gone: one input for every frame, until somebody takes the slot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netcode.seat_states import SEATS, SeatEvent, SeatState
from netcode.settings import OnDrop
from netcode.state_table import follow
from netcode.timeline import Timeline


class Substitutes:
    """Their inputs are as certain as it is that nobody takes the slot: see `extend`."""

    def __init__(
        self,
        timelines: Sequence[Timeline],
        on_drop: OnDrop,
        default_inputs: Sequence[bytes],
        open_slots: Iterable[int] = (),
    ) -> None:
        """`timelines` and `default_inputs` are by slot; `open_slots`: nobody's from the first frame on."""
        self.seats = [SeatState.SEATED] * len(timelines)  # by slot
        self.since: dict[int, int] = {}  # slot -> the first frame that its substitute plays
        self._timelines = timelines
        self._holds = on_drop == "hold"
        self._defaults = default_inputs
        for slot in open_slots:
            self.begin(slot, 0)

    def vacate(self, slot: int) -> None:
        """Its player is gone, and the survivors have yet to agree on the last input."""
        self._happens(slot, SeatEvent.LOST)

    def begin(self, slot: int, first: int) -> None:
        """All survivors hold the same inputs of `slot`: those of the frames below `first`."""
        self._happens(slot, SeatEvent.AGREED)
        self.since[slot] = first
        self._timelines[slot].play_on(None if self._holds else self._defaults[slot])

    def extend(self, end: int) -> None:
        """Nobody can take a slot before frame `end` any more: all below it is the substitutes'."""
        for slot in self.since:
            self._timelines[slot].extend(end)

    def give_way(self, slot: int, first: int) -> None:
        """From frame `first` on the slot is somebody's again."""
        self._timelines[slot].extend(first)
        self.end(slot)

    def end(self, slot: int) -> None:
        """The next input of `slot` is somebody's again."""
        self._happens(slot, SeatEvent.TAKEN)
        self._timelines[slot].hand_back()
        del self.since[slot]

    def _happens(self, slot: int, event: SeatEvent) -> None:
        self.seats[slot] = follow(SEATS, self.seats[slot], event)
