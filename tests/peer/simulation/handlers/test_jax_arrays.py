"""Arrays and keys of jax. Where jax is missing, classes of the same names stand for them."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pytest

from peer.simulation.state.diff import differences, flatten
from peer.simulation.state.digest import digest_snapshot
from peer.simulation.state.graph import capture, restore
from peer.simulation.state.watch import Watch


class _Elements:
    def __init__(self, *values: float) -> None:
        self._values = values

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array(self._values, np.float32)


ARRAY: Any = type("ArrayImpl", (_Elements,), {"__module__": "jaxlib._jax"})
JITTED: Any = type("PjitFunction", (), {"__module__": "jaxlib._jax", "__slots__": ("calls",)})


class _Key:
    def __init__(self, number: int) -> None:
        self._base_array = ARRAY(number)


KEY: Any = type("PRNGKeyArray", (_Key,), {"__module__": "jax._src.random.prng"})


class Game:
    def __init__(self, x: float, key: int = 1) -> None:
        self.state = {"x": ARRAY(x, 2.0), "key": KEY(key)}
        self.step = JITTED()


def digest(game: Any) -> bytes:
    snapshot = capture([game])
    return digest_snapshot(snapshot, snapshot.roots)


def test_arrays_count_by_their_elements_not_by_who_they_are() -> None:
    assert digest(Game(1.0)) == digest(Game(1.0))
    assert digest(Game(1.0)) != digest(Game(3.0))
    assert digest(Game(1.0, 1)) != digest(Game(1.0, 2))
    twice = ARRAY(1.0)
    assert digest([twice, twice]) == digest([ARRAY(1.0), ARRAY(1.0)]), "identity is nobody's business"


def test_the_array_that_differs_is_named() -> None:
    one, other = (flatten(capture([game]), [("", game)]) for game in (Game(1.0), Game(3.0)))
    assert differences(one, other, 9) == ["state['x'][0]: 1.0 != 3.0"]


@pytest.mark.parametrize("watched", [True, False])
def test_a_game_goes_back_to_the_arrays_it_held(watched: bool) -> None:
    game, watch = Game(1.0), Watch()
    before = dict(game.state)
    for _ in range(12):
        snapshot = watch.capture([game]) if watched else capture([game])
    game.step.calls = 3
    for x in range(30):
        game.state["x"] = ARRAY(x)
        watch.capture([game])
    watch.restore(snapshot) if watched else restore(snapshot)
    assert game.state == before


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed: pip install jax")
def test_jax_itself() -> None:
    jax: Any = pytest.importorskip("jax")
    game: Any = Game(0.0)
    game.state = {"x": jax.numpy.zeros(3), "key": jax.random.key(1), "old key": jax.random.PRNGKey(1)}
    game.step = jax.jit(lambda x: x + 1)
    before, snapshot = digest(game), capture([game])
    game.state["x"] = game.step(game.state["x"])
    assert digest(game) != before
    restore(snapshot)
    assert digest(game) == before
    assert game.state["x"].tolist() == [0, 0, 0]
