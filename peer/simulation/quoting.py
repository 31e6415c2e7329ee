"""What somebody else's code says, in one line, and what to do about it."""

from __future__ import annotations

import difflib
import importlib.util
import re
from traceback import walk_tb
from typing import Final

from netcode.errors import NetplayError
from netcode.wire.text import printable
from peer.simulation.source_lines import Whose, line_of, short_path, whose_frame

_MOST_TEXT: Final = 300
_VERSION: Final = re.compile(r"[-_]v\d+$")


def hint(error: Exception) -> str:
    """How to get a missing package."""
    text = str(error).replace('"', "'")
    if "pip install" in text:
        return ""  # the environment's own text says it
    missing = getattr(error, "name", None)
    if missing == "pkg_resources":
        return (
            "; pip install 'setuptools<81', which has it: it is no package of its own, and newer ones lack it"
        )
    if isinstance(error, ImportError) and missing:
        package = missing.partition(".")[0]
        if package != missing and importlib.util.find_spec(package) is not None:
            return ""  # of another version
        extra = {"pygame": "window", "pymunk": "pettingzoo", "pettingzoo": "pettingzoo"}.get(package)
        wanted = f"'netplay[{extra}]'" if extra else package
        return f"; pip install {wanted}"
    return ""


def one_line(error: BaseException) -> str:
    """An error of somebody else's code, short enough to be quoted, and where in that code it was raised."""
    if isinstance(error, NetplayError):
        return str(error)  # it is one already
    try:
        text = printable(" ".join(str(error).split()))[:_MOST_TEXT]
    except Exception:  # it cannot even say what it is
        text = ""
    return f"{type(error).__name__}: {text}{_place(error, with_source=not text)}"


def _place(error: BaseException, with_source: bool) -> str:
    """The environment's innermost line; "" for what did not pass through its code."""
    theirs = [one for one in walk_tb(error.__traceback__) if whose_frame(one[0]) is Whose.ENVIRONMENT]
    if not theirs:
        return ""
    frame, line = theirs[-1]
    file = frame.f_code.co_filename
    source = line_of(file, line) if with_source else ""
    return f"{source} ({short_path(file)}:{line})"


def near(name: str, known: list[str], prefix: str = "") -> str:
    """Versions do not count: they make all names alike."""
    folded = {_VERSION.sub("", one.lower()): one for one in known}
    stem = _VERSION.sub("", name.lower())
    longer = [one for one in folded if len(stem) > 3 and one.startswith(stem)]
    near = longer or difflib.get_close_matches(stem, folded, n=3, cutoff=0.6)
    matches = [folded[match] for match in near[:3]]
    return f"; did you mean {' or '.join(prefix + match for match in matches)}?" if matches else ""
