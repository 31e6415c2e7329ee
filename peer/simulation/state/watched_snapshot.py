"""A snapshot by a plan: what has not changed it shares with others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from peer.simulation.state.graph import Other, StateSnapshot
from peer.simulation.state.leaves import KeptReadings
from peer.simulation.state.plan import CONTENT, DICT, INDEX, KIND, OTHER, Plan
from peer.simulation.state.types import SKIPPED


class WatchedSnapshot(StateSnapshot):
    """A snapshot that shares with others of its plan what was the same in them.

    Its lists begin with the entries of the plan. Those of newcomers come after them.
    """

    __slots__ = ("elements", "look", "loose", "newcomers", "plan", "words")

    def __init__(self, roots: Sequence[Any], plan: Plan) -> None:
        super().__init__(roots)
        self.plan = plan
        self.newcomers: Sequence[Any] = ()  # all objects reached that the plan does not know
        self.loose: dict[int, list[Any]] = {}  # by owner: the newcomers it leads to
        self.elements = plan.elements.take()
        self.look_again()

    def all_others(self) -> Iterable[Other]:
        return chain(self.others, self.plan.elements.told(self.elements))

    @property
    def kept_readings(self) -> KeptReadings:
        return self.plan.kept_readings

    def look_again(self) -> None:
        """The words now, when the state is that of the snapshot."""
        self.words = self.plan.read_words()
        self.look = self.words.tobytes()

    def take_entry(self, owner: int) -> None:
        """Take an entry anew, and note which newcomers it leads to."""
        index, kind = owner >> INDEX, owner & KIND
        if kind == CONTENT:
            obj, live, _, cls = self.attributes[index]
            taken = live.copy()
            self.attributes[index] = (obj, live, taken, cls)
            self._note(owner, taken.values())
            return
        if kind == DICT:
            mapping, _ = self.dicts[index]
            self.dicts[index] = (mapping, mapping.copy())
        else:
            handler, obj, _ = self.others[index]
            self.others[index] = (handler, obj, handler.capture(obj))
        self.note_newcomers(owner)

    def note_newcomers(self, owner: int) -> None:
        """Which of them this entry leads to."""
        self._note(owner, self._children_of(owner))

    def _note(self, owner: int, children: Iterable[Any]) -> None:
        skipped, known = SKIPPED, self.plan.known
        unknown = [child for child in children if type(child) not in skipped and id(child) not in known]
        if unknown:
            self.loose[owner] = unknown
        elif owner in self.loose:
            del self.loose[owner]

    def _children_of(self, owner: int) -> Iterable[Any]:
        index, kind = owner >> INDEX, owner & KIND
        if kind == CONTENT:
            return self.attributes[index][2].values()
        if kind == DICT:
            contents = self.dicts[index][1]
            return [*contents, *contents.values()]
        if kind == OTHER:
            handler, _, saved = self.others[index]
            return handler.children(saved)
        return ()
