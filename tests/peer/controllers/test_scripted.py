"""Scripts: who plays from a file."""

from __future__ import annotations

from pathlib import Path

import gymnasium
import numpy as np
import pytest

from netcode.errors import ConfigError
from peer.controllers import make_controller


@pytest.fixture
def script(tmp_path: Path, game):
    def make(text: str, fake=None):
        path = tmp_path / "moves.txt"
        path.write_text(text, encoding="utf-8")
        fake = fake or game()
        controller = make_controller(f"script:{path}", 0, 0, fake)
        return lambda frame: controller.sample(frame, fake, 0)

    return make


def test_a_line_holds_until_the_next(script) -> None:
    action = script("# warm up\n2 1\n\n  5   3  \n7 null\n9\t2")
    assert [action(frame) for frame in range(11)] == [None, None, 1, 1, 1, 3, 3, None, None, 2, 2]


def test_an_empty_script_does_nothing(script) -> None:
    assert script("")(100) is None


def test_lists_become_arrays_of_the_space(script, game) -> None:
    action = script("0 [0.5, -1]\n1 [1, 1]", game(gymnasium.spaces.Box(-1, 1, (2,), np.float32)))(0)
    assert action.dtype == np.float32
    assert action.tolist() == [0.5, -1.0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0 1\nx 2", "line 2: 'x' is no frame number"),
        ("-1 2", "line 1: '-1' is no frame number"),
        ("9999999999999999999 2", "is no frame number"),
        ("0", "line 1: the action is missing"),
        ("0 1 2", "line 1: the action is not JSON: 1 2"),
        ("0 " + "[" * 5000, "line 1: the action is not JSON"),
        ("0 6", "line 1: 6: action 6 is not in 0..5"),
        ("0 1.5", "line 1: 1.5: action 1.5 is not in 0..5"),
        ("0 [1]", "line 1: [1]: not an action of this slot"),
        ("0 1e999", "line 1: inf: not an action of this slot"),
        ('0 "left"', "line 1: 'left': "),
        ("5 1\n5 2", "line 2: frame 5 comes after frame 5; frames must rise"),
    ],
)
def test_a_fault_names_the_line(script, text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        script(text)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_whole_numbers_are_not_rounded_into_a_space(script, game) -> None:
    with pytest.raises(ConfigError, match="is not in the space"):
        script("0 [1.7, 0]", game(gymnasium.spaces.MultiDiscrete([3, 3])))


def test_a_script_that_is_no_text_is_told(tmp_path: Path, game) -> None:
    path = tmp_path / "moves.txt"
    path.write_bytes(b"0 \xff")
    with pytest.raises(ConfigError, match="not UTF-8"):
        make_controller(f"script:{path}", 0, 0, game())
