"""What a player reads in the lobby: each news once."""

from netcode.roster import Player, build_rosters
from netcode.settings import MatchSettings
from netcode.wire.lobby import Waiting
from peer.lobby_news import LobbyNews
from peer.screen import Screen
from peer.screen.start import StartScreen


def news():
    said = []
    start = StartScreen(Screen(), "E")
    return LobbyNews(said.append, start), start, said


def test_what_keeps_others_away_is_said_once_and_again_when_it_changes():
    news_, start, said = news()
    alone = Waiting("x", 2, ("ann",))
    for answer in (alone, alone, Waiting("x", 2, ("ann",), ("bob differs",)), alone):
        news_.waiting(answer)
    assert said[:2] == ["room x: 1 of 2 players (ann)", "bob differs"]
    assert len(said) == 3
    assert "waiting on" in said[2]
    assert start.status == "room x: 1 of 2 players (ann)"
    news_.waiting(Waiting("x", 2, ("ann",), ("bob differs", "cleo differs")))
    assert said[3] == "cleo differs"
    assert "a note in the terminal" in start.status
    news_.waiting(None)
    news_.waiting(alone)
    assert said[5:] == ["the broker is silent; asking on", "room x: 1 of 2 players (ann)"]


def test_whoever_completes_the_room_learns_its_code_and_by_what_name_it_plays():
    news_, _, said = news()
    players = [Player("ann", (), ""), Player("ann-2", (), "")]
    first, second = build_rosters("m1", "k7f3m4", MatchSettings(env="E"), players, [b"1" * 8, b"2" * 8])
    news_.matched(first, "ann")
    assert said == ["room k7f3m4: match m1 of ann, ann-2"]
    news_.matched(second, "ann")
    assert said[2] == "another ann is in the match, so you are called ann-2"
