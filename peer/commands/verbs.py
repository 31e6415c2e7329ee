"""All verbs of the `netplay` command, one file each. Loading them takes a while: see main.py."""

from __future__ import annotations

from collections.abc import Callable

import typer

from peer.commands.arguments import CheckedCommand
from peer.commands.broker import broker
from peer.commands.check import check
from peer.commands.match import match
from peer.commands.peer import peer
from peer.commands.replay import replay
from peer.commands.sim import sim
from peer.commands.soak import soak
from peer.commands.spectate import spectate

app = typer.Typer(
    name="netplay",
    help="Rollback multiplayer for Gymnasium and PettingZoo environments.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_IN_SHORT: dict[Callable[..., None], str] = {
    match: "A whole match on this machine, and the verdict.",
    broker: "Bring players together, until stopped.",
    peer: "Join a match as one player.",
    spectate: "Watch a match that runs.",
    check: "Can this environment be played, and at what cost?",
    replay: "A match again, from its log.",
    sim: "Whole matches in virtual time, with faults.",
    soak: "Many matches at once, with faults.",
}
for verb, words in _IN_SHORT.items():
    app.command(cls=CheckedCommand, short_help=words)(verb)
