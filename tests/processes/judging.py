"""Was it one game, the true one, and is the report complete?"""

import json

from report_page import MATCH, PEER, SPECTATOR, undocumented
from staging import netplay

from peer.records.match_files import log_path
from peer.records.report import CONTRACT_KEYS
from peer.records.verification import compare_logs

MATCH_KEYS = ["match_id", "env", "seed", "players", "frames_confirmed"]
MATCH_KEYS += ["digests_equal", "first_divergence", "wall_s", "peers"]


def supervised_match(folder, *arguments, **options):
    """Play a whole match by `netplay match`; its verdict is good, and the report is returned."""
    done = netplay("match", "--headless", "--out", folder, *arguments, seconds=100, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Every peer played the same game" in done.stdout
    report = json.loads((folder / "report.json").read_text())
    assert report["digests_equal"] is True
    assert (report["reference"], report["first_divergence"], report["inputs_lost"]) == ("equal", None, 0)
    check_keys(report)
    assert [peer["exit_code"] for peer in report["peers"]] == [0] * report["players"]
    assert [peer["slot"] for peer in report["peers"]] == list(range(report["players"]))
    assert {peer["frames_confirmed"] for peer in report["peers"]} == {report["frames_confirmed"]}
    assert len({peer["final_digest"] for peer in report["peers"]}) == 1
    return report


def check_keys(report):
    """Is everything there that the contract names?"""
    assert [key for key in MATCH_KEYS if key not in report] == []
    assert (
        undocumented({key: report[key] for key in report if key not in ("peers", "spectators")}, MATCH) == []
    )
    for peer in report["peers"]:
        assert [key for key in CONTRACT_KEYS if key not in peer] == []
        assert undocumented(peer, PEER) == []
    for spectator in report["spectators"]:
        assert undocumented(spectator, SPECTATOR) == []


def judge_logs(*peers):
    """All logs hold one game over the frames they share, and it is the true one. Returns the verdict."""
    logs = [peer.match_log() for peer in peers]
    assert len({log.header.match_id for log in logs}) == 1
    verdict = compare_logs(logs)
    assert verdict.digests_equal, verdict
    assert verdict.inputs_lost == 0
    whole = [peer for peer in peers if peer.match_log().missing is None]  # who was killed left no end
    longest = max(whole, key=lambda peer: len(peer.match_log().frames))
    agreed = ("--env", logs[0].header.settings.env)
    done = netplay("replay", log_path(longest.folder, longest.name), *agreed, "--verify", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout) == {
        "frames": len(longest.match_log().frames),
        "divergence": None,
        "missing": None,
    }
    return verdict


def finish(*peers, frames, rollbacks=20):
    """The peers play to the end, and it was one game. Returns their reports."""
    assert [peer.exit_code() for peer in peers] == [0] * len(peers), [peer.text[-500:] for peer in peers]
    reports = [peer.report() for peer in peers]
    assert [report["ended"] for report in reports] == ["finished"] * len(peers)
    assert [report["frames_confirmed"] for report in reports] == [frames] * len(peers)
    assert len({report["final_digest"] for report in reports}) == 1
    assert sum(report["rollbacks"] for report in reports) >= rollbacks
    assert judge_logs(*peers).frames_confirmed == frames
    return reports
