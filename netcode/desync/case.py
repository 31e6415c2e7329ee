"""One digest that is not the same on all peers: who differs, and in what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final

from netcode.desync.blame import Blame
from netcode.desync.evidence import Exhibit
from netcode.desync.inquiry import ASK_AGAIN, Finding, Inquiry
from netcode.desync.self_check import SelfCheck
from netcode.desync.verdicts import Outcome, Verdicts
from netcode.errors import RemoteProtocolError
from netcode.events import Desync
from netcode.link import Link
from netcode.wire.desync_packets import Answer, Ask, DesyncPacket, Judged

INQUIRY_DEADLINE: Final = 4.0  # seconds; by then a remote that lives and means well has answered
LONGEST_INQUIRY: Final = 8.0  # seconds; so far is an outage waited for, and one second to answer after it


class Case:
    """Opened when digest number `index` is found to differ from a remote's. Fed once a tick."""

    def __init__(self, index: int, exhibit: Exhibit, now: float, outage: float) -> None:
        """`outage` (seconds): who is silent for longer is lost."""
        self.index = index
        self._exhibit = exhibit
        self._opened_at = now
        self._answers_until = now + min(max(INQUIRY_DEADLINE, outage + 1.0), LONGEST_INQUIRY)
        self._inquiries: dict[Link, Inquiry] = {}  # with those whose digest differs
        self.verdicts = Verdicts(now)
        self.check: SelfCheck | None = None  # of our own game, where the match may go on
        self._told_at = float("-inf")

    # ------------------------------------------------------------------- in

    def hear(self, link: Link, packet: DesyncPacket) -> None:
        """Raises: RemoteProtocolError for what makes no sense here."""
        if packet.index != self.index:
            return  # of a case that is closed here, or not open yet
        if isinstance(packet, Judged):
            self.verdicts.hear(link, packet)
        elif isinstance(packet, Ask):
            if link in self._inquiries:  # else its digest has still to come, and it asks again
                self._inquiries[link].hear_question(packet)
        elif link in self._inquiries:
            self._inquiries[link].hear_answer(packet)
        else:
            raise RemoteProtocolError("an answer that nobody asked for")

    def follow(self, links: Iterable[Link], now: float) -> None:
        """Open an inquiry with each remote that is found to differ; give up those that are of no use."""
        for link in links:
            if link.comparison.disputed == self.index and link not in self._inquiries:
                self._inquiries[link] = Inquiry(self.index, link.remote.name, self._exhibit)
        for link, inquiry in self._inquiries.items():
            if link.ended:
                inquiry.give_up(link.ending)
            elif now > self._answers_until:
                waited = f"{self._answers_until - self._opened_at:g} s"
                inquiry.give_up(f"{link.remote.name} did not say what it has within {waited}")

    def close_now(self) -> None:
        """The match has ended already; whoever could answer is gone."""
        for link, inquiry in self._inquiries.items():
            inquiry.give_up(link.ending or "the match ended before the others could say what they have")

    # ------------------------------------------------------------------ out

    def say(self, now: float) -> list[tuple[Link, Ask | Answer]]:
        """What to send now, to whom."""
        packets: list[tuple[Link, Ask | Answer]] = [
            (link, packet)
            for link, inquiry in self._inquiries.items()
            if not link.ended
            for packet in inquiry.say(now)
        ]
        return packets

    def say_verdict(self, links: Iterable[Link], now: float) -> list[tuple[Link, Judged]]:
        """Now and then: we know all that we want to know, also of ourselves."""
        if not self.found_out or self.verdicts.own is None or now - self._told_at < ASK_AGAIN:
            return []
        self._told_at = now
        return self.last_words(links)

    def last_words(self, links: Iterable[Link]) -> list[tuple[Link, Judged]]:
        return [(link, self.verdicts.word_for(link, self.index)) for link in links if not link.ended]

    # ------------------------------------------------------------- what is known

    @property
    def found_out(self) -> bool:
        """Do we know what differs, or that we never shall?"""
        return all(inquiry.finding for inquiry in self._inquiries.values())

    @property
    def findings(self) -> dict[Link, Finding]:
        """So far, by whom we asked."""
        return {link: one.finding for link, one in self._inquiries.items() if one.finding is not None}

    def everybody_knows(self, links: Iterable[Link], now: float) -> bool:
        """Has everybody found out what differs, as far as that can be waited for?"""
        if now > self._answers_until:
            return True
        return self.found_out and self.verdicts.have_all(link for link in links if not link.ended)

    def outcome(self, links: Collection[Link], now: float) -> Outcome | None:
        """For us, by what all say of themselves; None: not known yet."""
        if not self.found_out:
            return None
        there = [link for link in links if link.compares(self.index) and not link.ended]
        agreeing = [link for link in there if link not in self._inquiries]
        differing = [link for link in self._inquiries if not link.ended or self.verdicts.stands_by_it(link)]
        outcome = self.verdicts.outcome(agreeing, differing, now)
        if outcome is Outcome.GO_ON:
            self.verdicts.dismiss(differing, now)
        return outcome

    def is_over(self, links: Iterable[Link]) -> bool:
        """Is whoever differed gone, without standing by what it had, and it is not we who are wrong?"""
        gone = all(link.comparison.compared > self.index for link in links)
        return gone and self.verdicts.allow_to_go_on(self._inquiries)

    # ------------------------------------------------------------------ words

    @property
    def others(self) -> list[str]:
        """Names of those whose digest is not ours, in order of slot."""
        links = sorted(self._inquiries, key=lambda link: link.remote.slots)
        return [link.remote.name for link in links]

    @property
    def finding(self) -> Finding:
        """The earliest and most telling of what was found out."""
        ordered = sorted(self.findings.items(), key=lambda pair: pair[0].remote.slots)
        findings = [finding for _, finding in ordered]
        findings.sort(key=lambda one: (not one.differences, one.frame is None, one.frame or 0))
        return (
            findings[0] if findings else Finding(None, self._exhibit.due_from, (), 0, "nothing was found out")
        )

    def event(self, blamed: Blame | None = None) -> Desync:
        """What differs, for our own user; and who is to blame, if inputs do."""
        finding, exhibit = self.finding, self._exhibit
        event = Desync(
            and_list(self.others),
            exhibit.first,
            exhibit.last,
            finding.frame,
            finding.differences,
            finding.more,
            finding.why,
            str(finding) if finding.frame is not None else self._frames_in_question(finding.why),
        )
        if blamed is None:
            return event
        names = tuple([link.remote.name for link in blamed.suspects])
        return replace(event, suspects=names, text=f"{blamed.words}: {event.text}")

    def went_on(self) -> Desync:
        """Whoever differed is gone."""
        event = self.event()
        return replace(event, left=tuple(self.others))

    def undecided(self) -> Desync:
        """The match ends, and whose fault it is stays open."""
        event = self.event()
        return replace(event, text=f"{event.text}; {self.verdicts.why(self._inquiries)}")

    def we_left(self, right: int, last: int) -> Desync:
        """It is our game; frames below `right` were right, `last` is the newest that we handed out."""
        event, first = self.event(), min(right, self.finding.earliest)
        text = f"{event.text}; frames {first} to {last} went wrong here"
        return replace(event, wrong=(first, last), text=text)

    def _frames_in_question(self, why: str) -> str:
        return f"within frames {self._exhibit.first} to {self._exhibit.last} ({why})"


def and_list(names: Sequence[str]) -> str:
    """`ann, bob and cleo`"""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
