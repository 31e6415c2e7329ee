"""The `netplay` command. One file a verb; errors of ours are one line, never a traceback."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import typer
from typer.exceptions import TyperException

from netcode.errors import NetplayError
from peer.commands.broker import broker
from peer.commands.check import check
from peer.commands.match import match
from peer.commands.peer import peer
from peer.commands.replay import replay
from peer.commands.sim import sim
from peer.commands.soak import soak
from peer.commands.spectate import spectate
from peer.hash_seed import fix_hashes

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

FAILED = 2
INTERRUPTED = 130


def command() -> None:
    """What the shell starts: `main`, in a Python whose hashes are fixed. Not for other programs to call."""
    fix_hashes(sys.argv[1:])
    main()


def main() -> None:
    """The command of `sys.argv`."""
    sys.path.append(str(Path.cwd()))  # where a person keeps the module of `module:callable`
    if len(sys.argv) == 1:
        sys.argv.append("--help")
    try:
        sys.exit(app(standalone_mode=False))
    except NetplayError as error:
        fail(str(error))
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(INTERRUPTED)
    except TyperException as error:
        # What the command line itself finds wrong: one line of it, not a page.
        said = error.format_message() if hasattr(error, "format_message") else str(error)
        text = " ".join(said.split()).rstrip(".")
        context = getattr(error, "ctx", None)
        verb = f" {context.info_name}" if context is not None and context.parent is not None else ""
        fail(f"{text}; see: netplay{verb} --help")


def fail(text: str) -> NoReturn:
    """Say it on stderr and leave."""
    print(f"netplay: {text}", file=sys.stderr)
    sys.exit(FAILED)


if __name__ == "__main__":
    command()
