"""What a player is told whose match may go on without it."""

import pytest

from netcode.roster import Player, build_rosters
from netcode.settings import MatchSettings
from netcode.wire.running import Guests, Matches, MatchLine
from peer import aftermath
from peer.aftermath import goes_on, in_words


class FakePresence:
    """Gives these answers, one at each look, and then the last again and again."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def hurry(self): ...

    def poll(self, now, word, interval):
        word()
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def running(match_id="m1", frames=100):
    return MatchLine(match_id, "r", "E", "ann, bob", frames, 0, 0)


@pytest.mark.parametrize(
    ("answers", "known"),
    [
        ([Guests(()), Matches((running(),)), Matches((running(frames=131),))], True),
        ([Matches((running(frames=130),))], None),
        ([Matches((running(frames=130),)), Matches(())], False),
        ([Matches((running("m2", 999),))], False),
        ([Matches(tuple(running(f"m{n}") for n in range(2, 18)))], None),  # there may be more
        ([None], None),
        ([Guests(())], None),
    ],
)
def test_does_the_match_go_on(monkeypatch, answers, known):
    monkeypatch.setattr(aftermath, "PATIENCE", 0.4)
    monkeypatch.setattr(aftermath, "SILENCE", 0.3)
    assert goes_on(FakePresence(*answers), "m1", 130, lambda: False) is known


def test_nobody_has_to_wait_for_the_answer():
    assert goes_on(FakePresence(None), "m1", 130, lambda: True) is None


def test_the_line_to_type_is_whole():
    players = [Player("ann", (), ""), Player("bob b", (), "")]
    settings = MatchSettings(env="mygame:make")
    roster = build_rosters("m1", "k7f3m4", settings, players, [b"1" * 8, b"2" * 8])[1]
    told = in_words(True, roster, "random", ("--broker", "tcp://10.0.0.1:5750"))
    assert told == (
        "the others go on; to come back: netplay peer --into m1 --name 'bob b' --controller random "
        "--env mygame:make --broker tcp://10.0.0.1:5750"
    )
    assert "netplay peer" in in_words(None, roster, "random", ())
    assert in_words(False, roster, "random", ()) == "nobody goes on: the match is over for all"
