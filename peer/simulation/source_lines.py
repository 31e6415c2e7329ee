"""Where in somebody's code: whose module it is, a path short enough to be read, and the line itself."""

from __future__ import annotations

import linecache
import os
import sys
from enum import Enum, auto
from functools import lru_cache
from types import FrameType
from typing import Final


class Whose(Enum):
    """Whose code a module is, as far as luck and clocks are concerned."""

    OURS = auto()
    ENVIRONMENT = auto()
    BETWEEN = auto()  # through which environments draw, or are called: the next caller is the one to name
    OTHER = auto()  # the interpreter's library and what draws pictures: has clocks of its own, left alone


_OURS: Final = frozenset({"peer", "netcode", "broker"})
_BETWEEN: Final = frozenset(
    {"random", "uuid", "secrets", "datetime", "numpy", "gymnasium", "functools", "contextlib", "dataclasses"}
    | {"copy", "collections", "abc", "typing", "enum", "_pydatetime"}
)
_BETWEEN_PARTS: Final = ("pettingzoo.utils", "pettingzoo.env_registry")
_GAMES_OF_GYMNASIUM: Final = "gymnasium.envs."
OTHERS: Final = frozenset(
    {"pygame", "matplotlib", "PIL", "pyglet", "OpenGL", "glfw", "cv2", "imageio", "moviepy", "tkinter"}
    | {"zmq", "msgpack", "psutil", "pydantic", "rich", "typer", "click", "zeroconf", "_pytest", "pluggy"}
    | {"torch", "tensorflow", "jax", "jaxlib", "numba", "onnxruntime"}
)


@lru_cache(maxsize=4096)
def whose(module: str) -> Whose:
    """Of the module of that name."""
    top = module.partition(".")[0]
    if top in _OURS:
        return Whose.OURS
    if top == "gymnasium" and module.startswith(_GAMES_OF_GYMNASIUM):
        return Whose.BETWEEN if module == "gymnasium.envs.registration" else Whose.ENVIRONMENT
    if top in _BETWEEN or module.startswith(_BETWEEN_PARTS):
        return Whose.BETWEEN
    if top in OTHERS or (top in sys.stdlib_module_names and module != "__main__"):
        return Whose.OTHER
    return Whose.ENVIRONMENT


def module_of(cls: type) -> str:
    """Of a class; "" if it does not say (some of SWIG's)."""
    return str(getattr(cls, "__module__", ""))


def type_name(cls: type) -> str:
    """`module.Qualified.name`."""
    return f"{module_of(cls)}.{cls.__qualname__}"


def whose_frame(frame: FrameType) -> Whose:
    return whose(str(frame.f_globals.get("__name__") or "__main__"))


@lru_cache(maxsize=4096)
def short_path(file: str) -> str:
    """Without the folder that Python finds the module in: `pettingzoo/butterfly/pistonball/pistonball.py`."""
    folders = (os.path.join(os.path.abspath(folder or "."), "") for folder in sys.path)  # noqa: PTH100, PTH118
    longest = max((folder for folder in folders if file.startswith(folder)), key=len, default="")
    return file[len(longest) :]


def line_of(file: str, line: int) -> str:
    """The source line without its indent; "" if there is no source."""
    return linecache.getline(file, line).strip()
