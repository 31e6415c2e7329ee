"""The watch over links: silence, refusals and goodbyes become events, drops, or the match's end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from netcode.course import Course
from netcode.desync.watch import DesyncWatch
from netcode.events import Accused, EndReason, Interrupted, LinkUp, Resumed
from netcode.joining import Joining
from netcode.link import Link
from netcode.link_states import LinkState
from netcode.phases import CLOSING, CONNECTING
from netcode.settings import MatchSettings
from netcode.survivors import Survivors
from netcode.ties import WITNESS_TIMEOUT
from netcode.wire.packets import Parting

OPENING_TIMEOUT: Final = 30.0  # seconds for a remote to say hello after the match was made
INTERRUPTED_AFTER: Final = 1.0  # seconds of silence that a person is told of
CATCH_UP_TIMEOUT: Final = 600.0  # seconds that a guest may take before it opens its links
CLOSING_TIMEOUTS: Final = 3  # disconnect timeouts that a remote may take to send its last digests
SEAT_TIMEOUT: Final = 30.0  # seconds for a guest that has caught up to be given its slot


class LinkWatch:
    """Of one session. Looks once a tick."""

    def __init__(
        self, settings: MatchSettings, course: Course, survivors: Survivors, desync: DesyncWatch
    ) -> None:
        self._settings, self._course = settings, course
        self._survivors, self._desync = survivors, desync
        self._announced: set[Link] = set()  # told of as up
        self._interrupted: set[Link] = set()
        self._owing: dict[Link, float] = {}  # who does not say what is due -> since when
        self._closing_since: float | None = None

    @property
    def drops_are_survived(self) -> bool:
        """Also while the links open: a peer that was met and falls silent is dropped as it would be later.
        Without a peer that never came, or left, the match does not begin: see `_began_with`."""
        return self._survivors.plays_on

    @property
    def nobody_is_dropped(self) -> bool:
        """While a desync is looked into that ends the match, or may turn out to be a lie, which ends it too.
        Otherwise the liar could have an honest peer dropped by claiming to have lost it."""
        case = self._desync.case
        goes_on = self._settings.on_desync == "return" and self._desync.blame is None
        return case is not None and not (goes_on and case.found_out)

    def announced(self, link: Link) -> None:
        """It was told of in another way."""
        self._announced.add(link)

    def look(self, links: Iterable[Link], now: float) -> None:
        """At those of all players."""
        if self._closing_since is None and self._course.phase is CLOSING:
            self._closing_since = now
        for link in links:
            if self._course.over:
                return
            silent = link.silence.look(now)
            owed = link.owed(self._settings.digest_interval)
            if owed is not None:
                self._look_for_what_is_owed(link, owed, now)
            elif self._owing:
                self._owing.pop(link, None)
            if silent or not link.running or link not in self._announced or link in self._interrupted:
                self._look_at(link, silent, now)  # else all is as nearly always

    def look_at_hosts(self, links: Iterable[Link], joining: Joining, now: float) -> None:
        """We are a guest. Whoever is silent, the others see to it; unless it is us who are not heard."""
        course = self._course
        for link in links:
            silent = link.silence.look(now)
            if link.running and silent > self._settings.disconnect_timeout:
                link.lost(f"{link.remote.name} was lost: nothing heard for {silent:.1f} s")
            if link.state is LinkState.REFUSED:
                course.end(EndReason.REFUSED, f"{link.remote.name} would play another game: {link.ending}")
        if joining.ended is not None:
            course.end(EndReason.LEFT, joining.ended)
        if joining.opened_at is not None and now - joining.opened_at > SEAT_TIMEOUT:
            course.end(EndReason.LOST, f"caught up, and was not given a slot within {SEAT_TIMEOUT:g} s")

    def look_at_guests(self, links: Iterable[Link], now: float) -> None:
        """Somebody is on the way in, and may fall silent there."""
        for link in links:
            silent = link.silence.look(now)
            patience = self._settings.disconnect_timeout if link.running else CATCH_UP_TIMEOUT
            if not link.ended and silent > patience:
                link.lost(f"{link.remote.name} fell silent on the way in")

    def all_agree(self, links: Sequence[Link]) -> bool:
        """May a match that was played to its end be closed?"""
        for link in links:
            # Our last packets or its last acks may be lost: we send on for as long as an outage may last.
            gone = link.ended or link.silence.seconds > self._settings.disconnect_timeout
            if not link.everything_compared or not (link.everything_acked or gone):
                return False
        return True

    # ------------------------------------------------------------ within

    def _look_at(self, link: Link, silent: float, now: float) -> None:
        name, course = link.remote.name, self._course
        if link.running and link not in self._announced:
            self._announced.add(link)
            course.tell(LinkUp(name))
        if not link.ended:
            self._look_for_silence(link, silent)
            self._look_for_delays(link, now)
        if link.state is LinkState.REFUSED:
            course.end(EndReason.REFUSED, f"{name} would play another game: {link.ending}")
        elif link.ended and self.nobody_is_dropped:
            pass  # it is said what differed, as far as that is known: see Confirming
        elif link.parting is Parting.DROPS_YOU and not self._may_finish_without(link):
            course.end(EndReason.DROPPED, f"the others go on without us: {name} says {link.ending}")
        elif link.ended and self.drops_are_survived and self._began_with(link):
            if link in self._survivors.links and not self._is_done_with(link):
                self._survivors.drop(link, said_goodbye=link.state is LinkState.LEFT)
        elif link.state is LinkState.LOST:
            course.end(EndReason.LOST, link.ending)
        elif link.state is LinkState.LEFT and not self._is_done_with(link):
            course.end(EndReason.LEFT, f"{name} left: {link.ending}")

    def _began_with(self, link: Link) -> bool:
        """May the match go on without this peer? While links open: if it was met, and others are left."""
        if self._course.phase is not CONNECTING:
            return True
        return link.met and link.state is LinkState.LOST and len(self._survivors.links) > 1

    def _look_for_silence(self, link: Link, silent: float) -> None:
        name = link.remote.name
        if self._course.phase is CLOSING and link.everything_compared and not self._survivors.pending:
            return  # all that we need of it is here: no word of it on who was dropped
        if silent > (self._settings.disconnect_timeout if link.met else OPENING_TIMEOUT):
            what = "was lost" if link.met else "never came"
            link.lost(f"{name} {what}: nothing heard for {silent:.1f} s")
        elif silent > INTERRUPTED_AFTER and link.running and link not in self._interrupted:
            self._interrupted.add(link)
            self._course.tell(Interrupted(name, silent))
        elif silent == 0.0 and link in self._interrupted:
            self._interrupted.discard(link)
            self._course.tell(Resumed(name))

    def _look_for_delays(self, link: Link, now: float) -> None:
        """Everything was confirmed here long since: who talks on, and never says whether it saw the same
        game, would keep us for ever. An honest peer may first wait for a lost one, or for the witness."""
        patience = CLOSING_TIMEOUTS * self._settings.disconnect_timeout
        if self._settings.witness != "none":
            patience += WITNESS_TIMEOUT
        late = self._closing_since is not None and now - self._closing_since > patience
        if late and not link.everything_compared and self._desync.case is None:
            self._accuse(link, f"{link.remote.name} played on with us, and never told what it saw")

    def _look_for_what_is_owed(self, link: Link, owed: str, now: float) -> None:
        """An outage cannot be the cause: inputs come in the same packets."""
        since = self._owing.setdefault(link, now)
        if now - since > self._settings.disconnect_timeout and self._desync.case is None:
            self._accuse(link, f"{link.remote.name} plays on and does not say {owed}")

    def _accuse(self, link: Link, text: str) -> None:
        if not link.ended:
            link.lost(text)
            self._course.tell(Accused(link.remote.name, text))

    def _is_done_with(self, link: Link) -> bool:
        """Has it finished, having given us all that we need of it to finish by ourselves?"""
        ended_well = link.parting in (Parting.FINISHED, Parting.DROPS_YOU)
        return ended_well and self._lacks_nothing_of(link)

    def _may_finish_without(self, link: Link) -> bool:
        """It goes on without us, and will not help us to agree on anybody else who is lost."""
        agreed = self._course.phase is CLOSING or not self._survivors.pending
        return agreed and self._lacks_nothing_of(link)

    def _lacks_nothing_of(self, link: Link) -> bool:
        """Are all its inputs here, and all its digests? Those prove that it played our game to the end."""
        frames = self._course.frames
        due = -(-frames // self._settings.digest_interval)
        return bool(frames) and link.held >= frames and link.comparison.received >= due
