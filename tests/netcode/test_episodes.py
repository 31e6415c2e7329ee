"""Where episodes begin, by what confirmed frames tell; and that a game begun there is the one played."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcode import limits
from netcode.episodes import FIRST_EPISODE, Episodes, EpisodeStart
from netcode.simulation import Simulation
from netcode.simulator.game import MixingGame


def outcome(number: int) -> bytes:
    return bytes(8) + number.to_bytes(8, "little") + bytes(1)


def told(numbers: list[int]) -> Episodes:
    episodes = Episodes(MixingGame(1, 1))
    for frame, number in enumerate(numbers):
        episodes.confirm(frame, outcome(number))
    return episodes


@given(st.lists(st.integers(1, 9), min_size=1, max_size=20))
def test_the_start_below_any_frame(lengths: list[int]) -> None:
    numbers = [number for number, length in enumerate(lengths) for _ in range(length)]
    episodes = told(numbers)
    for frame in range(1, len(numbers) + 1):
        number = numbers[frame - 1]
        assert episodes.newest_below(frame) == EpisodeStart(numbers.index(number), number)
    assert episodes.present == episodes.newest_below(len(numbers))


def test_only_the_newest_are_kept() -> None:
    episodes = told(list(range(limits.EPISODES_KEPT + 10)))
    assert episodes.newest_below(5) is None
    assert episodes.newest_below(11) == EpisodeStart(10, 10)


def test_begun_anywhere_it_knows_of_nothing_before() -> None:
    episodes = told([0, 0, 1])
    episodes.begin_at(EpisodeStart(50, 7))
    episodes.confirm(50, outcome(7))
    assert episodes.newest_below(50) is None
    assert episodes.present == EpisodeStart(50, 7)


def test_a_game_without_episodes_has_the_first_only() -> None:
    class Endless:
        pass

    game: Simulation = Endless()  # type: ignore[assignment]
    episodes = Episodes(game)
    episodes.confirm(0, b"anything")
    assert episodes.present == FIRST_EPISODE


@pytest.mark.parametrize("seed", range(3))
def test_a_game_begun_there_is_the_one_that_was_played(seed: int) -> None:
    rng = random.Random(seed)
    played, episodes, inputs = MixingGame(2, seed), Episodes(MixingGame(2, seed)), []
    for frame in range(2000):
        inputs.append([bytes([rng.randrange(8)]) for _ in range(2)])
        episodes.confirm(frame, played.step(inputs[-1]))
    start = episodes.present
    assert start.number > 5
    late = MixingGame(2, seed)
    late.begin_episode(start.number)
    for row in inputs[start.frame :]:
        late.step(row)
    assert late.digest() == played.digest()
