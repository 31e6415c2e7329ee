"""The `netplay` command: before its verbs are loaded, and after. Our errors are one line, no traceback."""

from __future__ import annotations

import sys
from signal import SIGINT
from typing import NoReturn

from peer.stop_signals import Stopped, StopRequest, exit_code, leave_at_once

FAILED = 2


def command() -> None:
    """What the shell starts: `main`, in a Python whose hashes are fixed. Not for other programs to call."""
    leave_at_once()  # in force before anything is imported that takes long
    from peer.busy import busy
    from peer.displays import choose_driver
    from peer.hash_seed import fix_hashes
    from peer.parent import end_with_parent

    end_with_parent()
    fix_hashes(sys.argv[1:])
    choose_driver()
    with busy("starting"):
        import peer.commands.verbs  # noqa: F401

    StopRequest()  # raises, where a verb makes no other arrangements
    main()


def main() -> None:
    """The command of `sys.argv`."""
    from pathlib import Path

    from typer import Abort
    from typer.exceptions import TyperException

    from netcode.errors import NetplayError
    from peer.commands.verbs import app

    sys.path.append(str(Path.cwd()))  # where a person keeps the module of `module:callable`
    if len(sys.argv) == 1:
        sys.argv.append("--help")
    try:
        sys.exit(app(standalone_mode=False))
    except NetplayError as error:
        fail(str(error))
    except Stopped as stopped:
        sys.exit(exit_code(stopped.number))
    except (KeyboardInterrupt, Abort):
        sys.exit(exit_code(SIGINT))
    except TyperException as error:
        # What the command line itself finds wrong: one line of it, not a page.
        said = error.format_message() if hasattr(error, "format_message") else str(error)
        text = " ".join(said.split()).rstrip(".")
        context = getattr(error, "ctx", None)
        verb = f" {context.info_name}" if context is not None and context.parent is not None else ""
        fail(f"{text}; see: netplay{verb} --help")


def fail(text: str) -> NoReturn:
    """Say it on stderr and leave."""
    from netcode.wire.text import printable

    print(f"netplay: {printable(text)}", file=sys.stderr)
    sys.exit(FAILED)


if __name__ == "__main__":
    command()
