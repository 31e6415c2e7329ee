"""The `netplay` command. One file a verb; errors of ours are one line, never a traceback."""

from __future__ import annotations

import sys

import typer

from netcode.errors import NetplayError
from peer.commands.broker import broker
from peer.commands.check import check
from peer.commands.match import match
from peer.commands.peer import peer
from peer.commands.replay import replay
from peer.commands.soak import soak

app = typer.Typer(
    name="netplay",
    help="Rollback multiplayer for Gymnasium and PettingZoo environments.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verb in (match, broker, peer, check, replay, soak):
    app.command()(verb)

FAILED = 2


def main() -> None:
    """Entry point."""
    try:
        app()
    except NetplayError as error:
        print(f"netplay: {error}", file=sys.stderr)
        sys.exit(FAILED)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
