"""What a peer tells the broker while its half of a match may not be the one that goes on."""

from types import SimpleNamespace
from typing import Any

import pytest

from netcode.settings import MatchSettings
from netcode.ties import Tie
from netcode.wire.running import Playing
from netcode.wire.testimony import AskWitness
from peer.playing import MatchHere


@pytest.mark.parametrize(("stand_in", "word"), [(False, AskWitness), (True, Playing)])
def test_who_only_stands_in_does_not_ask_to_go_on_alone(stand_in: bool, word: type[Any]) -> None:
    session = SimpleNamespace(
        question=Tie(frozenset({2}), frozenset({0})),
        slots=(1,),
        substituted={},
        confirmed=5,
        catching_up=None,
    )
    roster = SimpleNamespace(match_id="m", room="r", settings=MatchSettings(env="e"), names=("ann", "bob"))
    match: Any = MatchHere.__new__(MatchHere)
    match.session, match._endpoints = session, ()
    match._place = SimpleNamespace(roster=roster, wish=None, member=bytes(16))
    match._options = SimpleNamespace(stand_in=stand_in)
    match._feeder = SimpleNamespace(watchers=())
    assert isinstance(match._word(), word)
