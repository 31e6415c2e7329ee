"""Options of all policies, and of each one: in a match file and behind its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from netcode.errors import ConfigError
from peer.controllers import make_controller, parse_spec
from peer.controllers.make import Thinking
from peer.match_config import load_match_config
from peer.policies.options import PolicyOptions, split_words

NET = Path(__file__).parents[3] / "configs" / "policies" / "cartpole.npz"


@pytest.mark.parametrize(
    ("argument", "policy", "words"),
    [
        ("net.npz", "net.npz", {}),
        ("my net.npz", "my net.npz", {}),
        ("a=b.npz", "a=b.npz", {}),
        ("my net.npz reaction=12  resize=84x84", "my net.npz", {"reaction": "12", "resize": "84x84"}),
        ("mod:make scale=0.5", "mod:make", {"scale": "0.5"}),
    ],
)
def test_options_stand_behind_the_name(argument: str, policy: str, words: dict[str, str]) -> None:
    assert split_words(argument) == (policy, words)


def test_each_policy_has_its_own_and_shares_the_rest(game) -> None:
    shared = PolicyOptions(frame_skip=4, reaction=3, patience_ms=1000.0)
    seated = [
        make_controller(f"policy:{NET}{words}", 0, 0, game, thinking=Thinking(shared))
        for words in ("", " reaction=12 resize=84x42 flatten=true", " frame_skip=1")
    ]
    assert [(each.options.reaction, each.options.frame_skip) for each in seated] == [
        (3, 4),
        (12, 4),
        (3, 1),
    ]
    assert (seated[1].options.resize, seated[1].options.flatten) == ((84, 42), True)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            "reactoin=3",
            "controller 'policy:acting:seer': unknown key 'reactoin'; allowed: channels_first, d",
        ),
        ("reaction=soon", "reaction = 'soon': input should be a valid integer"),
        ("reaction=-1", "greater than or equal to 0"),
        ("resize=84", "resize"),
        ("resize=0x84", "resize"),
        ("while_thinking=sleep", "'hold' or 'default'"),
    ],
)
def test_a_wrong_word_is_told_in_one_line(words: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_spec(f"policy:acting:seer {words}")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.fixture
def controllers(tmp_path):
    def read(text: str) -> list[str]:
        (tmp_path / "match.toml").write_text(f'{text}\n[match]\nenv = "CartPole-v1"\nplayers = 2\n')
        return load_match_config(str(tmp_path / "match.toml"), display=True).controllers

    return read


def test_a_match_file_says_it_as_a_table_or_in_words(controllers) -> None:
    table = '{ policy = "acting:seer", reaction = 12, resize = [84, 42], flatten = true }'
    words = "policy:acting:seer reaction=12 resize=84x42 flatten=true"
    assert controllers(f'controllers = [{table}, "keyboard"]') == [words, "keyboard"]
    assert controllers(f'controllers = ["{words}", "idle"]') == [words, "idle"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('controllers = [{ policy = "acting:seer", reactoin = 1 }]', "unknown key 'reactoin'; allowed: c"),
        ("controllers = [{ reaction = 1 }]", 'write it as "keyboard", or as { policy = "FILE"'),
        ('controllers = ["keyboard"]\n[policy]\nreactoin = 1', "'policy.reactoin'; allowed: channels_first"),
    ],
)
def test_a_wrong_table_is_told_in_one_line(controllers, text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        controllers(text)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
