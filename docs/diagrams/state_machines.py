"""Draws the tables of states into docs/state-machines.md, as mermaid text: `make docs`.

What stands between `<!-- NAME -->` and `<!-- /NAME -->` is replaced; the rest of the page is written by hand.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, Final

from netcode.link_states import TRANSITIONS, LinkState
from netcode.phases import PHASES, Phase
from netcode.seat_states import GUESTS, SEATS, GuestState, SeatState

PAGE: Final = Path(__file__).parent.parent / "state-machines.md"

Table = Mapping[Any, Mapping[Any, Any]]
MACHINES: Final[dict[str, tuple[Table, Sequence[Enum]]]] = {  # name -> table, first states
    "link": (TRANSITIONS, (LinkState.OPENING,)),
    "seat": (SEATS, (SeatState.SEATED,)),
    "guest": (GUESTS, (GuestState.COMING,)),
    "phase": (PHASES, (Phase.CONNECTING, Phase.JOINING)),
}


def diagram(table: Table, firsts: Sequence[Enum]) -> str:
    """A state diagram in mermaid's language; one arrow for all events that lead the same way."""
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f"    [*] --> {first.name}" for first in firsts]
    for state, row in table.items():
        for after in dict.fromkeys(row.values()):
            events = [_words(event) for event in row if row[event] is after]
            lines.append(f"    {state.name} --> {after.name}: {' / '.join(events)}")
    lines += [f"    {state.name} --> [*]" for state, row in table.items() if not row]
    return "\n".join([*lines, "```"])


def meanings(enum: type[Enum]) -> str:
    """A markdown table of the members and the comments beside them."""
    found = re.findall(r"^    (\w+) = .*?#\s*(.+)$", inspect.getsource(enum), re.MULTILINE)
    if [name for name, _ in found] != [member.name for member in enum]:
        raise ValueError(f"{enum.__name__}: every member has a comment that says what it means")
    is_event = enum.__name__.endswith("Event")
    rows = [f"| {_words(enum[name]) if is_event else name} | {said} |" for name, said in found]
    return "\n".join([f"| {'event' if is_event else 'name'} | meaning |", "|---|---|", *rows])


def section(table: Table, firsts: Sequence[Enum]) -> str:
    events = type(next(event for row in table.values() for event in row))
    return "\n\n".join([diagram(table, firsts), meanings(type(firsts[0])), meanings(events)])


def drawn(page: str) -> str:
    """The page with every section as the tables have it.

    Raises: ValueError if the page has no place for a machine, or a state has no comment.
    """
    for name, (table, firsts) in MACHINES.items():
        before, start, rest = page.partition(f"<!-- {name} -->")
        _, end, after = rest.partition(f"<!-- /{name} -->")
        if not (start and end):
            raise ValueError(f"{PAGE.name} has no place for '{name}': add <!-- {name} --> <!-- /{name} -->")
        page = f"{before}{start}\n\n{section(table, firsts)}\n\n{end}{after}"
    return page


def _words(event: Enum) -> str:
    return event.name.lower().replace("_", " ")


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text()))
