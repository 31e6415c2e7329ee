"""Writes docs/exit-codes.md from peer/exit_codes.py. `make docs`"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from peer.exit_codes import CLAIMS, MEANINGS

PAGE: Final = Path(__file__).parents[1] / "exit-codes.md"
_HEAD: Final = """# Exit codes

Made from `peer/exit_codes.py` by `make docs`.

| code | commands | meaning |
|---|---|---|
"""
_SIGNALS: Final = """
## Signals

One rule for every command: a signal that stops it before its claim is decided makes it end with 128 and the
signal's number, as shells do. It ends quietly: no traceback, goodbyes are said, processes that it started are
ended. A match that has begun leaves its reports and logs. After the end of a match Ctrl-C only closes the
page that shows it, and the code is the match's. A second signal cuts off the reference run of `match`;
`peer` and `spectate`, where the game hangs, end by one that comes two seconds after the first or later.

SIGHUP that is ignored (`nohup netplay broker &`) stays ignored. A service manager has to know that 143 is how
a broker ends that was asked to: in systemd, `SuccessExitStatus=143`.

## What 0 claims

| command | 0 only if |
|---|---|
"""


def page() -> str:
    """The whole page."""
    codes = (f"| {code.value} | {commands} | {text} |" for code, (commands, text) in MEANINGS.items())
    claims = (f"| `{command}` | {text} |" for command, text in CLAIMS.items())
    return _HEAD + "\n".join(codes) + "\n" + _SIGNALS + "\n".join(claims) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
