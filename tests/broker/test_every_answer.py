"""Whatever decodable messages come, in whatever order: every answer can be sent, and nothing raises."""

from __future__ import annotations

from collections import Counter
from random import Random

from broker_talk import BrokerTalk

from broker.lobby import Lobby
from netcode.errors import RemoteProtocolError
from netcode.wire.lobby import decode_lobby, encode_lobby
from netcode.wire.running import Watching
from peer.returning import ReturnWish

COMES_IN = ReturnWish("eve", "m", None, (), False)
CONVERSATIONS = 60
MESSAGES = 60  # in each


def converse(seed: int) -> Counter[str]:
    """How many answers of each kind there were, and "none" for what could not be decoded."""
    rng, talk, lobby, now = Random(seed), BrokerTalk(seed), Lobby(Random(seed).randbytes), 0.0
    reached: Counter[str] = Counter()
    for _ in range(MESSAGES):
        now += rng.choice([0.0, 0.0, 0.0, 0.0, 0.1, 0.5]) + 5.0 * (rng.random() < 0.02)
        try:
            message = decode_lobby(talk.message())
        except RemoteProtocolError:
            reached["none"] += 1
            continue
        answers = [lobby.handle(message, now), *(answer for _, answer in lobby.calls)]
        lobby.calls.clear()
        for answer in answers:
            reached[type(answer).__name__] += 1
            if answer is not None:
                assert decode_lobby(encode_lobby(answer)) == answer
            if isinstance(answer, Watching) and answer.slot is not None:
                assert COMES_IN.way_in(answer) is not None  # whoever wants that slot can make sense of it
        assert all(line.isprintable() for line in lobby.news)
        lobby.news.clear()
    return reached


def test_every_answer_to_any_messages_can_be_sent() -> None:
    reached: Counter[str] = Counter()
    for seed in range(CONVERSATIONS):
        reached += converse(seed)
    assert 2 * reached["none"] < reached.total()
    for answer in ("Waiting", "Matched", "Refused", "Guests", "Watching", "Matches", "WitnessWord"):
        assert reached[answer] > 20, reached
