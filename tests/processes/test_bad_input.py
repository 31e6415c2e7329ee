"""The clumsy user: every wrong word ends in one clear line and a non-zero exit, and harms nothing."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from peer.commands.main import main

KAZ = "pettingzoo:butterfly/knights_archers_zombies_v11"


@pytest.fixture
def netplay(tmp_path, monkeypatch, capsys):
    """Exit code and stderr of a command, run in this process, in an empty folder, without a display."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("PYTHONHASHSEED", "0")  # else a peer would begin again in this process's place
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}

    def run(words):
        monkeypatch.setattr(sys, "argv", ["netplay", *words.split()])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, capsys.readouterr().err

    yield run
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("bogus", "No such command 'bogus'"),
        ("match --bogus", "No such option: --bogus"),
        ("mtach", "Did you mean 'match'? See: netplay --help"),
        ("match --env CartPole-v1 --player 2", "No such option: --player. Did you mean --players? See"),
        ("match CartPole-v1", "an environment is named by --env CartPole-v1"),
        ("match --env CartPole-v1 --weather wan-bad", "did you mean wan_bad?"),
        ("match", "which game?"),
        (
            "match nope",
            "no file 'configs/matches/nope.toml'; an environment is named by --env nope; ",
        ),
        ("match --env CartPole-v9", "did you mean CartPole-v1"),
        (
            "match --env pettingzoo:butterfly/knights_v1",
            "did you mean butterfly/knights_archers",
        ),
        ("match --env pettingzoo:butterflies/x_v1", "PettingZoo has no family 'butterflies'"),
        ("match --env nomodule:make", "nomodule"),
        ("match --env json:nothing", "module json has no callable 'nothing'"),
        ("match --env CartPole-v1 --env-arg foo", "write it as KEY=VALUE"),
        ("match --env CartPole-v1 --env-arg foo=1", "unexpected keyword argument 'foo'"),
        ("match --env CartPole-v1 --players 0", "'--players': '0' - write a whole number from 1 to 16"),
        ("match --env CartPole-v1 --players 99", "'--players': '99' - write a whole number from 1 to 16"),
        ("match --env CartPole-v1 --frames -3", "'--frames': '-3' - write a whole number of 0 or more"),
        ("match --env CartPole-v1 --fps 0", "'--fps': '0' - write a number above 0, up to 1000"),
        ("match --env CartPole-v1 --seed abc", "Invalid value for '--seed'"),
        ("match --env CartPole-v1 --seed -1", "'--seed': '-1'"),
        (
            "match --env CartPole-v1 --input-delay 31",
            "input_delay = 31: write 0 to 30 frames, or auto",
        ),
        ("match --env CartPole-v1 --input-delay soon", "input_delay = soon: write 0 to 30 frames, or auto"),
        ("match --env CartPole-v1 --input-delay 1,auto", "2 input delays for 1 players"),
        ("match --env CartPole-v1 --prediction-window 61", "'--prediction-window': '61'"),
        (
            "match --env CartPole-v1 --prediction magic",
            "--prediction 'magic': write repeat-last, default, or module:callable",
        ),
        (
            "match --env CartPole-v1 --prediction builtins:bytes",
            "--prediction builtins:bytes: makes no predictor",
        ),
        (
            "match --env CartPole-v1 --prediction nomodule:make",
            "ModuleNotFoundError: No module named 'nomodule'",
        ),
        (
            "match --env CartPole-v1 --weather nice",
            "names in configs/weather: bursty, lan",
        ),
        ("match --env CartPole-v1 --debug-remote-input-delay 99", "'--debug-remote-input-delay': '99'"),
        (
            "match --env CartPole-v1 --controllers fly",
            "allowed: keyboard, random",
        ),
        ("match --env CartPole-v1 --controllers keyboard", "needs a display"),
        ("match --env CartPole-v1 --controllers policy:x.zip", "there is no file 'x.zip'"),
        ("match --env CartPole-v1 --controllers policy:x", "policy:FILE.npz, policy:FILE.onnx"),
        ("match --env CartPole-v1 --controllers script:none.txt", "there is no file 'none.txt'"),
        ("match --env CartPole-v1 --controllers idle,idle", "2 controllers for 1 players"),
        (f"match --env CartPole-v1 --input-delay {'9' * 5000}", "input_delay = 999"),
        (f"match --env CartPole-v1 --controllers random:{'9' * 5000}", "random:999"),
        (f"match --env CartPole-v1 --controllers {'x' * 5000}", "allowed: keyboard, random"),
        (f"match --env {'x' * 5000}", "'--env': 'xxx"),
        ("match --env CartPole-v1 --open-slots 1", "--open-slots 1: one of 1 players has to begin"),
        ("peer --env CartPole-v1 --broker 127.0.0.1:99999", "port"),
        ("peer --env CartPole-v1 --window-place 3", "write k/n"),
        ("peer --env CartPole-v9", "did you mean CartPole-v1"),
        ("peer --env CartPole-v1 --window --broker 127.0.0.1:1", "--window: there is no display here"),
        ("spectate --window --broker 127.0.0.1:1", "--window: there is no display here"),
        (f"sim --seeds {'9' * 5000}", "write it as A-B"),
        ("peer --env CartPole-v1 --broker host:port", "port"),
        ("peer --env CartPole-v1 --broker 127.0.0.1:1 --weather nice", "names in configs/weather"),
        ("broker --bind 999.1.1.1:5", "no host named '999.1.1.1'"),
        ("broker --bind 192.0.2.9", "this machine has no address 192.0.2.9; it has "),
        ("peer --env CartPole-v1 --broker 127.0.0.1:1 --bind 192.0.2.9", "has no address 192.0.2.9; it has "),
        ("peer --env CartPole-v1 --broker 127.0.0.1:1 --stand-in", "--stand-in goes with --into"),
        ("check CartPole-v1 --minutes 3", "--minutes goes with --thorough"),
        ("soak nope", "names in configs/soak: short"),
        ("replay nothing.netplay --verify", "cannot read nothing.netplay"),
        ("replay /etc/passwd", "not a match log"),
        ("replay /dev/zero", "not a match log"),
        ("replay .", "cannot read .: Is a directory"),
        ("sim --replay /etc/passwd", "netplay: /etc/passwd: not JSON: "),
        ("sim --replay /dev/zero", "at most 1,048,576 bytes"),
        ("sim --replay none.json", "none.json: cannot be read: No such file or directory"),
        ("check", "Missing argument"),
        ("match /dev/zero.toml", "no file '/dev/zero.toml'"),
        ("check CartPole-v9", "did you mean CartPole-v1"),
    ],
)
def test_one_clear_line(words, says, netplay):
    code, said = netplay(words)
    lines = said.strip().splitlines()
    assert code == 2, said
    assert len(lines) == 1 and lines[0].startswith("netplay: "), said
    assert says in lines[0]
    assert list(Path().iterdir()) == [], "a command that failed leaves nothing behind"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[match\n", "not valid TOML"),
        ("[match]\nenv = 'CartPole-v1'\nplayer = 2", "unknown key 'player'; allowed: "),
        ("[match]\nenv = 'CartPole-v1'\nplayers = 'two'", "players = 'two'"),
        ("weathers = 'lan'\n[match]\nenv = 'CartPole-v1'", "unknown key 'weathers'; allowed: "),
        ("weather = 'nice'\n[match]\nenv = 'CartPole-v1'", "names in configs/weather"),
        ("[match]\nplayers = 2", "'env' is missing"),
    ],
)
def test_a_broken_match_file_names_the_key(text, says, netplay):
    Path("game.toml").write_text(text)
    code, said = netplay("match game.toml")
    assert code == 2
    assert says in said and said.count("\n") == 1
    assert [path.name for path in Path().iterdir()] == ["game.toml"]


