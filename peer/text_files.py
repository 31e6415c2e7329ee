"""Text files that people write, or others for them: read within bounds, and whatever is wrong is one line."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

from netcode.errors import ConfigError

MAX_TEXT_FILE: Final = 2**20  # bytes of a match file, a scenario, a list of environments


def is_file(path: Path) -> bool:
    """As far as we may see; of a name that no file can have, no."""
    try:
        return path.is_file()
    except OSError:  # too long, or in a folder that we may not look into
        return False


def read_text(path: Path, most: int = MAX_TEXT_FILE) -> str:
    """UTF-8 text of at most so many bytes. Raises: ConfigError naming the file."""
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise ConfigError(f"{path}: a file for this has at most {most:,} bytes")
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8 text") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file. Raises: ConfigError naming the file, and the line where it is broken."""
    try:
        return tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        raise ConfigError(f"{path}: not valid TOML: {message[0].lower()}{message[1:]}") from None
    except (ValueError, RecursionError) as error:  # a number of many digits, lists in lists in lists
        raise ConfigError(f"{path}: not TOML that can be read ({type(error).__name__})") from None
