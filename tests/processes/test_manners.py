"""An environment with all bad habits at once, in a match of processes: nothing of it gets into our words."""

import json
import os
import subprocess
from pathlib import Path

from staging import NETPLAY

GAMES = Path(__file__).parents[1] / "peer" / "simulation"


def test_a_rude_environment_keeps_to_itself(tmp_path):
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONHASHSEED"}
    environment["PYTHONPATH"] = str(GAMES)
    words = ["--env", "planted_manners:Rude", "--frames", "120", "--fast", "--headless", "--json"]
    done = subprocess.run(
        [*NETPLAY, "match", *words, "--controllers", "random:1,random:2"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    report = json.loads(done.stdout)  # and nothing else
    assert (done.returncode, report["reference"]) == (0, "equal"), done.stderr[-2000:]
    assert [peer["exit_code"] for peer in report["peers"]] == [0, 0]
    (folder,) = (tmp_path / "runs").iterdir()
    assert json.loads((folder / "report.json").read_text())["match_id"] == report["match_id"]
    assert (folder / "peer-player-1.netplay").exists()
