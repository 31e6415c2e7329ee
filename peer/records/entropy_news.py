"""Where the match answers for the environment's own luck and clocks: said when first met, and reported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from peer.simulation.environment_simulation import EnvironmentSimulation

LINES: Final = 8  # said one by one; of more only that they stand in the report


class EntropyNews:
    """`look` is called once a frame, and costs nothing while there is no news."""

    def __init__(self, simulation: EnvironmentSimulation, say: Callable[[str], None]) -> None:
        self._simulation, self._say = simulation, say
        self._said = 0

    def look(self) -> None:
        if self._simulation.entropy_places == self._said:
            return
        uses = self._simulation.entropy
        for number, use in enumerate(uses[self._said :], self._said):
            if number < LINES:
                self._say(str(use))
            elif number == LINES:
                self._say("more such places are in the report")
        self._said = len(uses)

    def told(self) -> list[dict[str, Any]]:
        """For the report."""
        return [use.as_dict() for use in self._simulation.entropy]


def entropy_lines(reports: Iterable[Mapping[str, Any]]) -> list[str]:
    """A line for a match's verdict: what was answered for, and where; none if there was nothing."""
    places = {
        (use["source"], use["file"], use["line"]) for report in reports for use in report.get("entropy", ())
    }
    if not places:
        return []
    shown = [f"{source} at {file}:{line}" for source, file, line in sorted(places)]
    more = f" and {len(shown) - LINES} more" if len(shown) > LINES else ""
    return [f"Luck and time taken from the match: {', '.join(shown[:LINES])}{more}."]
