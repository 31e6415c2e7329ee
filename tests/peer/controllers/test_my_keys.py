"""A person's own keys: changed, kept, and never the end of a match."""

from __future__ import annotations

from pathlib import Path

import pygame
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peer.controllers.actions import NamedAction
from peer.controllers.key_map import Binding, KeyMap
from peer.controllers.key_names import key_code, key_name, shown_name
from peer.controllers.keyboard import KeyboardController
from peer.controllers.local_players import LocalPlayers
from peer.controllers.my_keys import MyKeys, key_file, user_folder
from peer.controllers.pad_keys import pad_code

K = pygame
KEYS = {"W": NamedAction(action=0, name="up"), "I": NamedAction(action=0, name="up"), "S": 1, "W+S": 2}


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def board_of(game, tmp_path: Path, said: list[str]):
    def make(held: tuple[int, ...] = (), path: Path | None = tmp_path / "keys" / "game.toml"):
        fake = game(3)
        fake.default_inputs = [bytes(1)]
        players = LocalPlayers(
            {0: "keyboard"}, 1, fake, pressed_keys=lambda: held, keys=KEYS, key_file=path, say=said.append
        )
        return players.board, lambda: players.sample(0)[0][0]

    return make


def test_rows_are_what_can_be_done_and_with_which_keys(board_of) -> None:
    board, _ = board_of()
    rows = board.rows()
    assert [(row.word, row.keys[:2]) for row in rows] == [("up", ("W", "I")), ("action 1", ("S", "pad ↓"))]


def test_a_changed_key_is_kept_and_its_chords_with_it(board_of, said: list[str]) -> None:
    board, _ = board_of()
    assert board.rebind(1, K.K_x) == "X: action 1"
    assert board.rows()[1].keys[0] == "X"
    again, plays = board_of(held=(K.K_x,))
    assert plays() == 1
    _, chord = board_of(held=(K.K_x, K.K_w))
    assert chord() == 2
    _, nothing = board_of(held=(K.K_s,))
    assert nothing() == 0
    again.reset()
    _, first = board_of(held=(K.K_s,))
    assert first() == 1
    assert said == []


def test_a_key_that_was_taken_is_exchanged(board_of) -> None:
    board, _ = board_of()
    board.rebind(1, K.K_w)
    rows = board.rows()
    assert (rows[0].keys[0], rows[1].keys[0]) == ("S", "W")
    board.rebind(1, K.K_s)
    assert [row.keys[0] for row in board.rows()] == ["W", "S"]


def test_a_control_of_any_pad_takes_the_place_of_a_pads(board_of) -> None:
    board, _ = board_of()
    board.rebind(1, pad_code("pad_x", 3))
    assert board.rows()[1].keys == ("S", "pad X")


@pytest.mark.parametrize(
    "text",
    [
        "[keys",
        '[keys]\n"w" = "nosuchkey"',
        '[keys]\n"w" = "x"',
        '[keys]\nw = "s"\nx = "s"',
        "keys = 5",
        "\x00",
    ],
)
def test_a_broken_file_is_told_and_the_first_keys_play(
    board_of, tmp_path: Path, said: list[str], text: str
) -> None:
    path = tmp_path / "game.toml"
    path.write_text(text)
    _, plays = board_of(held=(K.K_s,), path=path)
    assert plays() == 1
    assert len(said) == 1
    assert str(path) in said[0]
    assert "\n" not in said[0]


def test_where_nothing_can_be_kept_it_is_told(board_of, tmp_path: Path, said: list[str]) -> None:
    (tmp_path / "file").write_text("")
    board, _ = board_of(path=tmp_path / "file" / "game.toml")
    board.rebind(1, K.K_x)
    assert board.rows()[1].keys[0] == "X", "it holds for this match"
    assert "could not be kept" in said[0]


def test_every_environment_has_a_file_of_its_own(tmp_path: Path) -> None:
    names = ["CartPole-v1", "a/b", "a:b", "a_b", "../../etc", "x" * 300]
    files = {key_file(name, tmp_path) for name in names}
    assert len(files) == len(names)
    assert {file.parent for file in files} == {tmp_path / "keys"}
    assert max(len(file.name) for file in files) < 128


def test_the_users_folder() -> None:
    assert user_folder({"XDG_CONFIG_HOME": "/x"}, "linux") == Path("/x/netplay")
    assert user_folder({"APPDATA": "/roaming"}, "win32") == Path("/roaming/netplay")
    assert user_folder({}, "linux") == Path.home() / ".config" / "netplay"


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 7)), max_size=12))
def test_whatever_is_changed_every_action_has_its_key(changes: list[tuple[int, int]]) -> None:
    pool = [key_code(name) for name in "asdfghjk"]
    first = KeyMap(tuple(Binding(frozenset({key}), action) for action, key in enumerate(pool[:4])))
    controller = KeyboardController(first, lambda: ())
    board = MyKeys([controller], None, print)
    for row, key in changes:
        board.rebind(row, pool[key])
        assert board.rows()[row].codes == (pool[key],)
    assert len(controller.key_map.keys) == 4
    assert {binding.action for binding in controller.key_map.bindings} == {0, 1, 2, 3}


@pytest.mark.parametrize(
    "name", ["w", "left", "space", "[", "kp0", "pad_a", "pad_left", "pad_7", "pad_stick2_up"]
)
def test_names_there_and_back(name: str) -> None:
    assert key_name(key_code(name)) == name
    assert shown_name(key_code(name))
    assert key_code(" ") == K.K_SPACE
