"""What a frame costs with snapshots at the interval that is chosen, beside one every frame.

A peer's game alone, without a network: the others' inputs come some frames late, and change often.
"""

from __future__ import annotations

from random import Random

from rows import Row

from netcode.prediction import RepeatLast
from netcode.rollback import Rollback
from netcode.settings import MatchSettings
from netcode.snapshot_interval import SnapshotInterval
from netcode.timeline import Timeline
from peer.simulation.make import make_simulation
from peer.timing import TimedSimulation

FRAMES = 1000
TURNS = 3  # in which both are played; the best counts, as others use the machine too
LATE = 4  # frames
HOLD = 0.8  # chance that a player presses what it pressed before
COSTS_EVERY = 60  # frames, as a peer's frame loop does

GAMES = {
    "race:CartPole-v1, 8": MatchSettings(env="race:CartPole-v1", players=8, fps=60),
    "knights_archers_zombies, 4": MatchSettings(
        env="pettingzoo:butterfly/knights_archers_zombies_v11", players=4, fps=60
    ),
    "FrozenLake-v1 race, 2": MatchSettings(env="race:FrozenLake-v1", players=2, fps=60),
}


def play(settings: MatchSettings, automatic: bool) -> tuple[float, SnapshotInterval]:
    """Microseconds a frame inside the game."""
    inner = make_simulation(settings)
    game, rng = TimedSimulation(inner), Random(1)
    saving = SnapshotInterval(settings.window, settings.fps, settings.fast)
    timelines = [Timeline(default, 0, RepeatLast(default)) for default in inner.default_inputs]
    core = Rollback(timelines, settings.window, settings.digest_interval, saving)
    said: list[list[bytes]] = []
    while core.frame < FRAMES:
        held = said[-1] if said else list(inner.default_inputs)
        said.append(
            [h if rng.random() < HOLD else c.sample(rng) for h, c in zip(held, inner.codecs, strict=True)]
        )
        for slot, timeline in enumerate(timelines):
            due = len(said) if slot == 0 else max(0, len(said) - LATE)
            for frame in range(timeline.confirmed, due):
                timeline.confirm(said[frame][slot])
        core.reconcile(game)
        core.advance(game)
        confirmed = min(core.confirmed, core.frame)
        for frame in [frame for frame in core.outcomes if frame < confirmed]:
            del core.outcomes[frame]
        for timeline in timelines:
            timeline.forget_before(core.kept_from(confirmed))
        if automatic and core.frame % COSTS_EVERY == 0:
            saving.measured(game.look_at_costs())
    inner.close()
    return game.nanoseconds / 1000 / FRAMES, saving


def rows() -> list[Row]:
    found = []
    for name, settings in GAMES.items():
        turns = [(play(settings, automatic=False), play(settings, automatic=True)) for _ in range(TURNS)]
        every = min(plain for (plain, _), _ in turns)
        chosen, saving = min((chosen for _, chosen in turns), key=lambda one: one[0])
        interval = f"every {saving.interval}"
        found.append(Row(f"{name}: a frame in the game, a snapshot every frame", every, "us", ""))
        found.append(Row(f"  with the interval chosen ({interval})", chosen / every, "x", "at most 1.05"))
    return found


if __name__ == "__main__":
    for row in rows():
        print(row)
