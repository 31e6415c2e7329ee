"""Running brokers and peers are talked to by the thousand, valid and half valid; then a match must be exact.

`make fuzz` is the long round: 100,000 messages to each.
"""

import json
import os
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest
import zmq
from broker_fuzz import BURST, BrokerFuzz
from hostile_broker import HostileBroker
from judging import finish
from staging import RACE

MESSAGES = int(os.environ.get("FUZZ_MESSAGES", "3000"))
COPIES = 30  # of each packet of a hostile peer, changed
PLAYER = ["peer", "--name", "mallory", "--controller", "random"]
GROWTH = 2 << 20  # bytes, in the second half; the first fills what has a limit


@pytest.fixture
def context():
    context = zmq.Context()
    yield context
    context.destroy(linger=0)


def test_a_broker_that_was_told_anything_makes_an_exact_match(stage, context):
    broker, address = stage.broker()
    process = psutil.Process(broker.pid)
    fuzz = BrokerFuzz(context, address)
    resident = []
    while fuzz.sent.total() < MESSAGES:
        fuzz.burst()
        resident.append(process.memory_info().rss)
    fuzz.close()
    print(f"sent {fuzz.sent.total()}: {dict(fuzz.sent)}\nanswers: {dict(fuzz.answers)}")
    print(
        "MB over time:", [size >> 20 for size in resident[:: max(len(resident) // 10, 1)]], resident[-1] >> 20
    )
    assert 2 * fuzz.sent["none"] < fuzz.sent.total()
    for answer in ("Waiting", "Matched", "Refused", "Guests", "Watching", "Matches", "WitnessWord"):
        assert fuzz.answers[answer] > MESSAGES / 200, fuzz.answers
    if len(resident) * 4 * BURST > 20_000:  # earlier, what has a limit is still filling
        assert resident[-1] - resident[len(resident) // 2] < GROWTH
    assert "was not served" not in broker.text
    game = [*RACE, "--players", 2, "--frames", 200, "--weather", "wan_bad"]
    finish(*(stage.peer(name, address, *game, room="quiet") for name in ("ann", "bob")), frames=200)


class Hostile:
    """Processes that speak to a peer as players and spectators, until enough was said; and what that was."""

    def __init__(self, stage, address):
        self._stage, self._address = stage, address
        self._tallies, self._running = [], []

    def start(self, *words):
        """As `netplay` with these words."""
        number = len(self._tallies)
        tally = self._stage.folder / f"tally-{number}.json"
        self._tallies.append(tally)
        script = Path(__file__).parents[1] / "fuzz" / "hostile_peer.py"
        command = [sys.executable, script, *words, "--broker", self._address, "--bind", "127.0.0.1"]
        told = {"HOSTILE_TALLY": str(tally), "HOSTILE_SEED": str(number)}
        command += ["--no-window", "--status-json"]
        running = self._stage.start(f"hostile-{number}", command, lambda running: running.ports, told)
        self._running.append(running)
        return running

    def sent(self):
        """By kind, once all have ended."""
        for running in self._running:
            running.exit_code()
        return sum((Counter(json.loads(tally.read_text())) for tally in self._tallies), Counter())


def test_a_peer_that_was_told_anything_plays_an_exact_match(stage, context, monkeypatch):
    """By another player, who leaves and comes again; by a spectator; and by its broker."""
    monkeypatch.setenv("HOSTILE_COPIES", str(COPIES))
    _, address = stage.broker()
    between = HostileBroker(context, address)
    frames = max(300, MESSAGES // 10)
    game = [*RACE, "--players", 3, "--on-drop", "default", "--frames", frames]
    ann = stage.peer("ann", between.address, *game, "--weather", "wan_bad")
    bob = stage.peer("bob", address, *game)
    hostile = Hostile(stage, address)
    mallory = hostile.start(*PLAYER, "--room", "r", *game)
    ann.wait_for_frame(30)
    hostile.start("spectate", "--name", "eve")
    process, resident = psutil.Process(ann.pid), []

    def play_to(frame):
        while ann.popen.poll() is None and ann.messages("status")[-1]["confirmed"] < frame:
            resident.append(process.memory_info().rss)
            time.sleep(0.1)

    play_to(frames // 3)
    mallory.popen.terminate()
    mallory.exit_code()
    hostile.start(*PLAYER, "--into", "r", "--slot", 2, "--join-timeout", 5)
    play_to(frames - 10)
    reports = finish(ann, bob, frames=frames)
    between.close()
    sent = hostile.sent()
    rejected = sum(reports[0]["rejections"].values())
    print(f"sent to ann and bob {sent.total()}: {dict(sent)}\nby the broker: {dict(between.sent)}")
    print(f"ann took {reports[0]['packets_in']} and rejected {rejected}: {reports[0]['rejections']}")
    print("MB over time:", [size >> 20 for size in resident[:: max(len(resident) // 10, 1)]])
    assert 2 * sent["none"] < sent.total()
    assert 2 * between.sent["none"] < between.sent.total()
    assert {"Inputs", "Handover", "Feed", "Watch", "Ask", "Answer", "SeatWish", "Witnessed"} <= sent.keys()
    assert {"Guests", "WitnessWord", "Refused", "Matches", "Waiting"} <= between.sent.keys()
    assert reports[0]["packets_in"] > MESSAGES / 2
    assert rejected > MESSAGES / 20
    if MESSAGES > 20_000:
        assert resident[-1] - resident[len(resident) // 2] < GROWTH
