"""A broker and its peers, each a process of its own, started in any order."""

import re
import socket

from judging import finish
from staging import RACE

SHORT = [*RACE, "--frames", 180, "--weather", "wan_bad"]


def test_three_peers_meet_by_quick_match_and_others_keep_out(stage):
    _, address = stage.broker()
    three = [*SHORT, "--players", 3]
    ann, bob = (stage.peer(name, address, *three, room="") for name in ("ann", "bob"))
    other_game = stage.peer("eve", address, *SHORT, "--players", 2, room="", join_timeout=4)
    cleo = stage.peer("cleo", address, *three, room="")
    finish(ann, bob, cleo, frames=180)
    assert other_game.exit_code() == 2
    assert "1 of 2 players came" in other_game.text


def test_peers_may_come_before_the_broker(stage):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"127.0.0.1:{port}"
    ann = stage.peer("ann", address, *SHORT, for_a_person=True)
    stage.broker(address)
    bob = stage.peer("bob", address, *SHORT)
    finish(ann, bob, frames=180)
    told = [line.removeprefix("ann: ") for line in ann.text.splitlines()]
    assert told[0] == "room r: 1 of 2 players (ann)"
    finished, score, files = told[-3:]
    assert finished == "finished: 180 frames confirmed by all 2"
    assert re.fullmatch(r"score: (\w+ wins, .* to .*|a draw, .* each)", score)
    assert files.startswith("report and log: ")
    assert {"bob is here", "the match begins"} <= set(told)


def test_the_same_seed_and_script_is_the_same_game_twice(stage, tmp_path):
    script = tmp_path / "script.txt"
    script.write_text("0 1\n30 0\n45 1\n90 0\n")
    digests = set()
    for number in (1, 2):
        _, *peers = stage.match(
            *RACE, "--seed", 7, frames=120, controller=f"script:{script}", room=f"r{number}"
        )
        digests.add(finish(*peers, frames=120, rollbacks=1)[0]["final_digest"])
    assert len(digests) == 1
