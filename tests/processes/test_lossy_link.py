"""Matches over a real bad link: TCP connections that lose segments, between two network namespaces."""

import pytest
from judging import finish
from lossy_link import ADDRESSES, LossyLink, NoLinkError
from staging import NETPLAY, RACE

from netcode.simulator.weather import Weather

BURSTS = Weather(50, 10, loss=0.01, burst_loss=0.05, burst_ms=60)
KAZ = ["--env", "pettingzoo:butterfly/knights_archers_zombies_v11", "--env-arg", "max_cycles=300"]
KAZ += ["--env-arg", "num_archers=1", "--env-arg", "num_knights=1"]


@pytest.fixture
def lossy_link():
    try:
        with LossyLink(BURSTS) as link:
            yield link
    except NoLinkError as error:
        pytest.skip(str(error))


@pytest.fixture
def play(lossy_link, stage, tmp_path):
    """Start ann here and bob on the other side of the link."""

    def start(*words):
        broker = stage.start(
            "broker",
            lossy_link.command(0, *NETPLAY, "broker", "--bind", ADDRESSES[0], "--no-announce"),
            lambda running: "listening on" in running.text,
        )
        assert broker.popen.poll() is None
        command = [*NETPLAY, "peer", "--broker", ADDRESSES[0], "--room", "r", "--controller", "random"]
        command += ["--players", 2, "--no-window", "--status-json", "--out", tmp_path, *words]
        return [
            stage.start(
                name,
                lossy_link.command(number, *command, "--name", name, "--bind", ADDRESSES[number]),
                lambda running: any(running.messages(kind) for kind in ("say", "status")),
            )
            for number, name in enumerate(("ann", "bob"))
        ]

    return start


@pytest.mark.root
def test_a_match_over_a_link_that_loses_in_bursts(play):
    reports = finish(*play(*KAZ, "--fps", 60, "--frames", 600), frames=600)
    for report in reports:
        assert report["lanes"] > 8
        assert report["second_copies"] > 0
        assert report["packets_late"] > 0
        assert report["packets_rejected"] == 0


@pytest.mark.root
def test_an_outage_shorter_than_the_timeout_heals(play, lossy_link):
    ann, bob = play(*RACE, "--frames", 600, "--disconnect-timeout", 6)
    ann.wait_for_frame(120)
    lossy_link.cut(True)
    for peer in (ann, bob):
        peer.wait_for_words("waiting for")
    lossy_link.cut(False)
    reports = finish(ann, bob, frames=600)
    assert all(report["stalled_frames"] > 0 for report in reports)
