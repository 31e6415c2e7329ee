"""Iterators that have been handed out and moved on: remembered wherever they have got to."""

from __future__ import annotations

import itertools
import random
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from netcode.errors import UncapturableStateError
from peer.simulation.handlers import state_memory
from peer.simulation.handlers.iterators import ITERATORS
from peer.simulation.state.diff import differences, flatten
from peer.simulation.state.digest import digest_snapshot
from peer.simulation.state.graph import capture, restore
from peer.simulation.state.watch import Watch

pytestmark = pytest.mark.skipif(
    not state_memory.IS_KNOWN, reason="nobody has looked at this Python's iterators"
)

NESTED: dict[str, Callable[[], Iterator[Any]]] = {
    "list": lambda: iter([1, 2, 3]),
    "empty": lambda: iter(()),
    "range": lambda: iter(range(3, 99, 7)),
    "text": lambda: iter("añb"),
    "reversed": lambda: reversed([[1], [2]]),
    "until": lambda: iter(iter([1, 2, 0, 3]).__next__, 0),
    "enumerate": lambda: enumerate(iter("abc"), 5),
    "zip": lambda: zip(iter("abcd"), itertools.count(3), strict=False),
    "map": lambda: map(lambda a, b: a + b, iter([1, 2]), itertools.cycle([10, 20])),
    "filter": lambda: filter(None, itertools.chain([0, 1], (0, 2, 3), iter([4]))),
    "cycle": lambda: itertools.cycle(["red", "blue", "green"]),
    "cycle of a cycle": lambda: itertools.cycle(itertools.islice(itertools.cycle("ab"), 5)),
    "repeat": lambda: itertools.repeat("x", 4),
    "for ever": lambda: itertools.repeat(None),
    "islice": lambda: itertools.islice(itertools.count(), 2, 12, 3),
    "while": lambda: itertools.takewhile(lambda n: n < 3, iter([1, 2, 3, 1])),
    "drop": lambda: itertools.dropwhile(lambda n: n < 3, iter([1, 2, 3, 1])),
    "pairs": lambda: itertools.pairwise(iter("abcd")),
    "sums": lambda: itertools.accumulate(iter([1, 2, 3])),
    "compress": lambda: itertools.compress(iter("abcd"), itertools.cycle([1, 0])),
}


class Game:
    def __init__(self, turns: Iterator[Any]) -> None:
        self.turns = turns
        self.seen: list[Any] = []

    def step(self) -> None:
        self.seen.append(next(self.turns, "over"))


def digest(game: Game) -> bytes:
    snapshot = capture([game])
    return digest_snapshot(snapshot, snapshot.roots)


@pytest.mark.parametrize("name", NESTED)
@pytest.mark.parametrize("watched", [True, False])
def test_a_game_goes_on_as_if_it_had_never_been_ahead(name: str, watched: bool) -> None:
    rng, watch = random.Random(name), Watch()
    plain, game = Game(NESTED[name]()), Game(NESTED[name]())
    for _ in range(40):
        before = watch.capture([game]) if watched else capture([game])
        for _ in range(rng.randrange(6)):
            game.step()
            if watched:
                watch.capture([game])
        watch.restore(before) if watched else restore(before)
        if rng.random() < 0.6:
            plain.step()
            game.step()
        assert game.seen == plain.seen
        assert digest(game) == digest(plain)


@pytest.mark.parametrize("name", [name for name in NESTED if name not in ("empty", "for ever")])
def test_another_place_is_another_state(name: str) -> None:
    one, other = Game(NESTED[name]()), Game(NESTED[name]())
    for game in (one, other, other):
        game.step()
    other.seen.pop()
    assert digest(one) != digest(other)


def test_the_place_is_named() -> None:
    one, other = Game(iter([1, 2, 3])), Game(iter([1, 2, 3]))
    next(other.turns)
    flat = [flatten(capture([game]), [("", game)]) for game in (one, other)]
    assert differences(*flat, 9) == ["turns.index: 0 != 1"]


@pytest.mark.parametrize("name", NESTED)
def test_nothing_is_kept_for_good(name: str) -> None:
    item = object()
    count = sys.getrefcount(item)
    game = Game(itertools.chain(iter([item]), NESTED[name]()))
    snapshots = []
    for _ in range(4):
        snapshots.append(capture([game]))
        game.step()
    for snapshot in snapshots[::-1] * 50 + snapshots * 50:
        restore(snapshot)
        game.step()
    del game, snapshots, snapshot
    assert sys.getrefcount(item) == count


def test_every_kind_that_we_know_works_here() -> None:
    assert len(ITERATORS) == 26


@pytest.mark.parametrize(
    "make",
    [
        lambda: iter({1: 2}),
        lambda: iter({1, 2}),
        lambda: itertools.permutations("abc"),
        lambda: itertools.groupby("aab"),
        lambda: iter(range(2**70)),
    ],
)
def test_others_are_refused_by_name(make: Callable[[], Iterator[Any]]) -> None:
    with pytest.raises(
        UncapturableStateError, match=r"turns is a .*which does not tell where it has come to"
    ):
        capture([Game(make())])
