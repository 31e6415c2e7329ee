"""A trained policy plays in its peer, and only its inputs travel."""

from __future__ import annotations

from itertools import pairwise

from judging import supervised_match
from staging import PROJECT

from peer.records.match_files import log_path
from peer.records.match_log import MatchLog

CARTPOLE = PROJECT / "configs" / "policies" / "cartpole.npz"


def test_a_policy_plays_against_a_random_player(tmp_path):
    players = f"policy:{CARTPOLE},random"
    report = supervised_match(
        tmp_path, "--env", "race:CartPole-v1", "--fps", 60, "--frames", 240, "--weather", "wan_bad",
        "--controllers", players,
    )  # fmt: skip
    assert sum(peer["rollbacks"] for peer in report["peers"]) > 20
    (told,), nobody = (peer["policies"] for peer in report["peers"])
    assert (told["slot"], nobody) == (0, [])
    assert 200 < told["answers"] <= 240
    assert 0 < told["answer_ms"]["p50"] <= told["answer_ms"]["p99"] <= told["answer_ms"]["max"]
    log = MatchLog.read(log_path(tmp_path, report["peers"][0]["name"]))
    pushed = [frame.inputs[0] for frame in log.frames]
    changes = sum(a != b for a, b in pairwise(pushed))
    # How often depends on how late its answers are: on a busy machine it swings more slowly.
    assert 15 < changes < 239, "it pushes to and fro, as one who balances does"
