"""What each peer says of its own game, and what follows from that: who leaves, or that the match ends.

Every peer judges itself alone (`netcode.desync.self_check`), and only by its own word does anybody leave. So
who lies can have itself dropped or the match ended, and nobody else dropped.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import Enum, auto
from typing import Final

from netcode.link import Link
from netcode.wire.desync_packets import Judged, Judgement

VERDICT_DEADLINE: Final = (
    30.0  # seconds for a remote to judge itself: it may have a long episode to play again
)
CHECK_DEADLINE: Final = 25.0  # seconds for ourselves; then we say that we cannot
GRACE: Final = 1.0  # seconds that who goes waits for all to have its word
NOT_GONE: Final = 3.0  # seconds until who should leave is taken to have left

RIGHT, WRONG, UNKNOWN = Judgement.RIGHT, Judgement.WRONG, Judgement.UNKNOWN


class Outcome(Enum):
    """Of a desync, for one peer."""

    GO_ON = auto()  # whoever differs leaves
    LEAVE = auto()  # it is we, and somebody is right
    END = auto()  # it cannot be told who is right, or nobody is


class Verdicts:
    """On one digest. Of remotes that have ended only those count who stand by what they have."""

    def __init__(self, now: float) -> None:
        self.own: Judgement | None = None  # once we know
        self._said: dict[Link, Judgement] = {}
        self._known: set[Link] = set()  # who have our word
        self._opened_at = now
        self._decided_at: float | None = None

    def hear(self, link: Link, packet: Judged) -> None:
        """The first word counts."""
        self._said.setdefault(link, packet.judgement)
        if packet.known:
            self._known.add(link)

    def convict(self, link: Link) -> None:
        """It lied about inputs: whatever it says of its game, it is wrong."""
        self._said[link] = WRONG

    def have_all(self, links: Iterable[Link]) -> bool:
        """Has every one of them said what it has to say?"""
        return all(link in self._said for link in links)

    def stands_by_it(self, link: Link) -> bool:
        """Has it given its word, and not that its game is wrong?"""
        return self._said.get(link, WRONG) is not WRONG

    def allow_to_go_on(self, differing: Iterable[Link]) -> bool:
        """Do we know that we are not wrong, and has nobody who differed said the same?"""
        return self.own in (RIGHT, UNKNOWN) and not any(map(self.stands_by_it, differing))

    def is_late(self, now: float) -> bool:
        """Can our own judgement be waited for no longer?"""
        return now - self._opened_at > CHECK_DEADLINE

    def word_for(self, link: Link, index: int) -> Judged:
        """Ours on digest number `index`."""
        return Judged(index, self.own or UNKNOWN, link in self._said)

    def outcome(self, agreeing: Collection[Link], differing: Collection[Link], now: float) -> Outcome | None:
        """None: not all is said yet, or not all have our word, and we should go."""
        awaited = differing if self.own is RIGHT else (*agreeing, *differing)
        if self.own is None or not (self.have_all(awaited) or now - self._opened_at > VERDICT_DEADLINE):
            return None
        self._decided_at = now if self._decided_at is None else self._decided_at
        trusted = self.own is RIGHT or (self.own is UNKNOWN and RIGHT in self._words_of(agreeing))
        if trusted and self._words_of(differing) <= {WRONG}:
            return Outcome.GO_ON
        if not self._known.issuperset((*agreeing, *differing)) and now - self._decided_at < GRACE:
            return None
        return Outcome.LEAVE if self.own is WRONG and RIGHT in self._words_of(awaited) else Outcome.END

    def dismiss(self, differing: Iterable[Link], now: float) -> None:
        """We go on: who should leave, and stays, is taken to have left."""
        for link in differing:
            if now - (self._decided_at or now) > NOT_GONE and not link.ended:
                link.leaves(f"the game of {link.remote.name} had gone wrong")

    def why(self, differing: Iterable[Link]) -> str:
        """The match ends."""
        words = self._words_of(differing)
        if self.own is RIGHT and RIGHT in words:
            return "each is what the same inputs lead to there: the machines differ"
        if self.own is WRONG and words <= {WRONG}:
            return "neither is what the inputs lead to: all have gone wrong"
        return "it cannot be told which is right"

    def _words_of(self, links: Iterable[Link]) -> set[Judgement]:
        return {self._said.get(link, UNKNOWN) for link in links}
