"""pymunk spaces, restored in any order: contacts, joints, callbacks, and who came and went in between."""

from __future__ import annotations

import gc
import math
import random
from typing import Any

import psutil
import pytest

from netcode.errors import UncapturableStateError
from netcode.settings import MatchSettings
from peer.simulation.handlers import pymunk_space
from peer.simulation.handlers.pymunk_objects import JOINT_NUMBERS
from peer.simulation.state.digest import digest_snapshot
from peer.simulation.state.graph import StateSnapshot, capture
from peer.simulation.state.types import KINDS
from peer.simulation.state.watch import Watch
from tests.peer.simulation.handlers.test_engines import assert_exact_in_any_order

pymunk: Any = pytest.importorskip("pymunk")


class Box:
    """A pit of balls, boxes and decagons that come, collide, are joined, and go."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.space = pymunk.Space()
        self.space.gravity = 0, -300
        corners = ((0, 0), (300, 0)), ((0, 0), (0, 300)), ((300, 0), (300, 300))
        self.walls = [pymunk.Segment(self.space.static_body, start, end, 4) for start, end in corners]
        self.space.add(*self.walls)
        self.things: list[Any] = []
        self.joints: list[Any] = []
        self.touches = self.partings = 0
        self.space.on_collision(1, 1, post_solve=self.touch, separate=self.part)
        for _ in range(6):
            self.add()

    def touch(self, *_: object) -> None:
        self.touches += 1

    def part(self, *_: object) -> None:
        self.partings += 1

    def add(self) -> None:
        rng = self.rng
        body = pymunk.Body(1, 40)
        body.position = rng.uniform(20, 280), rng.uniform(50, 290)
        decagon = [
            (12 * math.cos(turn * math.pi / 5), 12 * math.sin(turn * math.pi / 5)) for turn in range(10)
        ]
        shape = rng.choice(
            [
                lambda: pymunk.Circle(body, rng.uniform(5, 12)),
                lambda: pymunk.Poly.create_box(body, (20, 10)),
                lambda: pymunk.Poly(body, decagon),
            ]
        )()
        shape.elasticity, shape.friction, shape.collision_type = 0.5, 0.6, 1
        self.space.add(body, shape)
        self.things.append((body, shape))

    def remove(self) -> None:
        body, shape = self.things.pop(self.rng.randrange(len(self.things)))
        for joint in [joint for joint in self.joints if body in (joint.a, joint.b)]:
            self.space.remove(joint)
            self.joints.remove(joint)
        self.space.remove(shape, body)

    def join(self) -> None:
        (one, _), (other, _) = self.rng.sample(self.things, 2)
        kind = self.rng.choice(
            [
                lambda: pymunk.PivotJoint(one, other, one.position),
                lambda: pymunk.DampedSpring(one, other, (0, 0), (0, 0), 30, 5, 2),
                lambda: pymunk.RotaryLimitJoint(one, other, -1, 1),
            ]
        )
        joint = kind()
        joint.max_force = 2000
        self.space.add(joint)
        self.joints.append(joint)

    def cut_anew(self) -> None:
        """Another number of corners: some are kept in the shape, more elsewhere."""
        for _, shape in self.things:
            if isinstance(shape, pymunk.Poly):
                few = [(-9, -9), (9, -9), (9, 9), (-9, 9)]
                many = [(9 * math.cos(i * math.pi / 4), 9 * math.sin(i * math.pi / 4)) for i in range(8)]
                shape.unsafe_set_vertices(few if len(shape.get_vertices()) > 6 else many)
                return

    def step(self) -> None:
        luck = self.rng.random()
        if luck < 0.06 and len(self.things) < 50:
            self.add()
        elif luck < 0.09 and len(self.things) > 3:
            self.remove()
        elif luck < 0.11:
            self.join()
        elif luck < 0.14:
            self.cut_anew()
        elif luck < 0.2:
            self.rng.choice(self.things)[0].apply_impulse_at_local_point((self.rng.uniform(-90, 90), 150))
        self.space.step(1 / 60)

    def look(self) -> str:
        bodies = [
            (*body.position, body.angle, *body.velocity, body.angular_velocity) for body, _ in self.things
        ]
        return repr((bodies, self.touches, self.partings, len(self.joints)))


def digest(snapshot: StateSnapshot) -> bytes:
    return digest_snapshot(snapshot, snapshot.roots)


def replays(seed: int, rounds: int) -> list[bool]:
    """Was each future the same again, whatever came between?"""
    box, watch, rng = Box(seed), Watch(), random.Random(seed + 1)
    same = []
    for _ in range(rounds):
        for _ in range(rng.randint(0, 20)):
            box.step()
        before = watch.capture([box])
        read = digest(before)
        truth, later = [], []
        for _ in range(rng.randint(1, 40)):
            box.step()
            truth.append(box.look())
            if rng.random() < 0.3:
                later.append(watch.capture([box]))
        watch.restore(before)
        assert digest(watch.capture([box])) == read == digest(capture([box]))
        box.rng.seed(rng.random())
        for _ in range(rng.randint(1, 40)):  # another future, whose newcomers must vanish
            box.step()
        if later:
            watch.restore(rng.choice(later))
            box.step()
        watch.restore(before)
        gc.collect()
        again = []
        for _ in truth:
            box.step()
            again.append(box.look())
        same.append(again == truth)
    assert box.touches > 100
    assert box.partings > 20
    return same


@pytest.mark.parametrize("seed", range(4))
def test_a_space_is_put_back_to_the_last_contact(seed: int) -> None:
    assert all(replays(seed, 60))


def test_the_test_would_notice_forgotten_contacts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mutant: all is put back but what contacts remember of the frame before."""
    monkeypatch.setattr(pymunk_space, "_CONTACT_BYTES", 0)
    assert not all(replays(0, 20))


