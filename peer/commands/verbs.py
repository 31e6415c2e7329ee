"""All verbs of the `netplay` command, one file each. Loading them takes a while: see main.py."""

from __future__ import annotations

import typer

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
for verb in (match, broker, peer, spectate, check, replay, sim, soak):
    app.command()(verb)
