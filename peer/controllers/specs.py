"""Controller specs: the words by which a person names where a slot's input comes from."""

from __future__ import annotations

from pathlib import Path

from netcode.errors import ConfigError
from peer.policies.policy import check_policy
from peer.text_files import is_file

ALLOWED = "keyboard, random, random:SEED, script:FILE, policy:FILE, policy:module:callable, idle"
MAX_SEED = 2**63 - 1


def parse_spec(spec: str) -> tuple[str, str]:
    """`random:7` -> ("random", "7"), `idle` -> ("idle", ""). Reads no file's content, so it is safe early.

    Raises: ConfigError naming what is allowed.
    """
    kind, colon, argument = spec.partition(":")
    match kind:
        case "policy":
            check_policy(argument)
            return kind, argument
        case "keyboard" | "idle" if colon:
            raise ConfigError(f"controller '{spec}': '{kind}' takes nothing after it")
        case "random" if colon and not _is_seed(argument):
            raise ConfigError(f"controller '{spec}': the seed must be a whole number from 0, as in random:7")
        case "script" if not argument:
            raise ConfigError(f"controller '{spec}': name the file, as in script:moves.txt")
        case "script" if not is_file(Path(argument)):
            raise ConfigError(f"controller '{spec}': there is no file '{argument}'")
        case "keyboard" | "random" | "script" | "idle":
            return kind, argument
    raise ConfigError(f"unknown controller '{spec[:80]}'; allowed: {ALLOWED}")


def _is_seed(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 19 and int(text) <= MAX_SEED
