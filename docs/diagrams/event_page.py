"""Makes docs/events.md of the docstrings in netcode/events.py: `make docs`."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any, Final, get_args

from state_machines import meanings

from netcode import events

PAGE: Final = Path(__file__).parent.parent / "events.md"
BEGINNING: Final = """# Events

What a session tells its owner (`session.events()`, once a frame if you like). They may be read or ignored:
the match does not depend on it. This page is made of the docstrings in [events.py](../netcode/events.py) by
`make docs`.
"""


def told(event: type[Any]) -> tuple[str, str]:
    """What has happened, and what to do about it.

    Raises: ValueError if the docstring does not say both.
    """
    what, found, todo = " ".join((inspect.getdoc(event) or "").split()).partition(" To do: ")
    if not (found and what and todo):
        raise ValueError(f"{event.__name__}: its docstring ends with 'To do: ' and what to do")
    return what, todo


def section(title: str, union: object, known: frozenset[object] = frozenset()) -> str:
    rows = [f"## {title}", "", "| event | what has happened | what to do |", "|---|---|---|"]
    for event in get_args(union):
        if event not in known:
            what, todo = told(event)
            fields = ", ".join(event.__dataclass_fields__)
            rows.append(f"| **{event.__name__}** {fields} | {what} | {todo[0].upper()}{todo[1:]} |")
    return "\n".join(rows)


def page() -> str:
    both = frozenset(get_args(events.Event))
    parts = [
        BEGINNING.rstrip(),
        section("For players", events.Event),
        section("For spectators, besides", events.SpectatorEvent, both),
        "A spectator is also told of FalseBeginning, Desync and MatchEnded, as above.",
        "## How a match can end",
        meanings(events.EndReason),
    ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
