"""The keys that are shown before it is known which slot will be ours."""

from __future__ import annotations

from types import SimpleNamespace

import gymnasium
import pytest

from peer.match_config import MatchConfig
from peer.policies import shelf
from peer.preview import show_keys
from peer.simulation.adapters.spaces import make_codec


class Screen:
    visible = True

    def __init__(self) -> None:
        self.offered: list[list[str]] = []

    def pressed_keys(self) -> tuple[int, ...]:
        return ()

    def offer_keys(self, board) -> None:
        self.offered.append([row.keys[0] for row in board.rows()])


@pytest.fixture
def shown(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    def show(spaces: list[gymnasium.Space], controllers: list[str], said: list[str]) -> list[list[str]]:
        game = SimpleNamespace(
            codecs=[make_codec(space, "x") for space in spaces],
            env=SimpleNamespace(),
            settings=SimpleNamespace(env="game"),
        )
        screen = Screen()
        options = SimpleNamespace(controllers=controllers, match=MatchConfig(match={}))
        show_keys(screen, game, options, said.append)
        return screen.offered

    return show


def test_where_all_slots_have_the_same_keys_they_are_shown(shown) -> None:
    assert shown([gymnasium.spaces.Discrete(3)] * 2, ["keyboard"], []) == [["←", "→", "0"]]
    assert len(shown([gymnasium.spaces.Discrete(3)] * 2, ["keyboard", "keyboard"], [])[0]) == 4


def test_where_slots_differ_or_have_no_keys_none_are_shown(shown) -> None:
    two, many = gymnasium.spaces.Discrete(2), gymnasium.spaces.Discrete(500)
    assert shown([two, gymnasium.spaces.Discrete(5)], ["keyboard"], []) == []
    assert shown([two, many], ["keyboard"], []) == []


def test_nothing_is_made_for_players_without_hands(shown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "load_policy", None)  # would fail if it were asked
    assert shown([gymnasium.spaces.Discrete(2)], ["policy:slow:one"], []) == []
    assert shown([gymnasium.spaces.Discrete(2)] * 2, ["keyboard", "random"], []) != []
