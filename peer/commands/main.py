"""The `netplay` command: before its verbs are loaded, and after. Our errors are one line, no traceback."""

from __future__ import annotations

import atexit
import re
import sys
from signal import SIGINT
from typing import NoReturn

from peer.stop_signals import Stopped, StopRequest, exit_code, ignore_stops, keep_code, leave_at_once
from peer.streams import let_go, put

FAILED = 2
MOST_SAID = 4000  # characters of an error


def command() -> None:
    """What the shell starts: `main`, in a Python whose hashes are fixed. Not for other programs to call."""
    leave_at_once()  # in force before anything is imported that takes long
    atexit.register(ignore_stops)  # before any other, so that it is done last
    from peer.busy import busy
    from peer.displays import choose_driver
    from peer.hash_seed import fix_hashes
    from peer.own_output import keep_output, leave_threads_behind
    from peer.parent import end_with_parent

    end_with_parent()
    fix_hashes(sys.argv[1:])
    choose_driver()
    keep_output()
    with busy("starting"):
        import peer.commands.verbs  # noqa: F401

    StopRequest()  # raises, where a verb makes no other arrangements
    try:
        main()
    except SystemExit as leaving:
        keep_code(leaving.code)
        leave_threads_behind(leaving.code)
        raise


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
        code = app(standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()  # here, where it can still be said that the answer is lost
        sys.exit(code)
    except NetplayError as error:
        fail(str(error))
    except Stopped as stopped:
        sys.exit(exit_code(stopped.number))
    except (KeyboardInterrupt, Abort):
        sys.exit(exit_code(SIGINT))
    except BrokenPipeError:  # who reads us has enough, as `head` has
        let_go(sys.stdout)
        sys.exit(FAILED)
    except OSError as error:
        let_go(sys.stdout)
        fail(f"{error.strerror or error}: {error.filename or 'the output cannot be written'}")
    except TyperException as error:
        # What the command line itself finds wrong: one line of it, not a page.
        said = error.format_message() if hasattr(error, "format_message") else str(error)
        text = re.sub(r" \(Possible options: (.*)\)", r". Did you mean \1?", " ".join(said.split()))
        mark = " See" if text.endswith("?") else "; see"
        context = getattr(error, "ctx", None)
        verb = f" {context.info_name}" if context is not None and context.parent is not None else ""
        fail(f"{text.rstrip('.')}{mark}: netplay{verb} --help")


def fail(text: str) -> NoReturn:
    """Say it on stderr, as one line that cannot move a terminal's cursor, and leave."""
    from netcode.wire.text import printable

    text = text if len(text) <= MOST_SAID else f"{text[:MOST_SAID]}..."
    put(f"netplay: {printable(text)}", sys.stderr)
    sys.exit(FAILED)


if __name__ == "__main__":
    command()
