"""The same game in another process: other addresses, other string hashes, the same inputs.

Run as `python -m peer.simulation.check.elsewhere`: settings and inputs in on stdin, outcomes and state out on
stdout, both as msgpack.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import msgpack

from netcode.errors import NetplayError, UnplayableError
from netcode.settings import MatchSettings
from peer.own_output import leave_threads_behind
from peer.parent import PARENT, end_with_parent
from peer.simulation.check.execution_trace import Event, Trace
from peer.simulation.check.play_again import traced_in
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.state.diff import FlatState

_TIMEOUT_S: Final = 600.0
_LITTER: Final = 20_000  # objects that scatter the free memory of the other process


@dataclass(frozen=True, slots=True)
class Answer:
    """How the game went there."""

    hash_seed: str
    outcomes: list[bytes]
    digests: list[bytes]  # before the first frame, and after each
    state: FlatState  # after the last


def other_hash_seed() -> str:
    """Not the one of this process."""
    return "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"


def play_elsewhere(
    settings: MatchSettings, inputs: Sequence[Sequence[bytes]], hash_seeds: Sequence[str]
) -> list[Answer]:
    """Play `inputs` in new processes, one for each hash seed.

    Raises: UnplayableError if one of them fails.
    """
    question = {"settings": settings.model_dump(), "inputs": inputs}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(partial(_ask, question), hash_seeds)
        return [Answer(seed, *each) for seed, each in zip(hash_seeds, found, strict=True)]


def traced_elsewhere(
    settings: MatchSettings, inputs: Sequence[Sequence[bytes]], hash_seed: str, frame: int
) -> Trace:
    """The lines of frame `frame`, played in a new process.

    Raises: UnplayableError if that process fails.
    """
    question = {"settings": settings.model_dump(), "inputs": inputs, "frame": frame}
    return [Event(*event) for event in _ask(question, hash_seed)]


def _ask(question: Mapping[str, Any], hash_seed: str) -> Any:
    search_path = os.pathsep.join(filter(None, sys.path))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "peer.simulation.check.elsewhere"],
            input=msgpack.packb(question),
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
            env={
                **os.environ,
                "PYTHONHASHSEED": hash_seed,
                "PYTHONPATH": search_path,
                PARENT: str(os.getpid()),
            },
        )
    except subprocess.TimeoutExpired:
        raise UnplayableError(f"another process did not finish in {_TIMEOUT_S:g} s") from None
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        reason = lines[-1] if lines else f"it ended with code {done.returncode}"  # -N: by signal N
        raise UnplayableError(f"another process failed: {reason}")
    return msgpack.unpackb(done.stdout, unicode_errors="surrogatepass")


def main() -> None:
    """The other process."""
    end_with_parent()
    question: dict[str, Any] = msgpack.unpackb(sys.stdin.buffer.read())
    answer_to = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever the environment prints must not get into the answer
    litter = _scatter_free_memory()
    try:
        answer = _answer(question)
    except NetplayError as error:
        sys.exit(str(error))
    del litter
    with answer_to:
        answer_to.write(msgpack.packb(answer, unicode_errors="surrogatepass"))
    leave_threads_behind(0)


def _answer(question: dict[str, Any]) -> Any:
    settings, inputs = MatchSettings.parse(question["settings"]), question["inputs"]
    if "frame" in question:
        return traced_in(lambda: EnvironmentSimulation(settings), inputs, question["frame"])
    simulation = EnvironmentSimulation(settings)
    digests, outcomes = [simulation.digest()], []
    for each in inputs:
        outcomes.append(simulation.step(each))
        digests.append(simulation.digest())
    return outcomes, digests, simulation.flatten()


def _scatter_free_memory() -> list[Any]:
    """So that objects made one after another do not lie in that order, as they do in a young process."""
    litter: list[Any] = []
    for size in range(_LITTER):
        litter += [[None] * (size % 24), _Litter(), object()]
    random.Random(1).shuffle(litter)
    del litter[len(litter) // 2 :]
    return litter


class _Litter:
    def __init__(self) -> None:
        self.kept = 1.5


if __name__ == "__main__":
    main()