def test_a_broken_script_names_its_line(netplay):
    Path("moves.txt").write_text("0 1\nten 0\n")
    code, said = netplay("match --env CartPole-v1 --controllers script:moves.txt")
    assert code == 2
    assert "player-1 could not start: moves.txt line 2" in said
    assert said.count("\n") == 1


def test_players_that_do_not_fit(netplay):
    code, said = netplay("match --env CartPole-v1 --players 2")
    assert code == 2
    assert "CartPole-v1 is for 1 player, not 2; race:CartPole-v1 lets 2 play side by side" in said
    assert said.count("netplay: ") == 1
    assert list(Path().iterdir()) == [], "checked before anything was started"


def test_no_broker_there(netplay):
    started, threads = time.monotonic(), set(threading.enumerate())
    code, said = netplay("peer --env CartPole-v1 --broker 127.0.0.1:1 --controller idle")
    assert code == 2
    assert said.startswith("netplay: no broker answers at tcp://127.0.0.1:1; start one with `netplay broker`")
    assert said.count("\n") == 1
    assert time.monotonic() - started < 15
    assert set(threading.enumerate()) <= threads


def test_port_in_use(netplay):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = netplay(f"broker --bind 127.0.0.1:{port}")
    assert code == 2
    assert f"127.0.0.1:{port} is in use" in said and said.count("\n") == 1


def test_a_missing_extra_is_named(tmp_path):
    """PettingZoo hidden, in a process of its own."""
    hide = "import sys; sys.modules['pettingzoo'] = None; from peer.commands.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", hide, "match", "--env", KAZ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "pip install 'netplay[pettingzoo]'" in done.stderr


def test_peers_that_do_not_fit_each_other(stage):
    _, address = stage.broker()
    alone = stage.peer("ann", address, "--env", "race:CartPole-v1", "--players", 2, "--join-timeout", 4)
    other = stage.peer("bob", address, "--env", "CartPole-v1", controller="idle")
    assert other.exit_code() == 2
    assert (
        "netplay: room r plays another game: --env is 'CartPole-v1' here and 'race:CartPole-v1'" in other.text
    )
    alone.wait_for_words(
        "bob could not come into this room because the games differ: --env is 'race:CartPole-v1'"
    )
    assert alone.exit_code() == 2
    assert "netplay: 1 of 2 players" in alone.text


NO_DISPLAY = ("DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "SDL_VIDEODRIVER")


@pytest.mark.parametrize(
    "words",
    [
        ["match", "--env", KAZ],
        ["peer", "--env", KAZ, "--broker", "127.0.0.1:1"],
    ],
)
def test_a_display_that_does_not_answer_is_refused_in_one_line(words, tmp_path):
    done = run(words, tmp_path, {"DISPLAY": ":77"})
    assert (done.returncode, done.stderr.count("\n"), done.stdout) == (2, 1, ""), done.stderr
    assert "unset DISPLAY to play without one" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_a_display_one_mistake_is_still_one_line(tmp_path):
    words = ["peer", "--env", KAZ, "--broker", "127.0.0.1:1", "--join-timeout", "0.1"]
    done = run(words, tmp_path, {})
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert done.stderr.startswith("netplay: no broker answers")


def run(words, folder, environment):
    return subprocess.run(
        [sys.executable, "-m", "peer.commands.main", *words],
        capture_output=True,
        text=True,
        cwd=folder,
        env={key: value for key, value in os.environ.items() if key not in NO_DISPLAY}
        | {"PYTHONPATH": str(Path(__file__).parents[2])}
        | environment,
        timeout=60,
        check=False,
    )