def test_memory_does_not_grow_by_rollbacks() -> None:
    box, watch = Box(3), Watch()
    for _ in range(300):
        box.step()
    process, sizes = psutil.Process(), []
    for round_ in range(900):
        before = watch.capture([box])
        for _ in range(4):
            box.step()
            watch.capture([box])
        watch.restore(before)
        box.step()
        if round_ in (300, 899):
            gc.collect()
            sizes.append(process.memory_info().rss)
    assert sizes[1] - sizes[0] < 8 * 2**20


def test_what_cannot_be_put_back_is_refused() -> None:
    sleeping, hashed = pymunk.Space(), pymunk.Space()
    sleeping.sleep_time_threshold = 0.5
    hashed.use_spatial_hash(10, 100)
    with pytest.raises(UncapturableStateError, match="lets bodies sleep"):
        capture([sleeping])
    with pytest.raises(UncapturableStateError, match="hash of cells"):
        capture([hashed])
    later = pymunk.Space()
    later.add(body := pymunk.Body(1, 1), pymunk.Circle(body, 1))
    capture([later])
    later.sleep_time_threshold = 0.5
    body.sleep()
    with pytest.raises(UncapturableStateError, match="lets bodies sleep"):
        capture([later])
    body.activate()
    later.sleep_time_threshold = math.inf
    later.use_spatial_hash(10, 100)
    with pytest.raises(UncapturableStateError, match="hash of cells"):
        capture([later])


def test_joints_of_every_kind_are_read() -> None:
    kinds = [cls.__name__ for cls in pymunk.constraints.Constraint.__subclasses__()]
    assert sorted(kinds) == sorted(JOINT_NUMBERS)
    one, other = pymunk.Body(1, 1), pymunk.Body(1, 1)
    for joint in (
        pymunk.PinJoint(one, other, (1, 2), (3, 4)),
        pymunk.GrooveJoint(one, other, (0, 0), (5, 0), (1, 1)),
        pymunk.DampedSpring(one, other, (0, 0), (0, 0), 30, 5, 2),
        pymunk.DampedRotarySpring(one, other, 0.25, 5, 2),
        pymunk.SimpleMotor(one, other, 3.5),
    ):
        handler = KINDS[type(joint)].handlers[0]
        told = [value for _, value in handler.parts(handler.capture(joint))]
        assert {
            "PinJoint": 4.0,
            "GrooveJoint": 1.0,
            "DampedSpring": 30.0,
            "DampedRotarySpring": 0.25,
            "SimpleMotor": 3.5,
        }[type(joint).__name__] in told[4:]


def test_pistonball_is_exact_in_any_order() -> None:
    settings = MatchSettings(
        env="pettingzoo:butterfly/pistonball_v6", players=6, env_args={"n_pistons": 6, "max_cycles": 60}
    )
    assert_exact_in_any_order(settings, 80)
