"""What a policy is, and from which words it is loaded."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from netcode.errors import ConfigError
from peer.policies.options import PolicyOptions, split_words
from peer.policies.tiny_net import TinyNet
from peer.text_files import is_file

ALLOWED = "policy:FILE.npz, policy:FILE.onnx, policy:FILE.zip (Stable-Baselines3) or policy:module:callable"


class Policy(Protocol):
    """Sees one slot of a game and plays it. Called from one thread, never from two at a time."""

    def act(self, observation: Any, info: Mapping[str, Any]) -> Any:
        """The action for what is seen. `info`: `slot`, `frame`, `episode`, `action_mask` (None where there is
        none), `first_action` (the lowest of a Discrete space, else None)."""
        ...

    def reset(self) -> None:
        """A new episode begins."""
        ...


class CallablePolicy:
    """What code of others has made: with a method `act`, or to be called itself; perhaps with `reset`."""

    def __init__(self, made: Any) -> None:
        own = getattr(made, "act", None)
        self._call = own if callable(own) else made
        self._reset = getattr(made, "reset", None)

    def act(self, observation: Any, info: Mapping[str, Any]) -> Any:
        return self._call(observation, info)

    def reset(self) -> None:
        if callable(self._reset):
            self._reset()


def check_policy(argument: str) -> None:
    """Can this be a policy, with its own options behind it? Loads nothing.

    Raises: ConfigError naming what is allowed.
    """
    argument, words = split_words(argument)
    PolicyOptions().but(words, f"controller 'policy:{argument}'")
    if not argument:
        raise ConfigError(f"controller 'policy:': name the policy; {ALLOWED}")
    path = Path(argument)
    if path.suffix in (".npz", ".onnx", ".zip"):
        if not is_file(path):
            raise ConfigError(f"controller 'policy:{argument}': there is no file '{argument}'")
    elif ":" not in argument:
        raise ConfigError(f"controller 'policy:{argument}': say {ALLOWED}")


def load_policy(argument: str, deterministic: bool) -> Policy:
    """As `load_here`; code of others (all but .npz and .onnx) gets a process of its own."""
    check_policy(argument)
    if Path(argument).suffix in (".npz", ".onnx"):
        return load_here(argument, deterministic)
    from peer.policies.hosted import HostedPolicy

    return HostedPolicy(argument, deterministic)


def load_here(argument: str, deterministic: bool) -> Policy:
    """A file that the user names is the user's own choice: loading a Stable-Baselines3 zip, or a
    `module:callable`, runs code of whoever made it. .npz and .onnx hold numbers only.

    Raises: ConfigError with what is wrong, or which extra is missing.
    """
    check_policy(argument)
    path = Path(argument)
    match path.suffix:
        case ".npz":
            return TinyNet.load(path)
        case ".onnx":
            from peer.policies.onnx_policy import OnnxPolicy

            return OnnxPolicy(path)
        case ".zip":
            from peer.policies.sb3_policy import Sb3Policy

            return Sb3Policy(path, deterministic)
    return CallablePolicy(_find(argument))


def _find(argument: str) -> Any:
    name, _, attribute = argument.partition(":")
    if (here := str(Path.cwd())) not in sys.path:  # as with environments of one's own
        sys.path.insert(0, here)
    try:
        found = getattr(importlib.import_module(name), attribute)
        made = found() if _makes_one(found) else found
    except Exception as error:  # somebody else's code
        raise ConfigError(f"policy '{argument}': {_told(error)}") from None
    if not callable(made) and not callable(getattr(made, "act", None)):
        what = f"makes {_short(made)}, which" if made is not found else "it"
        raise ConfigError(f"policy '{argument}': {what} cannot be called; it must take (observation, info)")
    return made


def _makes_one(found: Any) -> bool:
    """Is it a class, or a function without arguments, that makes the policy?"""
    if isinstance(found, type):
        return True
    try:
        inspect.signature(found).bind()
    except (TypeError, ValueError):  # it wants arguments, or is written in C
        return False
    return not _takes(found, None, None)


def _takes(found: Any, *arguments: Any) -> bool:
    try:
        inspect.signature(found).bind(*arguments)
    except TypeError:
        return False
    return True


def _told(error: Exception) -> str:
    text = str(error).splitlines()[0][:200] if str(error) else ""
    return text if isinstance(error, ImportError | AttributeError) else f"{type(error).__name__}: {text}"


def _short(value: Any) -> str:
    text = repr(value).replace("\n", " ")
    return text if len(text) <= 40 else text[:37] + "..."
