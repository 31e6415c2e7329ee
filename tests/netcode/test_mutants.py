"""Break a law in a copy of netcode/, and the judge must notice. A judge that passes a mutant is no judge."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import netcode

SOURCE = Path(netcode.__file__).parent
JUDGE = Path(__file__).with_name("mutant_judge.py")

# What is broken: (file, text, text instead), ... Each text must stand exactly once in its file.
MUTANTS: dict[str, list[tuple[str, str, str]]] = {
    "law 6: what arrives with the end is not reconciled": [
        (
            "session.py",
            "        depth = self._rollback.reconcile(self._simulation)\n",
            "        if self._course.phase is not PLAYING:\n"
            "            return self._rollback.count_confirmed() * 0\n"
            "        depth = self._rollback.reconcile(self._simulation)\n",
        ),
    ],
    "law 2: a pending misprediction is cleared": [
        (
            "timeline.py",
            "                self._checked = frame\n                return frame\n",
            "                self._checked = self.confirmed\n                return frame\n",
        ),
    ],
    "law 2: a misprediction is looked for in the newest frame only": [
        (
            "timeline.py",
            "        used, frame = self._used, self._checked\n",
            "        used, frame = self._used, max(self._checked, self.confirmed - 1)\n",
        ),
    ],
    "law 2: mispredictions are never found": [
        (
            "timeline.py",
            "            if used[frame] != self.inputs[frame]:\n",
            "            if False:\n",
        ),
    ],
    "law 2: what was used is not remembered": [
        (
            "timeline.py",
            "            self._used[frame] = data\n            return data\n",
            "            return data\n",
        ),
    ],
    "law 2: no restore before the replay": [
        ("rollback.py", "        simulation.restore(self.snapshots.before(start))\n", ""),
    ],
    "law 2: rolled back a frame too few": [
        (
            "rollback.py",
            "        self._replay(simulation, first)\n",
            "        self._replay(simulation, first + 1)\n",
        ),
    ],
    "law 2: replayed one frame short": [
        ("rollback.py", "use_all(start, self.frame)", "use_all(start, self.frame - 1)"),
    ],
    "law 2: only the first slot's mispredictions count": [
        (
            "rollback.py",
            "        for timeline in self.timelines:\n            frame = timeline.first",
            "        for timeline in self.timelines[:1]:\n            frame = timeline.first",
        ),
    ],
    "law 2: no new snapshots in the replay": [
        ("rollback.py", "        self._forget_snapshots_from(start + 1)\n", ""),
        (
            "rollback.py",
            "                if frame > start and not self._save(simulation, frame):\n",
            "                if False:\n",
        ),
    ],
    "law 2: outcomes of the first play are kept": [
        (
            "rollback.py",
            "                outcomes[frame] = outcome\n",
            "                outcomes.setdefault(frame, outcome)\n",
        ),
    ],
    "law 3: two frames past the window": [
        (
            "rollback.py",
            "limit = self.frame - self.window\n",
            "limit = self.frame - self.window - 2\n",
        ),
    ],
    "law 3: lockstep waits for itself": [
        ("session.py", "lockstep = self.settings.window == 0 or ", "lockstep = "),
    ],
    "law 5: only the newest input is sent": [
        (
            "link.py",
            "            self.acked if speaks else 0,\n"
            '            own.since(self.acked) if speaks else b"",\n',
            "            max(self.acked, own.count - 1),\n"
            "            own.since(max(self.acked, own.count - 1)),\n",
        ),
    ],
    "law 5: inputs are forgotten before they are acked": [
        (
            "session.py",
            "self._own.forget_before(min(needed, default=self._own.count))",
            "self._own.forget_before(self._own.count - 1)",
        ),
    ],
    "law 5: a gap is accepted": [
        ("remote_inputs.py", "        if first > held:\n", "        if False:\n"),
    ],
    "law 5: a finished match leaves after a second of silence": [
        (
            "link_watch.py",
            "gone = link.ended or link.silence.seconds > self._settings.disconnect_timeout",
            "gone = link.ended or link.silence.seconds > 1.0",
        ),
    ],
    "law 5: only the newest digest is sent": [
        (
            "link.py",
            "            self.digests_acked if known else 0,\n"
            '            self._digests.since(self.digests_acked) if known else b"",\n',
            "            max(self.digests_acked, self._digests.count - 1),\n"
            "            self._digests.since(max(self.digests_acked, self._digests.count - 1)),\n",
        ),
    ],
    "law 6: predicted frames are handed out": [
        ("confirming.py", "min(self._rollback.confirmed, self._rollback.frame)", "self._rollback.frame"),
    ],
    "law 6: digests are not compared": [
        ("digests.py", "if self._own.at(self.compared) != self._theirs[0]:\n", "if False:\n"),
    ],
    "law 7: another first input": [
        ("session.py", "Timeline(default, settings.input_delay,", 'Timeline(b"\\1", settings.input_delay,'),
    ],
    "law 8: acks are not bounded": [
        ("link.py", "if ack > self._own.count or", "if"),
    ],
    "law 8: actions are not checked": [
        ("remote_inputs.py", "if not self._is_valid_input(slot, news[start : start + size]):", "if False:"),
    ],
    "law 8: a confirmed input may be changed": [
        ("remote_inputs.py", "        if repeated:\n", "        if False:\n"),
    ],
    "law 8: what is repeated is taken for the end of what was heard": [
        (
            "remote_inputs.py",
            "        if start >= 0 and self._heard.startswith(inputs, start):\n",
            "        if True:\n",
        ),
    ],
    "law 8: inputs may run far ahead": [
        ("remote_inputs.py", "        if count and first + count > limit:\n", "        if False:\n"),
    ],
    "law 8: a part of a bad packet is taken": [
        (
            "link.py",
            "        if self.seated is BOTH:\n"
            "            self.comparison.receive(p.digest_first, p.digests)\n"
            "        if news:\n"
            "            self._inputs.take(news)\n"
            "            self._newest_input_sent = p.sent\n",
            "        if news:\n"
            "            self._inputs.take(news)\n"
            "            self._newest_input_sent = p.sent\n"
            "        if self.seated is BOTH:\n"
            "            self.comparison.receive(p.digest_first, p.digests)\n",
        ),
    ],
}
UNBROKEN = "the copy as it is"


def folder_of(name: str, root: Path) -> Path:
    return root / f"{[UNBROKEN, *MUTANTS].index(name):02d}"


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | None]:
    """Name -> what the judge noticed."""
    root = tmp_path_factory.mktemp("mutants")
    for name in [UNBROKEN, *MUTANTS]:
        copy = folder_of(name, root) / "netcode"
        shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        for file, text, instead in MUTANTS.get(name, []):
            source = (copy / file).read_text()
            assert source.count(text) == 1, f"{name}: not found once in {file}: {text!r}"
            (copy / file).write_text(source.replace(text, instead))
    folders = {name: str(folder_of(name, root)) for name in [UNBROKEN, *MUTANTS]}
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, str(JUDGE), *folders.values()],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    return {name: said[folder] for name, folder in folders.items()}


def test_the_unbroken_copy_passes(verdicts):
    assert verdicts[UNBROKEN] is None


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_law_is_noticed(verdicts, name):
    assert verdicts[name] is not None
    assert "SyntaxError" not in verdicts[name] and "not the copy" not in verdicts[name]
