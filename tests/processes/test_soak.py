"""A minute of `netplay soak`: many matches at once, with faults, and a verdict."""

import json
import signal

from staging import NETPLAY

from peer.fleet.fault_schedule import fault_schedule
from peer.fleet.soak_config import load_soak_config

MINUTES = 0.6  # of new matches; those under way are played to their end


def test_a_short_soak_keeps_every_promise(stage, tmp_path):
    out = tmp_path / "soak"
    command = [*NETPLAY, "soak", "short", "--minutes", MINUTES, "--seed", 3, "--out", out]
    soak = stage.start("soak", command, lambda running: (out / "stderr" / "broker.stderr").exists())
    assert soak.exit_code(180) == 0, soak.text
    assert "Everything went as promised." in soak.text
    report = json.loads((out / "soak.json").read_text())
    assert report["good"] is True
    assert (report["divergences"], report["inputs_lost"]) == (0, 0)
    assert (report["broken"], report["leaks"], report["left_running"]) == ([], [], [])
    assert report["matches"] >= 4 and report["frames_confirmed"] > 1000 and report["rollbacks"] > 100
    assert report["faults"] >= 4 and report["faults_survived"] >= 3
    assert report["vitals"]["supervisor"]["rss_mb_max"] > 0
    planned = {str(fault) for fault in fault_schedule(seeded(3), MINUTES)}
    done = {fault for outcome in report["outcomes"] for fault in outcome["faults_survived"]}
    assert done and done <= planned


def test_an_interrupted_soak_ends_its_matches_and_tells_of_the_others(stage, tmp_path):
    out = tmp_path / "soak"
    command = [*NETPLAY, "soak", "short", "--out", out]
    soak = stage.start("soak", command, lambda running: len(list(out.glob("*/*.netplay"))) >= 2)
    soak.popen.send_signal(signal.SIGINT)
    assert soak.exit_code(20) == 130, soak.text
    assert "Interrupted: the matches under way were ended and not judged." in soak.text
    report = json.loads((out / "soak.json").read_text())
    assert (report["left_running"], report["matches"]) == ([], 0)


def test_the_same_seed_has_the_same_schedule():
    once, again, other = (fault_schedule(seeded(seed), 10) for seed in (3, 3, 4))
    assert once == again != other
    assert len({fault.kind for fault in once}) == 4


def seeded(seed):
    return load_soak_config("short").model_copy(update={"seed": seed})
