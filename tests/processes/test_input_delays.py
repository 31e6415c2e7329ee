"""Peers with input delays of their own, one of them automatic, over a real if emulated link."""

from __future__ import annotations

from judging import supervised_match

from peer.records.match_files import log_path
from peer.records.match_log import MatchLog

MATCH = ["--env", "race:CartPole-v1", "--fps", 60, "--players", 2]
FAR = "delay_ms = 100\njitter_ms = 5\nloss = 0.02\n"  # six frames: nobody would leave the delay at 2


def test_one_delay_is_given_and_one_follows_the_link(tmp_path):
    weather = tmp_path / "far.toml"
    weather.write_text(FAR)
    report = supervised_match(
        tmp_path, *MATCH, "--weather", weather, "--frames", 240, "--input-delay", "7,auto"
    )
    ann, bob = (peer["input_delay"] for peer in report["peers"])
    assert (ann["frames"], ann["automatic"]) == (7, False)
    assert [change["before"] for change in ann["changes"]] == [2]
    assert bob["automatic"]
    assert bob["frames"] >= 4, bob
    log = MatchLog.read(log_path(tmp_path, report["peers"][1]["name"]))
    assert log.notes == bob["changes"]
    assert all(change["automatic"] for change in log.notes)
    assert report["peers"][1]["rollbacks"] < report["peers"][0]["rollbacks"], "ann's come in time"
