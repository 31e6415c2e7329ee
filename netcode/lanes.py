"""Which of several ordered connections (lanes) to a remote carries the next packet.

A lost segment blocks its TCP connection until it is sent again. Our packets are cumulative, so a packet
on another lane makes the blocked one unimportant - as long as it is not itself behind a lost one. Hence
*idle-pick*: the lane that has been idle longest, everything on it known to have arrived. Spreading every
packet over all lanes would block them all in one burst.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Final, Protocol

FEWEST_LANES: Final = 2
MOST_LANES: Final = 24  # to one remote
LANES_IN_ALL: Final = (
    160  # to all remotes: five descriptors each, of the 1,024 that a process usually may have
)
SPARE_LANES: Final = 20  # beside those in flight, on a link that is no LAN: an outage is not the time to open
IDLE_FOR_A_COPY: Final = 6  # so many idle lanes make a second copy harmless
LAN_TICKS: Final = 2.5  # from sending to knowing that it arrived: two frames' waits, and next to no link
OVERTAKEN_BY: Final = 0.010  # seconds that a later packet must have been sent after it
SILENT_TICKS: Final = 2  # packets that no answer has come beside, until copies are a waste
OUTAGE_TICKS: Final = 6  # likewise, until it is an outage: bursts seldom last as long
REPEATED_EVERY: Final = 1.0  # seconds, by TCP_RTO_MAX: so often is a lane tried again in a long outage
MOST_PATIENT: Final = 0.1  # seconds between packets in an outage, at most
LOSSY_FOR: Final = 10.0  # seconds that a blocked lane is remembered
CLOSE_AFTER: Final = 10.0  # seconds that fewer lanes must do before some are closed
NUMBERS: Final = 1 << 16  # packet numbers are told modulo this
NOTHING: Final = NUMBERS - 1  # told of a lane that nothing has come on
_SAMPLES: Final = 256  # packets of which we know when they were sent; divides NUMBERS
_GAIN: Final = 1 / 8  # of the smoothed times, as RFC 6298 has it


def most_lanes(remotes: int) -> int:
    """To each of so many remotes."""
    return max(FEWEST_LANES, min(LANES_IN_ALL // max(remotes, 1), MOST_LANES))


class LanePolicy(Protocol):
    """Chooses lanes for one remote. Pure: sockets stay with the transport."""

    @property
    def lanes(self) -> int:
        """How many connections to keep open."""
        ...

    def choose(self, now: float) -> Sequence[int]:
        """Lanes for the next packet, the best first; it goes on the first that takes it."""
        ...

    def wants_copy(self, now: float) -> bool:
        """Shall the packet just sent go on another lane as well?"""
        ...

    def sent(self, lane: int, number: int, now: float) -> None:
        """Packet `number` has gone on `lane`."""
        ...

    def heard(self, newest: Sequence[int], now: float) -> None:
        """The remote's newest packet of each lane, modulo NUMBERS."""
        ...


class InTurn:
    """Every lane in turn: for feeds, which do not hurry."""

    def __init__(self, lanes: int = 1) -> None:
        self.lanes = lanes
        self._last = -1

    def choose(self, now: float) -> Sequence[int]:
        return [(self._last + 1) % self.lanes]

    def wants_copy(self, now: float) -> bool:
        return False

    def sent(self, lane: int, number: int, now: float) -> None:
        self._last = lane

    def heard(self, newest: Sequence[int], now: float) -> None:
        pass


