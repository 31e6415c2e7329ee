"""The same game in another process: other addresses, other string hashes, the same inputs.

Run as `python -m peer.simulation.elsewhere`: settings and inputs in on stdin, outcomes and state out on
stdout, both as msgpack.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any, Final

import msgpack

from netcode.errors import NetplayError, UnplayableError
from netcode.settings import MatchSettings
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.state_diff import FlatState

_TIMEOUT_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """How the game went there."""

    outcomes: list[bytes]
    digest: bytes  # after the last frame
    state: FlatState


def play_elsewhere(settings: MatchSettings, inputs: list[list[bytes]]) -> Answer:
    """Play `inputs` in a new process, with another string hash seed.

    Raises: UnplayableError if that process fails.
    """
    question = msgpack.packb({"settings": settings.model_dump(), "inputs": inputs})
    hash_seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    search_path = os.pathsep.join(filter(None, sys.path))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "peer.simulation.elsewhere"],
            input=question,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": search_path},
        )
    except subprocess.TimeoutExpired:
        raise UnplayableError(f"another process did not finish in {_TIMEOUT_S:g} s") from None
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise UnplayableError(f"another process failed: {lines[-1] if lines else 'no reason given'}")
    outcomes, digest, state = msgpack.unpackb(done.stdout, unicode_errors="surrogatepass")
    return Answer(outcomes, digest, state)


def main() -> None:
    """The other process."""
    question: dict[str, Any] = msgpack.unpackb(sys.stdin.buffer.read())
    answer_to = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever the environment prints must not get into the answer
    try:
        simulation = EnvironmentSimulation(MatchSettings.parse(question["settings"]))
        outcomes = [simulation.step(inputs) for inputs in question["inputs"]]
    except NetplayError as error:
        sys.exit(str(error))
    with answer_to:
        answer = (outcomes, simulation.digest(), simulation.flatten())
        answer_to.write(msgpack.packb(answer, unicode_errors="surrogatepass"))


if __name__ == "__main__":
    main()
