"""Two machines on a LAN: two network namespaces joined by a cable, and the recipe of the README."""

import os
import re
import shutil
import subprocess

import pytest
from judging import finish
from staging import NETPLAY, RACE, wait_until

IP = shutil.which("ip", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
GAME = [*RACE, "--players", 2, "--frames", 180, "--weather", "wan_bad"]


def ip(*words, check=True):
    return subprocess.run([IP, *words], check=check, capture_output=True, text=True)


@pytest.fixture(scope="module")
def machines():
    """Names of two namespaces, A and B: 10.77.0.1 and 10.77.0.2, fd77::1 and fd77::2."""
    if os.geteuid() != 0 or IP is None:
        pytest.skip("network namespaces need root and the ip command")
    names = [f"np{os.getpid()}{letter}" for letter in "ab"]
    cable = [f"v{name}" for name in names]
    try:
        made = [ip("netns", "add", name, check=False) for name in names]
        made.append(ip("link", "add", cable[0], "type", "veth", "peer", "name", cable[1], check=False))
        if any(one.returncode for one in made):
            pytest.skip(f"no network namespaces here: {' '.join(one.stderr.strip() for one in made)}")
        for number, (name, end) in enumerate(zip(names, cable, strict=True), start=1):
            ip("link", "set", end, "netns", name)
            ip("-n", name, "address", "add", f"10.77.0.{number}/24", "dev", end)
            ip("-n", name, "address", "add", f"fd77::{number}/64", "dev", end, "nodad")
            ip("-n", name, "link", "set", "lo", "up")
            ip("-n", name, "link", "set", end, "up")
        yield names
    finally:
        for name in names:
            ip("netns", "delete", name, check=False)  # the cable goes with them
        ip("link", "delete", cable[0], check=False)


@pytest.fixture
def on(machines, stage):
    """Start a `netplay` command on machine 0 or 1."""

    def start(machine, name, ready, *words):
        command = [IP, "netns", "exec", machines[machine], *NETPLAY, *words]
        return stage.start(name, command, ready)

    return start


def received(machine):
    """Bytes that have come in over the cable."""
    table = ip("netns", "exec", machine, "cat", "/proc/net/dev").stdout
    return int(re.search(rf"v{machine}:\s*(\d+)", table)[1])


def listens(running):
    return "broker: listening on" in running.text


def has_come(running):
    return any(running.messages(kind) for kind in ("say", "status"))


def peer_words(folder, name, *words):
    words = [*words, "--name", name, "--controller", "random", "--out", folder]
    return ["peer", *GAME, *words, "--no-window", "--status-json"]


@pytest.mark.root
@pytest.mark.parametrize("address", ["10.77.0.1", "[fd77::1]:5750"])
def test_players_on_two_machines(on, machines, tmp_path, address):
    before = received(machines[1])
    broker = on(0, "broker", listens, "broker")
    assert "from other machines tcp://10.77.0.1:5750 or tcp://[fd77::1]:5750" in broker.text
    ann = on(0, "ann", has_come, *peer_words(tmp_path, "ann", "--broker", address))
    bob = on(1, "bob", has_come, *peer_words(tmp_path, "bob", "--broker", address))
    reports = finish(ann, bob, frames=180)
    assert received(machines[1]) - before > reports[1]["bytes_in"]  # they met over the cable


@pytest.mark.root
def test_both_learn_at_once_that_one_cannot_reach_the_other(on, machines, tmp_path):
    """What ann sends to bob's IPv4 address, the only one that he tells, is lost; he reaches her."""
    ip("-n", machines[0], "route", "add", "10.77.0.2/32", "via", "10.77.0.99", "dev", f"v{machines[0]}")
    try:
        on(0, "broker", listens, "broker")
        ann = on(0, "ann", has_come, *peer_words(tmp_path, "ann", "--broker", "[fd77::1]"))
        bob = on(
            1, "bob", has_come, *peer_words(tmp_path, "bob", "--broker", "[fd77::1]", "--bind", "10.77.0.2")
        )
        assert [ann.exit_code(20), bob.exit_code(20)] == [2, 2]
    finally:
        ip("-n", machines[0], "route", "delete", "10.77.0.2/32")
    assert "netplay: cannot reach bob at tcp://10.77.0.2:" in ann.text
    assert "netplay: ann cannot reach bob; check the firewall of bob's machine" in bob.text


def announced(broker):
    wait_until(lambda: "peers on this network find it by themselves" in broker.text, what="announcement")


@pytest.mark.root
def test_a_broker_is_found_by_itself(on, tmp_path):
    announced(on(1, "broker", listens, "broker"))
    ann = on(0, "ann", has_come, *peer_words(tmp_path, "ann"))
    bob = on(1, "bob", has_come, *peer_words(tmp_path, "bob"))
    finish(ann, bob, frames=180)


@pytest.fixture
def ipv6_only(machines):
    """Nothing but IPv6 on the cable."""
    for number, name in enumerate(machines, start=1):
        ip("-n", name, "address", "delete", f"10.77.0.{number}/24", "dev", f"v{name}")
    yield
    for number, name in enumerate(machines, start=1):
        ip("-n", name, "address", "add", f"10.77.0.{number}/24", "dev", f"v{name}")


@pytest.mark.root
def test_a_broker_is_found_where_there_is_only_ipv6(on, ipv6_only, tmp_path):
    broker = on(1, "broker", listens, "broker", "--bind", "[::]:5750")
    announced(broker)
    assert "from other machines tcp://[fd77::2]:5750\n" in broker.text
    ann = on(0, "ann", has_come, *peer_words(tmp_path, "ann"))
    ann.wait_for_words("at tcp://[fd77::2]:5750")
    bob = on(1, "bob", has_come, *peer_words(tmp_path, "bob"))
    finish(ann, bob, frames=180)


@pytest.mark.root
def test_of_two_brokers_all_take_the_one_that_was_started_first(on, tmp_path):
    first, second = (on(machine, f"broker{machine}", listens, "broker") for machine in (1, 0))
    announced(second)
    wait_until(lambda: "a broker on this network, too" in first.text, what="news of the second broker")
    assert "a broker on this network, too" in second.text
    ann = on(0, "ann", has_come, *peer_words(tmp_path, "ann"))
    bob = on(1, "bob", has_come, *peer_words(tmp_path, "bob"))
    finish(ann, bob, frames=180)
    for peer in (ann, bob):
        _, found, others = peer.messages("say")[:3]
        assert any(f"at tcp://{address}" in found for address in ("10.77.0.2:5750", "[fd77::2]:5750"))
        assert "one of 2 here: all take the one that was started first" in others
        assert "(--broker tcp://" in others
