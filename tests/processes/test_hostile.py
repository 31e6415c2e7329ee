"""Bytes that are no packets, packets from nobody, and a player who does not keep to the protocol."""

import os
import socket
import threading
import time
from contextlib import ExitStack, closing
from random import Random

import msgpack
import pytest
import zmq
from judging import finish
from staging import RACE

from netcode.limits import LINK_ID_BYTES, PROTOCOL_VERSION
from netcode.settings import MatchSettings
from netcode.wire.lane_packets import strip, wrap
from netcode.wire.packets import (
    Goodbye,
    Hello,
    Inputs,
    Parting,
    decode,
    encode_goodbye,
    encode_hello,
    encode_inputs,
)
from peer.network.addresses import host_id
from peer.network.matchmaking import find_match, wish_to_join
from peer.simulation.fingerprint import fingerprint
from peer.simulation.make import make_simulation

SETTINGS = MatchSettings(env="race:CartPole-v1", frames=36_000, fps=60, disconnect_timeout=2)
GAME = [*RACE, "--frames", SETTINGS.frames, "--disconnect-timeout", SETTINGS.disconnect_timeout]


@pytest.fixture
def context():
    context = zmq.Context()
    yield context
    context.destroy(linger=0)


def nonsense():
    """Messages of any kind, for ever: noise, well-formed packets of nobody, several parts."""
    rng = Random(5)
    inputs = Inputs(0, 9, 0, 0, b"\0" * 8, 9, 0, b"", 0, 0, -1, 0)
    while True:
        guess = rng.randbytes(LINK_ID_BYTES)
        yield [b""]
        yield [rng.randbytes(rng.randrange(200))]
        yield [encode_inputs(guess, inputs)]
        yield [encode_goodbye(guess, Goodbye("bye", Parting.LEAVES, 9, 9))]
        yield [encode_hello(guess, Hello(PROTOCOL_VERSION + 1, {}, {}, True))]
        yield [guess, b"in", b"parts"]
        yield [b"\x93" * 8000]


def flood(context, port, sent, stop):
    """As fast as it goes, on several connections; too long messages now and then, which end a connection."""
    sockets = [context.socket(zmq.PUSH) for _ in range(3)]
    for pusher in sockets:
        pusher.linger = 0
        pusher.sndtimeo = 50
        pusher.connect(f"tcp://127.0.0.1:{port}")
    noise = [socket.create_connection(("127.0.0.1", port)) for _ in range(8)]
    for one in noise[:4]:
        one.sendall(os.urandom(100))  # the others say nothing at all
    for number, message in enumerate(nonsense()):
        if stop.is_set():
            break
        try:
            sockets[number % 2].send_multipart(message)
            sent.append(1)
        except zmq.Again:
            pass
        if number % 500 == 0:
            sockets[2].send(b"\0" * 100_000, zmq.NOBLOCK)
            time.sleep(0.01)
    for one in [*sockets, *noise]:
        one.close()


def test_a_flood_of_nonsense_leaves_the_match_unharmed(stage, context):
    _, ann, bob = stage.match(frames=420)
    ports = ann.ports
    assert len(ports) == 1
    ann.wait_for_frame(30)
    sent, stop = [], threading.Event()
    flooding = threading.Thread(target=flood, args=(context, ports[0], sent, stop))
    flooding.start()
    try:
        ann.wait_for_frame(400)
    finally:
        stop.set()
        flooding.join()
    reports = finish(ann, bob, frames=420)
    assert len(sent) > 10_000
    assert reports[0]["packets_rejected"] > 5_000
    assert set(reports[0]["rejections"]) == {"from nobody we know"}
    assert reports[1]["packets_rejected"] == 0
    assert reports[0]["longest_stall_s"] < 2


