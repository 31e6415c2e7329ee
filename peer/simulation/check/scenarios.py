"""Two runs that should have been one, played again to find the line at which they part."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Final

from netcode.settings import MatchSettings
from netcode.sync_test import SyncFault
from peer.simulation.check import elsewhere
from peer.simulation.check.culprit import (
    Culprit,
    find_culprit,
    find_origin,
    find_writer,
)
from peer.simulation.check.execution_trace import Trace, trace
from peer.simulation.check.play_again import Inputs, Make, played_to, traced_in
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.state.diff import differences

_FRAMES_ASTRAY: Final = 8
_ABSENT: Final = object()
_TRIES: Final = 6  # addresses that differed may be in the same order by luck when a game is played again


def parted_in_process(make: Make, inputs: Inputs) -> Culprit | None:
    """Two games from one seed differ: where, when both are played again."""
    return _tried(lambda: _parted(make, make, inputs))


def parted_elsewhere(settings: MatchSettings, inputs: Inputs, other: elsewhere.Answer) -> Culprit | None:
    """The game in another process differs."""
    here = EnvironmentSimulation(settings)
    frame = -1
    while here.digest() == other.digests[frame + 1]:
        frame += 1
        if frame == len(inputs):
            return None
        here.step(inputs[frame])

    def make() -> EnvironmentSimulation:
        return EnvironmentSimulation(settings)

    def scenario() -> tuple[Trace, Trace]:
        there = elsewhere.traced_elsewhere(settings, inputs, other.hash_seed, frame)
        return traced_in(make, inputs, frame), there

    return _tried(lambda: find_culprit(scenario))


def parted_by_rollback(make: Make, inputs: Inputs, first: int, last: int) -> Culprit | None:
    """Frames `first` to `last` come out differently when they are played again."""

    def scenario() -> tuple[Trace, Trace]:
        game = played_to(make, inputs, first)
        rng = random.Random(last)
        snapshot = game.capture()

        def frames() -> None:
            for each in inputs[first : last + 1]:
                game.step(each)

        ours = trace(frames)
        for _ in range(_FRAMES_ASTRAY):
            game.step([codec.sample(rng) for codec in game.codecs])
        game.restore(snapshot)
        return ours, trace(frames)

    return find_culprit(scenario)


def parted_by_fault(make: Make, inputs: Inputs, fault: SyncFault) -> Culprit | None:
    """What a sync test found."""
    if fault.replayed:
        return parted_by_rollback(make, inputs, fault.frame - fault.replayed + 1, fault.frame)
    game = played_to(make, inputs, fault.frame)

    def frames() -> None:
        for each in inputs[fault.frame : fault.frame + fault.depth]:
            game.step(each)

    return find_writer(frames, lambda: game.flatten().get(fault.path, _ABSENT))


def parted_by_looking(
    make: Make, inputs: Inputs, look: Callable[[EnvironmentSimulation], Any]
) -> Culprit | None:
    """Who looks plays another game: the line where it first matters."""

    def looked_at() -> EnvironmentSimulation:
        game = make()
        look(game)
        return game

    return _parted(make, looked_at, inputs)


def origin_of(make: Make, type_name: str) -> Culprit | None:
    """Where an object of that type is put into the environment."""
    make()  # whatever is imported, is imported now
    return find_origin(make, type_name)


def origin_in_frame(make: Make, inputs: Inputs, frame: int, type_name: str) -> Culprit | None:
    """The same, where it comes in the frame before `frame`."""
    game = played_to(make, inputs, frame - 1)
    return find_origin(lambda: game.step(inputs[frame - 1]), type_name)


def written_by_looking(make: Make, inputs: Inputs, frame: int) -> tuple[str, Culprit | None] | None:
    """The first field that drawing at `frame` changes, and where, though it is taken back; None: none."""
    game = played_to(make, inputs, frame)
    before = game.flatten()
    game.look_for_good(None)
    found = differences(before, game.flatten(), 1)
    if not found:
        return None
    after = game.flatten()
    path = next(path for path in {**before, **after} if before.get(path) != after.get(path))
    again = played_to(make, inputs, frame)
    writer = find_writer(lambda: again.look_for_good(None), lambda: again.flatten().get(path, _ABSENT))
    return found[0], writer


def _tried(find: Callable[[], Culprit | None]) -> Culprit | None:
    return next((found for found in (find() for _ in range(_TRIES)) if found is not None), None)


def _parted(one: Make, other: Make, inputs: Inputs) -> Culprit | None:
    """One after the other, as they may share what no snapshot holds."""
    pairs = zip(played(one, inputs), played(other, inputs), strict=True)
    frame = next((frame for frame, (ours, theirs) in enumerate(pairs, -1) if ours != theirs), None)
    if frame is None:
        return None
    return find_culprit(lambda: (traced_in(one, inputs, frame), traced_in(other, inputs, frame)))


def played(make: Make, inputs: Inputs) -> list[tuple[bytes, bytes]]:
    """Outcome and digest at the beginning and after each frame."""
    game = make()
    return [(b"", game.digest()), *((game.step(each), game.digest()) for each in inputs)]
