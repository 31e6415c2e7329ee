"""What each piece of evidence leaves possible, and what all of them leave."""

from __future__ import annotations

from types import SimpleNamespace

from netcode.desync.blame import blame
from netcode.desync.fields import ABSENT, INPUTS_OF, Difference
from netcode.desync.inquiry import Finding


class Player:
    """A link, as far as it is looked at."""

    def __init__(self, name: str, slot: int, first: int = 0, end: int = 10**6):
        self.remote = SimpleNamespace(name=name, slots=(slot,))
        self.slot, self.frames = slot, range(first, end)

    def gave(self, slot: int, frame: int) -> bool:
        return slot == self.slot and frame in self.frames


ANN, BOB, CLEO = Player("ann", 0), Player("bob", 1), Player("cleo", 2)
ALL, OURS = (ANN, BOB, CLEO), (3,)


def differs(slot: object, frame: int = 50, there: str = "02") -> Finding:
    return Finding(frame, frame, (Difference(f"{INPUTS_OF}{slot}", "01", there),), 0, "")


def suspects(findings, authors=ALL):
    found = blame(findings, authors, OURS)
    return found and [link.remote.name for link in found.suspects]


def test_one_who_contradicts_another_leaves_two():
    assert suspects({BOB: differs(0)}) == ["ann", "bob"]


def test_two_who_contradict_one_leave_that_one():
    assert suspects({BOB: differs(0), CLEO: differs(0, there="07")}) == ["ann"]


def test_one_who_contradicts_two_is_left():
    assert suspects({CLEO: differs(0)}) == ["ann", "cleo"]
    both = Finding(50, 50, (*differs(0).differences, *differs(1).differences), 0, "")
    assert suspects({CLEO: both}) == ["cleo"]


def test_who_contradicts_what_it_told_us_is_left():
    assert suspects({ANN: differs(0), BOB: differs(0)}) == ["ann"]


def test_who_denies_what_we_told_it_is_left():
    assert suspects({BOB: differs(3)}) == ["bob"]
    assert blame({BOB: differs(3)}, ALL, OURS).words == "bob denies what it was told"


def test_a_state_that_differs_blames_nobody():
    assert suspects({BOB: Finding(50, 50, (Difference("x", "1", "2"),), 0, "")}) is None
    assert suspects({BOB: Finding(None, 50, (), 0, "it left")}) is None


def test_what_nobody_says_is_nobodys_word():
    assert suspects({BOB: differs(0, there=ABSENT)}) is None
    assert suspects({BOB: Finding(50, 50, (Difference(f"{INPUTS_OF}x", ABSENT, "2"),), 0, "")}) is None
    assert suspects({BOB: differs(4)}) is None, "a substitute's"


def test_a_slot_is_the_word_of_who_had_it_then():
    old, new = Player("ann", 0, end=40), Player("dan", 0, first=45)
    authors = (new, BOB, old)
    assert suspects({BOB: differs(0, frame=39)}, authors) == ["ann", "bob"]
    assert suspects({BOB: differs(0, frame=45)}, authors) == ["dan", "bob"]
    assert suspects({BOB: differs(0, frame=42)}, authors) is None