class Stranger:
    """Plays the second player of a match by hand, as badly as one likes."""

    def __init__(self, context, broker):
        simulation = make_simulation(SETTINGS)
        self.fingerprint = fingerprint(SETTINGS.env, SETTINGS.env_args, simulation)
        simulation.close()
        self._pull = context.socket(zmq.PULL)
        port = self._pull.bind_to_random_port("tcp://127.0.0.1")
        here = (f"tcp://127.0.0.1:{port}",)
        join = wish_to_join(
            SETTINGS, self.fingerprint, name="mallory", room="r", endpoints=here, host=host_id()
        )
        self.roster = find_match(
            context, broker, join, timeout=20, on_waiting=print, should_stop=lambda: False
        )
        (self.seat,) = self.roster.seats
        self._push = context.socket(zmq.PUSH)
        self._push.connect(self.seat.endpoints[0])
        self._sent = 0

    def close(self):
        self._pull.close(0)
        self._push.close(0)

    def send(self, data):
        self._push.send(wrap(data, 0, self._sent, []))
        self._sent += 1

    def hello(self, version=PROTOCOL_VERSION, accepted=True):
        settings = self.roster.settings.fields()
        self.send(encode_hello(self.seat.link_out, Hello(version, settings, self.fingerprint, accepted)))

    def hear(self, kind):
        """The next packet of that kind."""
        while True:
            assert self._pull.poll(10_000), "nothing comes"
            if isinstance(packet := decode(strip(self._pull.recv())), kind):
                return packet


@pytest.fixture
def come(context):
    """Let a stranger join at the broker of that address."""
    with ExitStack() as strangers:
        yield lambda broker: strangers.enter_context(closing(Stranger(context, broker)))


def test_another_version_is_refused_by_name(stage, come):
    _, address = stage.broker()
    ann = stage.peer("ann", address, *GAME)
    stranger = come(address)
    stranger.send(stranger.seat.link_out + b"\xc1 no msgpack")
    stranger.hello(version=PROTOCOL_VERSION + 98)
    assert ann.exit_code() == 6
    report = ann.report()
    assert report["ended"] == "refused"
    versions = f"protocol version: {PROTOCOL_VERSION} here, {PROTOCOL_VERSION + 98} there"
    assert f"mallory would play another game: {versions}" in report["ended_text"]
    assert report["packets_rejected"] == 1
    assert "protocol version" in stranger.hear(Goodbye).reason


def test_a_player_who_breaks_the_protocol_is_counted_and_not_believed(stage, come):
    _, address = stage.broker()
    ann = stage.peer("ann", address, *GAME)
    stranger = come(address)
    stranger.hello()
    stranger.hear(Inputs)
    delay = SETTINGS.input_delay
    link = stranger.seat.link_out

    def inputs(first=delay, data=b"", ack=0, digests=b"", frame=0):
        return encode_inputs(link, Inputs(0, frame, 0, first, data, ack, 0, digests, 0, 0, -1, 0))

    bad = {
        "a gap in the inputs": inputs(first=500, data=b"\0" * 8),
        "inputs further ahead than the window allows": inputs(data=b"\0" * 800),
        "not an action of this slot": inputs(data=b"\xff" * 8),
        "acked what was never sent": inputs(ack=2**30),
        "digests have a wrong length": inputs(digests=b"\0" * 7),
        "a number is out of range": encode_inputs(link, Inputs(-1, 0, 0, delay, b"", 0, 0, b"", 0, 0, -1, 0)),
        "unknown kind of packet, or wrong number of fields": link + msgpack.packb([60]),
        "not an array": link + msgpack.packb({}),
    }
    for data in bad.values():
        for _ in range(3):
            stranger.send(data)
    assert ann.exit_code() == 5, ann.text
    report = ann.report()
    assert "mallory was lost: nothing heard for" in report["ended_text"]
    assert report["packets_rejected"] == 3 * len(bad)
    assert report["rejections"] == dict.fromkeys(bad, 3)
    assert report["frames"] <= SETTINGS.window + delay  # nothing of it was played
    assert report["frames_confirmed"] == delay
