"""A policy in a process of its own: code of others that draws luck, or keeps the GIL, cannot reach the game.

In a thread of this process it would draw from `random` while the environment steps, and so from the game's
own luck. The pipe is between two processes of ours: nothing of the network or of files is unpickled here.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping
from multiprocessing.connection import Connection
from threading import Thread
from typing import Any, Final

from netcode.errors import ConfigError, NetplayError

LOADING_TIMEOUT: Final = 60.0  # seconds; torch alone may take ten


class HostedPolicy:
    """`load_policy(argument)`, elsewhere. The process ends with this one, whatever ends it."""

    def __init__(self, argument: str, deterministic: bool) -> None:
        """Raises: ConfigError as load_policy does, or if it takes too long."""
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, argument, deterministic), daemon=True)
        self._process.start()
        theirs.close()
        if not self._pipe.poll(LOADING_TIMEOUT):
            self._process.kill()
            raise ConfigError(f"policy '{argument}' was not loaded within {LOADING_TIMEOUT:g} s")
        try:
            fault = self._hear()
        except RuntimeError as error:
            fault = f"policy '{argument}': {error}"
        if fault is not None:
            self.close()
            raise ConfigError(fault)

    def act(self, observation: Any, info: Mapping[str, Any]) -> Any:
        self._pipe.send((observation, dict(info)))
        fault, action = self._hear()
        if fault is not None:
            raise RuntimeError(fault)
        return action

    def reset(self) -> None:
        self._pipe.send(None)

    def close(self) -> None:
        """May be called while another thread waits for an answer."""
        self._process.kill()
        self._process.join()

    def _hear(self) -> Any:
        try:
            return self._pipe.recv()
        except (EOFError, OSError):
            raise RuntimeError("its process has ended") from None


def _serve(pipe: Connection, argument: str, deterministic: bool) -> None:
    """The other process, until the pipe is closed."""
    Thread(target=_end_with_parent, name="parent", daemon=True).start()
    from peer.policies.policy import load_here

    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what it prints is no word of ours to who started us
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for those who play
    try:
        policy = load_here(argument, deterministic)
    except NetplayError as error:
        pipe.send(str(error))
        return
    pipe.send(None)
    try:
        while True:
            asked = pipe.recv()
            if asked is None:
                policy.reset()
            else:
                pipe.send(_answer(policy, *asked))
    except (EOFError, OSError):
        return


def _end_with_parent() -> None:
    """Also while the policy loads, or thinks without end: then nobody looks at the pipe."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(0)


def _answer(policy: Any, observation: Any, info: Mapping[str, Any]) -> tuple[str | None, Any]:
    try:
        return None, policy.act(observation, info)
    except Exception as error:  # somebody else's code
        told = str(error).splitlines()[0] if str(error) else ""
        return f"{type(error).__name__}: {told}", None