class IdlePick:
    """The lane that has been idle longest; as many lanes as the link's delay and losses make worth while."""

    def __init__(self) -> None:
        self.lanes = FEWEST_LANES
        self.most = MOST_LANES  # see most_lanes
        self._number = [-1] * MOST_LANES  # of the newest packet sent on each lane, modulo NUMBERS
        self._arrived = [-1] * MOST_LANES  # likewise, known to have arrived
        self._newest_sent_at = float("-inf")  # when, of all packets known to have arrived
        self._sent_when = [0.0] * _SAMPLES  # by packet number, modulo that many
        self._sent_at = [float("-inf")] * MOST_LANES
        self._in_flight = [False] * MOST_LANES
        self._blocked = [False] * MOST_LANES  # in flight, and overtaken by later packets
        self._tick = 0.0  # seconds between two packets, smoothed
        self._loop = 0.0  # seconds from sending to knowing that it arrived, smoothed
        self._deviation = 0.0
        self._last_at = float("-inf")  # when the newest packet was sent
        self._heard_at = float("-inf")  # when a packet was last known to have arrived
        self._outage = False
        self._interval = 0.0  # between packets in an outage
        self._suspect_until = float("-inf")  # a second blocked lane until then: the link loses
        self._lossy_until = float("-inf")
        self._shortage = 0  # times that no lane was idle while the link loses
        self._enough_since = float("-inf")  # since when fewer lanes would do

    @property
    def busy(self) -> int:
        """Lanes that carry something not known to have arrived."""
        return sum(self._in_flight[: self.lanes])

    @property
    def loop(self) -> float:
        """Seconds from sending a packet to knowing that it arrived."""
        return self._loop

    def choose(self, now: float) -> Sequence[int]:
        self._look_for_blocked()
        in_flight, blocked, sent_at = self._in_flight, self._blocked, self._sent_at
        self._look_for_outage(now)
        if self._outage and now - self._last_at < self._interval:
            return ()
        order = sorted(range(self.lanes), key=lambda lane: (in_flight[lane], blocked[lane], sent_at[lane]))
        if in_flight[order[0]] and self._lossy:
            self._shortage += 1
        return order

    def wants_copy(self, now: float) -> bool:
        return (
            self._lossy
            and self.lanes - self.busy >= IDLE_FOR_A_COPY
            and now - self._heard_at <= SILENT_TICKS * self._tick
        )

    def sent(self, lane: int, number: int, now: float) -> None:
        self._number[lane] = number % NUMBERS
        self._sent_when[number % _SAMPLES] = now
        self._sent_at[lane] = now
        self._in_flight[lane] = True
        self._blocked[lane] = False
        if self._last_at < now and self._last_at > 0 and not self._outage:
            gap = min(now - self._last_at, 4 * self._tick or 1.0)  # a pause says nothing of the rate
            self._tick += (gap - self._tick) * (_GAIN if self._tick else 1.0)
        self._last_at = now
        self._adapt(now)

    def heard(self, newest: Sequence[int], now: float) -> None:
        for lane, number in enumerate(newest[:MOST_LANES]):
            if number in (self._arrived[lane], NOTHING) or not self._in_flight[lane]:
                continue
            if (self._number[lane] - number) % NUMBERS >= _SAMPLES:
                continue  # no recent packet of ours
            self._arrived[lane] = number
            self._heard_at = now
            self._outage = False
            self._newest_sent_at = max(self._newest_sent_at, self._sent_when[number % _SAMPLES])
            self._learn(now - self._sent_when[number % _SAMPLES])
            if number == self._number[lane]:
                self._in_flight[lane] = self._blocked[lane] = False

    def _learn(self, took: float) -> None:
        if not self._loop:
            self._loop, self._deviation = took, took / 2
            return
        took = min(took, 2 * self._loop + self._tick)  # one that was sent again tells little of the link
        self._deviation += (abs(took - self._loop) - self._deviation) * _GAIN
        self._loop += (took - self._loop) * _GAIN

    @property
    def _lossy(self) -> bool:
        return self._last_at < self._lossy_until

    def _look_for_outage(self, now: float) -> None:
        """Has nothing arrived for longer than bursts explain, while much was sent?

        Then each idle lane takes a packet in its turn, spread over the time in which all are tried again:
        whenever the link is back, one of them soon is.
        """
        patience = OUTAGE_TICKS * self._tick + self._deviation
        waits = self.busy >= OUTAGE_TICKS and now - max(self._sent_at) < REPEATED_EVERY
        outage = bool(self._loop) and waits and now - self._heard_at > patience
        if outage and not self._outage:
            left = REPEATED_EVERY - patience - self._loop  # lanes used until now cover the rest
            self._interval = max(min(left / max(self.lanes - self.busy, 1), MOST_PATIENT), self._tick)
        self._outage = outage

    def _look_for_blocked(self) -> None:
        """Lanes that later packets have overtaken. That a remote is slow to answer says nothing of losses."""
        for lane in range(self.lanes):
            if not self._in_flight[lane] or self._blocked[lane]:
                continue
            if self._sent_at[lane] + OVERTAKEN_BY <= self._newest_sent_at:
                self._blocked[lane] = True
                if self._last_at < self._suspect_until:
                    self._lossy_until = self._last_at + LOSSY_FOR
                self._suspect_until = self._last_at + LOSSY_FOR

    def _adapt(self, now: float) -> None:
        wanted = self._wanted()
        if wanted >= self.lanes or now - self._enough_since >= CLOSE_AFTER:
            self.lanes = wanted
            self._enough_since = now

    def _wanted(self) -> int:
        lossy = self._lossy
        if self._outage:
            return min(self.lanes + 1, self.most)
        if not lossy:
            self._shortage = 0
            if self._loop <= LAN_TICKS * self._tick or not self._tick:
                return FEWEST_LANES
        in_flight = ceil((self._loop + self._deviation) / self._tick)
        return max(FEWEST_LANES, min(in_flight + SPARE_LANES + self._shortage, self.most))
