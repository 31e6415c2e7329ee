"""A match begins with a slot open: nobody waits, and who comes later plays."""

import json

from judging import judge_logs
from staging import RACE, netplay

SETTINGS = [*RACE, "--players", 3, "--open-slots", 1, "--on-drop", "default", "--weather", "wan_good"]


def test_somebody_comes_into_a_slot_that_was_open_from_the_start(stage):
    _, address = stage.broker()
    settings = [*SETTINGS, "--frames", 600, "--disconnect-timeout", 1]
    ann, bob = (stage.peer(name, address, *settings) for name in ("ann", "bob"))
    ann.wait_for_frame(120)
    dan = stage.peer("dan", address, "--into", "r", *RACE[:2], "--weather", "wan_good", room="")
    ann.wait_for_words("dan plays from frame")
    assert [one.exit_code() for one in (ann, bob, dan)] == [0, 0, 0]
    assert judge_logs(ann, bob, dan).frames_confirmed == 600
    (slot,) = {dan.report()["slot"]}
    assert slot == 2
    played = [frame.inputs[slot] for frame in ann.match_log().frames]
    assert len(set(played[:120])) == 1 and len(set(played)) > 1


def test_a_whole_match_on_this_machine_with_a_slot_that_stays_open(stage, tmp_path):
    done = netplay("match", *SETTINGS, "--frames", 200, "--headless", "--json", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["players"], len(report["peers"]), report["frames_confirmed"]) == (3, 2, 200)
    refused = netplay("match", *RACE, "--players", 2, "--open-slots", 1, "--out", tmp_path / "no")
    assert refused.returncode == 2 and "say on_drop default or hold" in refused.stderr
