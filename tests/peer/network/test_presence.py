"""Giving up a match whose players cannot be reached: by whose word?"""

import threading

import pytest
import zmq

from netcode.wire.lobby import CalledOff, Waiting, encode_lobby
from peer.network import presence
from peer.network.presence import Presence


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(CalledOff("ann cannot reach bob"), "ann cannot reach bob"), (Waiting("x", 2, ()), None), (None, None)],
)
def test_who_gives_up_hears_why_the_match_is_off(monkeypatch, answer, reason):
    monkeypatch.setattr(presence, "GIVE_UP", 5.0 if reason else 0.4)
    with zmq.Context() as context, context.socket(zmq.ROUTER) as router:
        router.linger = 0
        port = router.bind_to_random_port("tcp://127.0.0.1")

        def serve():
            if router.poll(5000):
                sender, _ = router.recv_multipart()
                if answer is not None:
                    router.send_multipart([sender, encode_lobby(answer)])

        thread = threading.Thread(target=serve)
        thread.start()
        here = Presence(context, f"127.0.0.1:{port}")
        assert here.give_up(bytes(16), 1) == reason
        here.close()
        thread.join()
