"""Engines that keep their state in C: snapshots of them are exact in whatever order they are put back.

Each test needs a package that netplay does not; without it the test is skipped.
"""

from __future__ import annotations

import gc
import random
import types
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from netcode.errors import UncapturableStateError
from netcode.settings import MatchSettings
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.handlers import box2d_world, mujoco_data
from peer.simulation.state.graph import capture, restore
from peer.simulation.state.size import bytes_of
from peer.simulation.state.watch import Watch


def assert_exact_in_any_order(settings: MatchSettings, frames: int, seed: int = 4) -> EnvironmentSimulation:
    """Beside a plain run, play with snapshots, in random order, with wrong inputs in between."""
    plain, game = EnvironmentSimulation(settings), EnvironmentSimulation(settings, fresh_episodes=False)
    assert game.captures, game.lockstep_reason
    rng = random.Random(seed)
    inputs = [[codec.sample(rng) for codec in game.codecs] for _ in range(frames // 4) for _ in range(4)]
    truth = [(plain.digest(), plain.step(frame)) for frame in inputs]
    assert len({digest for digest, _ in truth}) > frames // 2
    snapshots: dict[int, Any] = {}
    frame, went_back = 0, 0
    while frame < len(inputs):
        assert game.digest() == truth[frame][0]
        snapshots[frame] = game.capture()
        if rng.random() < 0.3:
            for _ in range(rng.randint(1, 8)):
                game.step([codec.sample(rng) for codec in game.codecs])
            gc.collect()
            if went_back < frames // 3:
                frame = rng.choice(list(snapshots)[-20:])
                went_back += 1
            game.restore(snapshots[frame])
            assert game.digest() == truth[frame][0]
        assert game.step(inputs[frame]) == truth[frame][1]
        frame += 1
    return game


@pytest.mark.parametrize(
    ("env", "players", "frames"),
    [("LunarLander-v3", 1, 60), ("BipedalWalker-v3", 1, 24), ("pettingzoo:sisl/multiwalker_v9", 3, 24)],
)
def test_box2d(env: str, players: int, frames: int) -> None:
    pytest.importorskip("Box2D")
    assert_exact_in_any_order(MatchSettings(env=env, players=players, seed=9), frames)


def test_a_box2d_world_that_has_grown_since() -> None:
    b2 = pytest.importorskip("Box2D").b2

    class Tag:
        pass

    class Game:
        def __init__(self) -> None:
            self.world = b2.world(gravity=(0, -10))
            self.world.CreateStaticBody(shapes=b2.polygonShape(box=(50, 1)))
            self.bodies: list[Any] = []

        def add(self, count: int) -> None:
            for index in range(count):
                body = self.world.CreateDynamicBody(position=(index % 7, 2 + index), userData=Tag())
                body.CreatePolygonFixture(box=(0.5, 0.5), density=1, friction=0.3).userData = Tag()
                self.bodies.append(body)

        def play(self, steps: int) -> list[Any]:
            seen = []
            for _ in range(steps):
                self.world.Step(1 / 50, 6, 2)
                seen.append([(*body.position, body.angle) for body in self.bodies])
            return seen

    game = Game()
    game.add(5)
    game.play(20)
    few = capture([game])
    expected = game.play(60)
    game.add(200)  # more boxes than the tree had place for, and more blocks
    game.play(5)
    many = capture([game])
    crowd = game.play(20)
    for body in game.bodies:
        game.world.DestroyBody(body)
    game.bodies.clear()
    gc.collect()
    for _ in range(3):
        restore(few)
        assert game.world.bodyCount == 6
        assert game.play(60) == expected
        game.add(3)
        restore(many)
        assert game.play(20) == crowd
        assert all(type(body.userData) is Tag for body in game.bodies)
    size = bytes_of(capture([game]))
    for _ in range(20):  # the memory that a world took since is its own again, and not lost
        restore(few)
        game.add(200)
        assert game.play(5)
        assert len(game.bodies) == 205
    assert bytes_of(capture([game])) < 1.2 * size
    restore(few)
    assert game.play(60) == expected


def test_what_hangs_on_bodies_that_never_were_is_let_go() -> None:
    b2 = pytest.importorskip("Box2D").b2
    alive: weakref.WeakSet[Any] = weakref.WeakSet()

    class Tag:
        def __init__(self) -> None:
            alive.add(self)

    class Game:
        def __init__(self) -> None:
            self.world = b2.world()
            self.add(3)

        def add(self, count: int) -> None:
            for _ in range(count):
                self.world.CreateDynamicBody(userData=Tag()).CreateCircleFixture(radius=1, userData=Tag())

    game, watch = Game(), Watch()
    few = watch.capture([game])
    for _ in range(20):
        game.add(10)
        watch.capture([game])
        game.world.Step(1 / 50, 6, 2)
        watch.restore(few)
    game.world.Step(1 / 50, 6, 2)
    gc.collect()
    assert game.world.bodyCount == 3
    assert len(alive) <= 6 + 20, "those that are there, and at most those of the last abandoned future"
    assert all(type(body.userData) is Tag for body in game.world.bodies)


def test_worlds_that_are_gone_are_forgotten() -> None:
    b2 = pytest.importorskip("Box2D").b2
    watch, known = Watch(), box2d_world.HANDLERS["Box2D.Box2D.b2World"][0]._known  # type: ignore[attr-defined]
    before = len(known)
    game = types.SimpleNamespace()
    for _ in range(20):
        game.world = b2.world()
        game.world.CreateStaticBody(userData=[1])
        watch.capture([game])
    del game.world
    watch.capture([[game]])
    gc.collect()
    assert len(known) <= before + 2


@pytest.fixture(params=["by the package", "by its library"])
def mujoco(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Before 4 the package does not tell of mj_copyData."""
    package = pytest.importorskip("mujoco")
    if request.param == "by its library":
        monkeypatch.delattr(package, "mj_copyData", raising=False)
    mujoco_data._copier.cache_clear()
    yield package
    mujoco_data._copier.cache_clear()


def test_mujoco_and_what_lags_a_step_behind(mujoco: Any) -> None:
    assert_exact_in_any_order(MatchSettings(env="Ant-v5", players=1, seed=9), 40)


def test_a_mujoco_without_a_library_is_refused(mujoco: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    model = mujoco.MjModel.from_xml_string("<mujoco/>")
    monkeypatch.delattr(mujoco, "mj_copyData", raising=False)
    monkeypatch.setattr(mujoco, "__file__", __file__)
    with pytest.raises(UncapturableStateError, match="MuJoCo without mj_copyData"):
        capture([mujoco.MjData(model)])


def test_a_mujoco_model_that_is_changed_in_play(mujoco: Any) -> None:
    ball = "<body><freejoint/><geom name='ball' size='.1' mass='1'/></body>"
    model = mujoco.MjModel.from_xml_string(f"<mujoco><worldbody>{ball}</worldbody></mujoco>")
    data = mujoco.MjData(model)
    snapshot = capture([[model, data]])
    model.body_mass[1] = 7.0
    model.opt.gravity[2] = 3.0
    model.opt.timestep = 0.5
    data.qpos[2] = 4.0
    changed = capture([[model, data]])
    restore(snapshot)
    assert (model.body_mass[1], model.opt.gravity[2], model.opt.timestep) == (1.0, -9.81, 0.002)
    assert data.qpos[2] == 0.0
    restore(changed)
    assert (model.body_mass[1], model.opt.timestep, data.qpos[2]) == (7.0, 0.5, 4.0)


def test_ale() -> None:
    pytest.importorskip("ale_py")
    steady = {"repeat_action_probability": 0.0}
    game = assert_exact_in_any_order(
        MatchSettings(env="ale_py:ALE/Pong-v5", players=1, seed=9, env_args=steady), 24
    )
    assert np.asarray(game.observe(0)).shape == (210, 160, 3)


def test_ale_with_sticky_keys_is_refused_with_a_way_out() -> None:
    pytest.importorskip("ale_py")
    sticky = EnvironmentSimulation(MatchSettings(env="ale_py:ALE/Pong-v5", players=1))
    assert "--env-arg repeat_action_probability=0" in (sticky.lockstep_reason or "")


def test_ale_for_two() -> None:
    pytest.importorskip("multi_agent_ale_py")
    roms = pytest.importorskip("ale_py").roms.__path__[0]
    settings = MatchSettings(
        env="pettingzoo:atari/pong_v3", players=2, seed=9, env_args={"auto_rom_install_path": str(roms)}
    )
    assert_exact_in_any_order(settings, 24)


def test_an_engine_s_memory_is_counted() -> None:
    b2 = pytest.importorskip("Box2D").b2
    world = b2.world()
    world.CreateDynamicBody(position=(0, 1))
    assert bytes_of(capture([[world]])) > 2**14
